package setup

import (
	"context"
	"slices"
	"strings"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// named is a row of which only id and developer name are asked.
type named struct {
	ID   string `json:"Id"`
	Name string `json:"DeveloperName"`
}

func (l *looker) channels(ctx context.Context) error {
	type row struct {
		Name   string `json:"DeveloperName"`
		Object string `json:"RelatedEntity"`
	}
	rows, err := salesforce.Query[row](ctx, l.Client, "SELECT DeveloperName, RelatedEntity FROM ServiceChannel ORDER BY DeveloperName")
	for _, r := range rows {
		l.s.Channels = append(l.s.Channels, Channel(r))
	}
	return err
}

func (l *looker) statuses(ctx context.Context) error {
	type serve struct {
		Status  string `json:"ServicePresenceStatusId"`
		Channel struct {
			Name string `json:"DeveloperName"`
		} `json:"ServiceChannel"`
	}
	statuses, err := salesforce.Query[named](ctx, l.Client, "SELECT Id, DeveloperName FROM ServicePresenceStatus ORDER BY DeveloperName")
	if err != nil {
		return err
	}
	serves, err := salesforce.Query[serve](ctx, l.Client, "SELECT ServicePresenceStatusId, ServiceChannel.DeveloperName FROM ServiceChannelStatus")
	if err != nil {
		return err
	}
	for _, r := range statuses {
		s := Status{Name: r.Name}
		for _, v := range serves {
			if omnichannel.Long(v.Status) == omnichannel.Long(r.ID) {
				s.Channels = append(s.Channels, v.Channel.Name)
			}
		}
		slices.Sort(s.Channels)
		l.s.Statuses = append(l.s.Statuses, s)
	}
	return nil
}

// queues reads those that have a routing configuration and those that the routing
// file names; others have nothing to do with Omni-Channel.
func (l *looker) queues(ctx context.Context) error {
	type config struct {
		named
		Model       string `json:"RoutingModel"`
		PushTimeout int    `json:"PushTimeout"` // seconds; null and 0 mean none
	}
	type queue struct {
		named
		Config string `json:"QueueRoutingConfigId"`
	}
	configs, err := salesforce.Query[config](ctx, l.Client, "SELECT Id, DeveloperName, RoutingModel, PushTimeout FROM QueueRoutingConfig")
	if err != nil {
		return err
	}
	byID := map[string]config{}
	for _, r := range configs {
		byID[omnichannel.Long(r.ID)] = r
	}
	queues, err := salesforce.Query[queue](ctx, l.Client, "SELECT Id, DeveloperName, QueueRoutingConfigId FROM Group WHERE Type = 'Queue' ORDER BY DeveloperName")
	if err != nil {
		return err
	}
	for _, r := range queues {
		c, routed := byID[omnichannel.Long(r.Config)]
		if _, planned := l.wanted.Policy.Plans[r.Name]; !routed && !planned {
			continue
		}
		l.s.Queues = append(l.s.Queues, Queue{Name: r.Name, Routing: c.Name, External: c.Model == "ExternalRouting",
			PushTimeout: time.Duration(c.PushTimeout) * time.Second})
	}
	return nil
}

// queueDetail reads what the queues may own and who belongs to them.
func (l *looker) queueDetail(ctx context.Context) error {
	type owns struct {
		Queue struct {
			Name string `json:"DeveloperName"`
		} `json:"Queue"`
		Object string `json:"SobjectType"`
	}
	type member struct {
		Group struct {
			Name string `json:"DeveloperName"`
		} `json:"Group"`
	}
	at := map[string]int{}
	for i, q := range l.s.Queues {
		at[q.Name] = i
	}
	for r, err := range salesforce.Rows[owns](ctx, l.Client, "SELECT Queue.DeveloperName, SobjectType FROM QueueSobject ORDER BY SobjectType") {
		if err != nil {
			return err
		}
		if i, ok := at[r.Queue.Name]; ok {
			l.s.Queues[i].Objects = append(l.s.Queues[i].Objects, r.Object)
		}
	}
	for r, err := range salesforce.Rows[member](ctx, l.Client, "SELECT Group.DeveloperName FROM GroupMember WHERE Group.Type = 'Queue'") {
		if err != nil {
			return err
		}
		if i, ok := at[r.Group.Name]; ok {
			l.s.Queues[i].Members++
		}
	}
	return nil
}

// usersAtOnce keeps a query with so many ids within the length of a URL.
const usersAtOnce = 200

// agents reads the users whom the routing file names.
func (l *looker) agents(ctx context.Context) error {
	type row struct {
		ID     string `json:"Id"`
		Name   string `json:"Name"`
		Active bool   `json:"IsActive"`
	}
	l.s.Users = map[vcc.AgentID]User{}
	for some := range slices.Chunk(l.wanted.Agents, usersAtOnce) {
		ids := make([]string, len(some))
		for i, id := range some {
			ids[i] = string(id)
		}
		rows, err := salesforce.Query[row](ctx, l.Client, "SELECT Id, Name, IsActive FROM User WHERE Id IN "+salesforce.QuoteList(ids))
		if err != nil {
			return err
		}
		for _, r := range rows {
			l.s.Users[vcc.AgentID(omnichannel.Long(r.ID))] = User{strings.TrimSpace(r.Name), r.Active}
		}
	}
	return nil
}
