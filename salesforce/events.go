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

// notice is the data of a PushTopic event (salesforce-omni 3.2).
type notice[R any] struct {
	Event struct {
		Type string `json:"type"` // created, updated, undeleted or deleted
	} `json:"event"`
	Record *R `json:"sobject"` // of a deleted record only the id is told
}

func decode(channel string, data []byte) ([]omnichannel.Signal, error) {
	switch channel {
	case PSRChannel:
		r, deleted, err := decodeNotice[psrRow](data, func(r *psrRow) string { return r.ID })
		if err != nil {
			return nil, err
		}
		if deleted {
			gone := omnichannel.PSR{ID: omnichannel.PSRID(omnichannel.Long(r.ID))}
			return []omnichannel.Signal{omnichannel.PSRSeen{PSR: gone, Deleted: true}}, nil
		}
		if r.Work == "" || r.Channel == "" || r.Created.IsZero() {
			return nil, foreignTopic("WorkItemId, ServiceChannelId or CreatedDate")
		}
		return []omnichannel.Signal{omnichannel.PSRSeen{PSR: r.psr()}}, nil
	case WorkChannel:
		r, deleted, err := decodeNotice[workRow](data, func(r *workRow) string { return r.ID })
		if err != nil || deleted { // only what has ended can be deleted (salesforce-omni 1.2)
			return nil, err
		}
		if r.Work == "" || r.User == "" || r.Status == "" {
			return nil, foreignTopic("WorkItemId, UserId or Status")
		}
		return []omnichannel.Signal{omnichannel.WorkSeen{Work: r.work()}}, nil
	case PresenceChannel:
		r, deleted, err := decodeNotice[presenceRow](data, func(r *presenceRow) string { return r.ID })
		if err != nil || deleted { // an admin tidies up: no row in use is deleted (salesforce-omni 1.3)
			return nil, err
		}
		if r.User == "" {
			return nil, foreignTopic("UserId")
		}
		return []omnichannel.Signal{omnichannel.PresenceSeen{Row: r.row()}}, nil
	}
	return nil, errors.New("nobody subscribed to this channel")
}

// decodeNotice reads an event and checks what every one must have.
func decodeNotice[R any](data []byte, id func(*R) string) (record *R, deleted bool, err error) {
	var n notice[R]
	if err := json.Unmarshal(data, &n); err != nil {
		return nil, false, err
	}
	switch n.Event.Type {
	case "created", "updated", "undeleted", "deleted":
	default:
		return nil, false, fmt.Errorf("type %q is not known", clip(n.Event.Type))
	}
	if n.Record == nil {
		return nil, false, errors.New("it holds no record")
	}
	if !isID(id(n.Record)) {
		return nil, false, fmt.Errorf("%q is no record id", clip(id(n.Record)))
	}
	return n.Record, n.Event.Type == "deleted", nil
}

// foreignTopic says that a topic has our name but not our query.
func foreignTopic(missing string) error {
	return fmt.Errorf("%s is missing, so the topic's query is not ours: run setup to correct it", missing)
}
