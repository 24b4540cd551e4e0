package salesforce

import (
	"context"
	"fmt"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Baseline reads everything in external routing (salesforce-omni 3.4): the
// setup, then PSRs, AgentWorks and presence, in this order, so that an accept in
// between shows as an opened AgentWork. It costs about ten API calls, and
// once an hour one more, for the org's limits. Begun is left to the caller, whose
// clock it is by.
func (o *Org) Baseline(ctx context.Context) (omnichannel.Baseline, error) {
	var b omnichannel.Baseline
	o.readLimits(ctx)
	dir, err := o.directory(ctx)
	if err != nil {
		return b, fmt.Errorf("read the org's setup: %w", err)
	}
	b.Directory = dir
	tok, err := o.client.opt.Tokens.Token(ctx)
	if err != nil {
		return omnichannel.Baseline{}, err
	}
	b.Instance, b.Directory.Self = tok.InstanceURL, vcc.AgentID(omnichannel.Long(tok.UserID))
	psrs, err := Query[psrRow](ctx, o.client, "SELECT "+psrFields+" FROM PendingServiceRouting WHERE "+inExternalRouting+" ORDER BY CreatedDate, Id")
	if err != nil {
		return omnichannel.Baseline{}, err
	}
	for _, r := range psrs {
		b.PSRs = append(b.PSRs, r.psr())
	}
	works, err := Query[workRow](ctx, o.client, "SELECT "+workFields+" FROM AgentWork WHERE Status IN ('Assigned', 'Opened') ORDER BY CreatedDate, Id")
	if err != nil {
		return omnichannel.Baseline{}, err
	}
	for _, r := range works {
		b.Works = append(b.Works, r.work())
	}
	if b.Presence, err = readPresence(ctx, o.client, "IsCurrentState = true"); err != nil {
		return omnichannel.Baseline{}, err
	}
	return b, nil
}

func readPresence(ctx context.Context, c *Client, where string) ([]omnichannel.PresenceRow, error) {
	rows, err := Query[presenceRow](ctx, c, "SELECT "+presenceFields+" FROM UserServicePresence WHERE "+where)
	if err != nil {
		return nil, err
	}
	out := make([]omnichannel.PresenceRow, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.row())
	}
	return out, nil
}

// channelRow is a service channel as the org tells it.
type channelRow struct {
	ID          string `json:"Id"`
	Name        string `json:"DeveloperName"`
	Entity      string `json:"RelatedEntity"`
	Model       string `json:"CapacityModel"` // TabBased or StatusBased
	StatusField string `json:"StatusField"`
}

// directory reads the org's setup.
func (o *Org) directory(ctx context.Context) (omnichannel.Directory, error) {
	dir := omnichannel.Directory{
		Channels: map[omnichannel.ChannelID]omnichannel.Channel{},
		Statuses: map[omnichannel.StatusID]omnichannel.Status{},
		Queues:   map[omnichannel.QueueID]omnichannel.Queue{},
		Users:    map[vcc.AgentID]string{}, Usernames: map[vcc.AgentID]string{}, Left: map[vcc.AgentID]bool{},
	}
	channels, err := o.readChannels(ctx)
	if err != nil {
		return dir, err
	}
	for id, ch := range channels {
		dir.Channels[id] = omnichannel.Channel{Name: vcc.Channel(ch.Name), Entity: ch.Entity}
	}
	if err := o.readStatuses(ctx, dir.Statuses); err != nil {
		return dir, err
	}
	if err := o.readQueues(ctx, dir.Queues); err != nil {
		return dir, err
	}
	type userRow struct {
		ID       string `json:"Id"`
		Name     string `json:"Name"`
		Username string `json:"Username"`
		Active   bool   `json:"IsActive"`
	}
	// That somebody is not told does not mean that they left: sharing may hide users. So
	// those are read, too, who were deactivated no longer ago than a login can last.
	for row, err := range Rows[userRow](ctx, o.client, "SELECT Id, Name, Username, IsActive FROM User WHERE UserType = 'Standard' AND (IsActive = true OR LastModifiedDate = LAST_N_DAYS:2)") {
		if err != nil {
			return dir, err
		}
		id := vcc.AgentID(omnichannel.Long(row.ID))
		if !row.Active {
			dir.Left[id] = true
			continue
		}
		dir.Users[id], dir.Usernames[id] = row.Name, row.Username
	}
	return dir, nil
}

