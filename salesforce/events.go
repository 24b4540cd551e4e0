package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// Decode turns one event of the topics (see [Channels]) into signals: one, or
// none for what means nothing to delivery. An error is about the event, which
// will never decode: count it, skip it, and read a Baseline to be safe. A
// filter at the end of the channel's name does not matter.
func (o *Org) Decode(ev streaming.Event) ([]omnichannel.Signal, error) {
	name, _, _ := strings.Cut(ev.Channel, "?")
	signals, err := decode(name, ev.Data)
	if err != nil {
		return nil, fmt.Errorf("event %d of %s: %w", ev.Replay, ev.Channel, err)
	}
	return signals, nil
}

func decode(channel string, data []byte) ([]omnichannel.Signal, error) {
	var e struct {
		Event struct {
			Type string `json:"type"` // created, updated, deleted, undeleted
		} `json:"event"`
		Record json.RawMessage `json:"sobject"`
	}
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	deleted := e.Event.Type == "deleted" // only the id is told (salesforce-omni 3.2)
	switch e.Event.Type {
	case "created", "updated", "undeleted", "deleted":
	default:
		return nil, fmt.Errorf("type %q is not known", clip(e.Event.Type))
	}
	if len(e.Record) == 0 {
		return nil, errors.New("it holds no record")
	}
	switch channel {
	case PSRChannel:
		return decodePSR(e.Record, deleted)
	case WorkChannel:
		return decodeWork(e.Record, deleted)
	case PresenceChannel:
		return decodePresence(e.Record, deleted)
	}
	return nil, errors.New("nobody subscribed to this channel")
}

func decodePSR(record []byte, deleted bool) ([]omnichannel.Signal, error) {
	var r psrRow
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, err
	}
	if err := checkID(r.ID); err != nil {
		return nil, err
	}
	if deleted {
		return []omnichannel.Signal{omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: omnichannel.PSRID(omnichannel.Long(r.ID))}, Deleted: true}}, nil
	}
	if r.Work == "" || r.Channel == "" || r.Created.IsZero() {
		return nil, errors.New("the topic's query is not ours: WorkItemId, ServiceChannelId or CreatedDate is missing: run setup")
	}
	return []omnichannel.Signal{omnichannel.PSRSeen{PSR: r.psr()}}, nil
}

func decodeWork(record []byte, deleted bool) ([]omnichannel.Signal, error) {
	var r workRow
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, err
	}
	if err := checkID(r.ID); err != nil {
		return nil, err
	}
	if deleted { // only what has ended can be deleted (salesforce-omni 1.2)
		return nil, nil
	}
	if r.Work == "" || r.User == "" || r.Status == "" {
		return nil, errors.New("the topic's query is not ours: WorkItemId, UserId or Status is missing: run setup")
	}
	return []omnichannel.Signal{omnichannel.WorkSeen{Work: r.work()}}, nil
}

func decodePresence(record []byte, deleted bool) ([]omnichannel.Signal, error) {
	var r presenceRow
	if err := json.Unmarshal(record, &r); err != nil {
		return nil, err
	}
	if err := checkID(r.ID); err != nil {
		return nil, err
	}
	if deleted { // an admin tidies up; rows in use are not deleted (salesforce-omni 1.3)
		return nil, nil
	}
	if r.User == "" {
		return nil, errors.New("the topic's query is not ours: UserId is missing: run setup")
	}
	return []omnichannel.Signal{omnichannel.PresenceSeen{Row: r.row()}}, nil
}
