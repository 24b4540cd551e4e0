package mockorg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// stateVersion is the one form of State there is.
const stateVersion = 1

// State is what makes an org the one it is, so that another can go on with it:
// the records of all objects under their ids, deleted ones included, the agents'
// Omni sessions and autopilots, and what is set. State makes one, ReadState reads
// one from JSON, SetState turns an org into it.
//
// Logins, streaming clients, retained events, faults, recorded requests, the
// history with its verdicts, what was used of the limits and the files of deploys
// are no part of it.
type State struct {
	// Version is 1.
	Version int `json:"version"`
	// SavedAt is the org's time. An org that takes the state up moves its clock
	// there if it is behind; what was due meanwhile happens at once.
	SavedAt time.Time `json:"saved_at"`
	// ReplayID is the last one given to an event. Those of an org that takes the
	// state up are above it, so that the ids a client knows become invalid ones
	// and not those of other events.
	ReplayID int64 `json:"replay_id,omitempty"`
	// Settings and Limits; nil leaves them as they are.
	Settings *Settings `json:"settings,omitempty"`
	Limits   *Limits   `json:"limits,omitempty"`
	// Captured are the objects selected for change data capture, Channels the
	// custom channels of change events.
	Captured []string       `json:"captured,omitempty"`
	Channels []StateChannel `json:"channels,omitempty"`
	// Sessions are the agents who are online, Logins how many sessions there ever
	// were, Autopilots who answers by itself, by user id.
	Sessions   []StateSession       `json:"sessions,omitempty"`
	Logins     int                  `json:"logins,omitempty"`
	Autopilots map[string]Autopilot `json:"autopilots,omitempty"`
	// Objects hold the records. The organization and the automated process user
	// have to be there.
	Objects []StateObject `json:"objects"`
}

// StateObject is one object's records.
type StateObject struct {
	Name string `json:"name"`
	// LastID and LastNumber are the number of the last id and autonumber that were
	// drawn; they may be left out if no record beyond those here was ever made.
	LastID     uint64 `json:"last_id,omitempty"`
	LastNumber int64  `json:"last_number,omitempty"`
	// Records in any order: the id tells the order of creation. Dates and times
	// are text as in RFC 3339. A field left out has its initial value, a system
	// field what it would have had, had the org itself made the record at SavedAt.
	Records []Row `json:"records"`
}

// StateChannel is a custom channel of change events.
type StateChannel struct {
	Name    string        `json:"name"`
	Members []StateMember `json:"members"`
}

// StateMember is an object that a custom channel carries.
type StateMember struct {
	Object string `json:"object"`
	Filter string `json:"filter,omitempty"`
}

// StateSession is an agent's Omni session.
type StateSession struct {
	User    string `json:"user"`              // id
	Key     string `json:"key"`               // as LastDeclinedAgentSession shows it
	Status  string `json:"status"`            // id
	Dropped bool   `json:"dropped,omitempty"` // the connection is lost, unnoticed so far
}

// State returns what the org is at this moment, at one point between two changes.
func (o *Org) State() State {
	settings, limits := o.Settings(), o.Limits()
	o.mu.RLock()
	defer o.mu.RUnlock()
	s := State{
		Version: stateVersion, SavedAt: o.clock.Now().UTC(), ReplayID: o.streaming.LastReplayID(), Settings: &settings, Limits: &limits,
		Logins: o.omni.logins, Autopilots: map[string]Autopilot{}, Objects: []StateObject{},
	}
	for ob := range o.captured {
		s.Captured = append(s.Captured, ob.name)
	}
	slices.Sort(s.Captured)
	for name, members := range o.channels {
		channel := StateChannel{Name: name, Members: []StateMember{}}
		for _, m := range members {
			channel.Members = append(channel.Members, StateMember{Object: m.object.name, Filter: m.text})
		}
		s.Channels = append(s.Channels, channel)
	}
	slices.SortFunc(s.Channels, func(a, b StateChannel) int { return strings.Compare(a.Name, b.Name) })
	for user, session := range o.omni.sessions {
		s.Sessions = append(s.Sessions, StateSession{User: user, Key: session.key, Status: session.status, Dropped: session.dropped})
	}
	slices.SortFunc(s.Sessions, func(a, b StateSession) int { return strings.Compare(a.User, b.User) })
	for user, p := range o.omni.pilots {
		s.Autopilots[user] = p.Autopilot
	}
	for _, ob := range o.schema.objects {
		if tb := o.tables[ob]; tb.seq > 0 {
			s.Objects = append(s.Objects, tb.state())
		}
	}
	return s
}

// state returns copies of a table's records, without what is null anyway.
func (tb *table) state() StateObject {
	s := StateObject{Name: tb.object.name, LastID: tb.seq, LastNumber: tb.numbers, Records: []Row{}}
	for _, rec := range tb.all() {
		row := Row{}
		for _, f := range tb.object.fields {
			if value := rec.row[f.name]; value != nil || f.initial != nil {
				row[f.name] = value
			}
		}
		s.Records = append(s.Records, row)
	}
	return s
}

// ReadState reads a state from JSON. Unknown keys are refused; what the state says
// is checked by SetState.
func ReadState(text []byte) (State, error) {
	var s State
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&s); err != nil {
		return State{}, badRequest("read state: %v", err)
	}
	if d.More() {
		return State{}, badRequest("read state: text follows the state's object; remove it")
	}
	return s, nil
}

// restore brings a value of a state, which JSON may have had in its hands, into
// the type the field stores.
func (f *field) restore(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if f.kind == kindInt {
			n, err := v.Int64()
			if err != nil {
				return nil, fmt.Errorf("%s is no whole number", v)
			}
			return n, nil
		}
		n, err := v.Float64()
		if err != nil {
			return nil, fmt.Errorf("%s is no number", v)
		}
		return f.normal(n)
	case string:
		if f.kind != kindDateTime && f.kind != kindDate {
			break
		}
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil && f.kind == kindDate {
			at, err = time.Parse(time.DateOnly, v)
		}
		if err != nil {
			return nil, fmt.Errorf("%q is no time: write it as in 2026-03-01T09:30:00Z", clip(v))
		}
		return at.UTC(), nil
	}
	return f.normal(value)
}
