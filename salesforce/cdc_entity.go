package salesforce

import (
	"errors"
	"fmt"
	"strings"

	"omnibridge/omnichannel"
)

// entity says how change events of one object become signals.
type entity struct {
	object string
	// fields are those that signals are made of, without the id.
	fields []string
	// volatile are those of them that change; an update of none of them is noise.
	volatile []string
	// follows tells whether an update can be applied to what is remembered, because
	// nothing can lie between.
	follows func(before, update fieldSet) bool
	// newer returns whichever of two states of one record is newer.
	newer func(before, now fieldSet) fieldSet
	// signal makes the signal of a record; nil if it means nothing to delivery.
	// before is what was remembered of it; nil if nothing was, and it is not new.
	signal func(id string, now, before fieldSet) (omnichannel.Signal, error)
	// gone makes the signal of a record that is no longer there; nil if it means
	// nothing to delivery.
	gone func(id string) omnichannel.Signal
}

// concerns tells whether an update changed anything that matters.
func (e *entity) concerns(update fieldSet) bool {
	for _, name := range e.volatile {
		if _, ok := update[name]; ok {
			return true
		}
	}
	return false
}

// The objects whose changes are followed.
var (
	psrEntity = &entity{
		object: "PendingServiceRouting", fields: append(without(psrFields, "Id"), "RoutingModel", "IsReadyForRouting"),
		volatile: []string{"Serial", "IsPushed", "GroupId", "QueueId", "PreferredUserId", "RoutingModel", "IsReadyForRouting"},
		follows:  psrFollows, newer: newerPSR, signal: psrSignal,
		gone: psrGone,
	}
	workEntity = &entity{
		object: "AgentWork", fields: without(workFields, "Id"), volatile: []string{"Status"},
		// Its status comes with the event; the rest never changes (salesforce-omni 1.2).
		follows: func(_, _ fieldSet) bool { return true },
		newer:   func(_, now fieldSet) fieldSet { return now },
		signal:  workSignal,
		gone:    func(string) omnichannel.Signal { return nil }, // only what has ended can be deleted (salesforce-omni 1.2)
	}
	presenceEntity = &entity{
		object: "UserServicePresence", fields: without(presenceFields, "Id"), volatile: []string{"IsCurrentState"},
		follows: func(_, _ fieldSet) bool { return true }, // whose row it is never changes
		newer:   newerPresence,
		signal:  presenceSignal,
		gone:    func(string) omnichannel.Signal { return nil }, // no row in use is deleted (salesforce-omni 1.3)
	}

	// entityOrder is the order in which they are read, so that an accept in
	// between shows as an opened AgentWork.
	entityOrder = []*entity{psrEntity, workEntity, presenceEntity}

	entities = map[string]*entity{psrEntity.object: psrEntity, workEntity.object: workEntity, presenceEntity.object: presenceEntity}
)

// without splits a list of fields and leaves one out.
func without(list, field string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ", ") {
		if name != field {
			names = append(names, name)
		}
	}
	return names
}

// capturedPSR is a PSR with what tells whether it is ours to route: the channel
// also carries those that Salesforce routes itself.
type capturedPSR struct {
	psrRow
	Model string `json:"RoutingModel"`
	Ready bool   `json:"IsReadyForRouting"`
}

func (r capturedPSR) ours() bool { return r.Model == "ExternalRouting" && r.Ready }

// serial returns the Serial among the fields of a PSR, 0 if it is not there.
func serial(f fieldSet) int {
	var r struct{ Serial int }
	if err := f.into(&r); err != nil {
		return 0 // signal will say so
	}
	return r.Serial
}

// psrFollows holds if the update is the next one, or an old one, which newerPSR
// passes over (salesforce-omni 3.4).
func psrFollows(before, update fieldSet) bool {
	n := serial(update)
	return n > 0 && n <= serial(before)+1
}

func newerPSR(before, now fieldSet) fieldSet {
	if serial(now) <= serial(before) { // the same Serial is the same state
		return before
	}
	return now
}

func psrSignal(id string, now, before fieldSet) (omnichannel.Signal, error) {
	var r, old capturedPSR
	if err := now.into(&r); err != nil {
		return nil, err
	}
	switch {
	case r.ours():
		if r.Work == "" || r.Channel == "" || r.Created.IsZero() {
			return nil, incomplete("WorkItemId, ServiceChannelId or CreatedDate")
		}
		r.ID = id
		return omnichannel.PSRSeen{PSR: r.psr()}, nil
	case before == nil, before.into(&old) == nil && old.ours():
		return psrGone(id), nil // it left external routing, or may have
	}
	return nil, nil
}

func psrGone(id string) omnichannel.Signal {
	return omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: omnichannel.PSRID(id)}, Deleted: true}
}

func workSignal(id string, now, _ fieldSet) (omnichannel.Signal, error) {
	var r workRow
	if err := now.into(&r); err != nil {
		return nil, err
	}
	if r.Work == "" || r.User == "" || r.Status == "" {
		return nil, incomplete("WorkItemId, UserId or Status")
	}
	r.ID = id
	return omnichannel.WorkSeen{Work: r.work()}, nil
}

// newerPresence holds that a row that has ended stays ended.
func newerPresence(before, now fieldSet) fieldSet {
	var b, n presenceRow
	if before.into(&b) == nil && now.into(&n) == nil && b.User != "" && !b.Current && n.Current {
		return before
	}
	return now
}

func presenceSignal(id string, now, _ fieldSet) (omnichannel.Signal, error) {
	var r presenceRow
	if err := now.into(&r); err != nil {
		return nil, err
	}
	if r.User == "" {
		return nil, incomplete("UserId")
	}
	r.ID = id
	return omnichannel.PresenceSeen{Row: r.row()}, nil
}

// incomplete says that a record lacks what every one has.
func incomplete(missing string) error {
	return fmt.Errorf("%w: %s", errIncomplete, missing)
}

var errIncomplete = errors.New("fields are missing: can the integration user see them?")