// readChannels reads the service channels and keeps them for channel.
func (o *Org) readChannels(ctx context.Context) (map[omnichannel.ChannelID]channelRow, error) {
	rows, err := Query[channelRow](ctx, o.client, "SELECT Id, DeveloperName, RelatedEntity, CapacityModel, StatusField FROM ServiceChannel")
	if err != nil {
		return nil, err
	}
	channels := make(map[omnichannel.ChannelID]channelRow, len(rows))
	for _, r := range rows {
		channels[omnichannel.ChannelID(omnichannel.Long(r.ID))] = r
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.channels = channels
	return channels, nil
}

// channel returns a service channel; one that is not known is read.
func (o *Org) channel(ctx context.Context, id omnichannel.ChannelID) (channelRow, error) {
	o.mu.Lock()
	ch, ok := o.channels[id]
	o.mu.Unlock()
	if ok {
		return ch, nil
	}
	if err := checkID(string(id)); err != nil {
		return channelRow{}, fmt.Errorf("service channel: %w", err)
	}
	channels, err := o.readChannels(ctx)
	if err != nil {
		return channelRow{}, err
	}
	if ch, ok = channels[id]; !ok {
		return channelRow{}, fmt.Errorf("%w: the org has no service channel %s", ErrBadCall, id)
	}
	return ch, nil
}

// readStatuses reads the presence statuses with the channels that they serve.
func (o *Org) readStatuses(ctx context.Context, into map[omnichannel.StatusID]omnichannel.Status) error {
	type statusRow struct {
		ID   string `json:"Id"`
		Name string `json:"DeveloperName"`
	}
	type serveRow struct {
		Status  string `json:"ServicePresenceStatusId"`
		Channel string `json:"ServiceChannelId"`
	}
	statuses, err := Query[statusRow](ctx, o.client, "SELECT Id, DeveloperName FROM ServicePresenceStatus")
	if err != nil {
		return err
	}
	for _, r := range statuses {
		into[omnichannel.StatusID(omnichannel.Long(r.ID))] = omnichannel.Status{Name: r.Name}
	}
	serves, err := Query[serveRow](ctx, o.client, "SELECT ServicePresenceStatusId, ServiceChannelId FROM ServiceChannelStatus ORDER BY ServicePresenceStatusId, ServiceChannelId")
	if err != nil {
		return err
	}
	for _, r := range serves {
		id := omnichannel.StatusID(omnichannel.Long(r.Status))
		if s, ok := into[id]; ok {
			s.Channels = append(s.Channels, omnichannel.ChannelID(omnichannel.Long(r.Channel)))
			into[id] = s
		}
	}
	return nil
}

// readQueues reads the queues with their routing configurations.
func (o *Org) readQueues(ctx context.Context, into map[omnichannel.QueueID]omnichannel.Queue) error {
	type configRow struct {
		ID          string `json:"Id"`
		Model       string `json:"RoutingModel"`
		PushTimeout int    `json:"PushTimeout"` // seconds; null and 0 mean none
	}
	type queueRow struct {
		ID     string `json:"Id"`
		Name   string `json:"DeveloperName"`
		Config string `json:"QueueRoutingConfigId"`
	}
	configs, err := Query[configRow](ctx, o.client, "SELECT Id, RoutingModel, PushTimeout FROM QueueRoutingConfig")
	if err != nil {
		return err
	}
	byID := map[string]configRow{}
	for _, r := range configs {
		byID[omnichannel.Long(r.ID)] = r
	}
	queues, err := Query[queueRow](ctx, o.client, "SELECT Id, DeveloperName, QueueRoutingConfigId FROM Group WHERE Type = 'Queue'")
	if err != nil {
		return err
	}
	for _, r := range queues {
		q := omnichannel.Queue{Name: r.Name, Objects: []string{}}
		if config, ok := byID[omnichannel.Long(r.Config)]; ok {
			q.External = config.Model == "ExternalRouting"
			q.PushTimeout = time.Duration(config.PushTimeout) * time.Second
		}
		into[omnichannel.QueueID(omnichannel.Long(r.ID))] = q
	}
	return o.readOwns(ctx, into)
}

// readOwns reads what the queues may own.
func (o *Org) readOwns(ctx context.Context, queues map[omnichannel.QueueID]omnichannel.Queue) error {
	type ownsRow struct {
		Queue  string `json:"QueueId"`
		Object string `json:"SobjectType"`
	}
	for r, err := range Rows[ownsRow](ctx, o.client, "SELECT QueueId, SobjectType FROM QueueSobject ORDER BY QueueId, SobjectType") {
		if err != nil {
			return err
		}
		id := omnichannel.QueueID(omnichannel.Long(r.Queue))
		if q, ok := queues[id]; ok {
			q.Objects = append(q.Objects, r.Object)
			queues[id] = q
		}
	}
	return nil
}
