package salesforce

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// The fields that are read of each object, by SOQL and in PushTopic events
// alike, so that one shape decodes both.
const (
	psrFields      = "Id, Serial, WorkItemId, GroupId, QueueId, ServiceChannelId, IsPushed, IsTransfer, PreferredUserId, CreatedDate"
	workFields     = "Id, PendingServiceRoutingId, WorkItemId, UserId, ServiceChannelId, Status, DeclineReason, CreatedDate"
	presenceFields = "Id, UserId, ServicePresenceStatusId, IsCurrentState, IsAway"

	// inExternalRouting selects the PSRs that are ours to route.
	inExternalRouting = "RoutingModel = 'ExternalRouting' AND IsReadyForRouting = true"
)

type psrRow struct {
	ID        string `json:"Id"`
	Serial    int    `json:"Serial"`
	Work      string `json:"WorkItemId"`
	Group     string `json:"GroupId"`
	Queue     string `json:"QueueId"` // what GroupId was called; older orgs fill only this one
	Channel   string `json:"ServiceChannelId"`
	Pushed    bool   `json:"IsPushed"`
	Transfer  bool   `json:"IsTransfer"`
	Preferred string `json:"PreferredUserId"`
	Created   moment `json:"CreatedDate"`
}

func (r psrRow) psr() omnichannel.PSR {
	return omnichannel.PSR{
		ID: omnichannel.PSRID(omnichannel.Long(r.ID)), Serial: r.Serial,
		Record:  omnichannel.RecordID(omnichannel.Long(r.Work)),
		Queue:   omnichannel.QueueID(omnichannel.Long(first(r.Group, r.Queue))),
		Channel: omnichannel.ChannelID(omnichannel.Long(r.Channel)),
		Pushed:  r.Pushed, Transfer: r.Transfer,
		Prefer:  vcc.AgentID(omnichannel.Long(r.Preferred)),
		Created: r.Created.Time,
	}
}

type workRow struct {
	ID            string     `json:"Id"`
	PSR           string     `json:"PendingServiceRoutingId"`
	Work          string     `json:"WorkItemId"`
	User          string     `json:"UserId"`
	Channel       string     `json:"ServiceChannelId"`
	Status        workStatus `json:"Status"`
	DeclineReason string     `json:"DeclineReason"`
	Created       moment     `json:"CreatedDate"`
}

func (r workRow) work() omnichannel.AgentWork {
	return omnichannel.AgentWork{
		ID:      omnichannel.AgentWorkID(omnichannel.Long(r.ID)),
		PSR:     omnichannel.PSRID(omnichannel.Long(r.PSR)),
		Record:  omnichannel.RecordID(omnichannel.Long(r.Work)),
		User:    vcc.AgentID(omnichannel.Long(r.User)),
		Channel: omnichannel.ChannelID(omnichannel.Long(r.Channel)),
		Status:  omnichannel.WorkStatus(r.Status), DeclineReason: r.DeclineReason, Created: r.Created.Time,
	}
}

type presenceRow struct {
	ID      string `json:"Id"`
	User    string `json:"UserId"`
	Status  string `json:"ServicePresenceStatusId"`
	Current bool   `json:"IsCurrentState"`
	Away    bool   `json:"IsAway"`
}

func (r presenceRow) row() omnichannel.PresenceRow {
	return omnichannel.PresenceRow{
		ID:      omnichannel.PresenceID(omnichannel.Long(r.ID)),
		User:    vcc.AgentID(omnichannel.Long(r.User)),
		Status:  omnichannel.StatusID(omnichannel.Long(r.Status)),
		Current: r.Current, Away: r.Away,
	}
}

// workStatus reads a status in either form: REST and CDC say it in words,
// PushTopic events by the number of the database value (salesforce-omni 2).
type workStatus omnichannel.WorkStatus

// UnmarshalJSON implements json.Unmarshaler.
func (s *workStatus) UnmarshalJSON(b []byte) error {
	text := string(b)
	if text == "null" {
		return nil
	}
	if text[0] == '"' {
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
	}
	status := omnichannel.WorkStatus(text)
	if n, err := strconv.Atoi(text); err == nil {
		known, ok := omnichannel.StatusNumber(n)
		if !ok {
			return fmt.Errorf("AgentWork status %d is not known", n)
		}
		status = known
	}
	if !status.Valid() {
		return fmt.Errorf("AgentWork status %q is not known", clip(text))
	}
	*s = workStatus(status)
	return nil
}

// moment reads a date-time in either form: REST writes the zone as +0000,
// events write Z.
type moment struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *moment) UnmarshalJSON(b []byte) error {
	var text *string
	if err := json.Unmarshal(b, &text); err != nil || text == nil {
		return err
	}
	t, err := time.Parse("2006-01-02T15:04:05Z0700", *text)
	if err != nil {
		if t, err = time.Parse(time.RFC3339, *text); err != nil {
			return fmt.Errorf("%q is not a date-time", clip(*text))
		}
	}
	m.Time = t.UTC()
	return nil
}
