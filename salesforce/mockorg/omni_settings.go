package mockorg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Settings are the switches of the Omni-Channel behaviour. Where the public
// facts leave open what Salesforce does, a switch chooses, and its default is
// the best guess that salesforce-omni section 11 gives. A client of the mock
// must cope with every position.
type Settings struct {
	// Undeliverable is what becomes of an AgentWork for an agent who is offline,
	// in a status without the channel, or full: "reject" answers 400
	// FIELD_INTEGRITY_EXCEPTION, "unavailable" answers 201 and then flips the
	// row to Unavailable (salesforce-omni 11.1).
	Undeliverable string `json:"undeliverable"`
	// SecondPush is what becomes of an AgentWork for a PSR that is already
	// pushed: "reject" answers 400, "allow" makes a second Assigned row, which
	// both agents can accept (salesforce-omni 2, 11.7).
	SecondPush string `json:"second_push"`
	// Repush is what becomes of a push to the agent who declined the same PSR
	// in the same Omni session: "allow" or "reject" (salesforce-omni 11.14).
	Repush string `json:"repush"`
	// OwnerMoves is when the work item's owner becomes the agent: at the "push"
	// (and back to the queue when it fails) or at the "accept" (11.6).
	OwnerMoves string `json:"owner_moves"`
	// PSRCapacity is what a queue-made PSR says of capacity and push timeout:
	// "null", so that the routing configuration has to be read, or "config",
	// copied from it (salesforce-omni 1.1, 11.15).
	PSRCapacity string `json:"psr_capacity"`
	// PSRDeleted is what deleting a pushed PSR through REST does to its Assigned
	// AgentWork: "cancel" or "keep" (salesforce-omni 2, last row).
	PSRDeleted string `json:"psr_deleted"`
	// CaseClosed is what closing a waiting record that is not a conversation
	// does to its PSR: "remove" or "keep" (salesforce-omni 3.3).
	CaseClosed string `json:"case_closed"`
	// OwnerChange is what giving a waiting record to a person by hand does to its
	// PSR and the push of it: "remove" or "keep" (salesforce-omni 3.3, 11.10).
	OwnerChange string `json:"owner_change"`
	// Busy is what becomes of Assigned work when its agent turns to a status
	// without channels: "keep" (Enhanced Omni) or "release" (Standard; 3.3, 4).
	Busy string `json:"busy"`
	// ChatOffline is what becomes of an opened conversation whose agent goes
	// offline: "requeue" or "close" (salesforce-omni 1.6, 11.9).
	ChatOffline string `json:"chat_offline"`
	// UnavailableSession tells whether Unavailable writes
	// LastDeclinedAgentSession: "keep" leaves it, "set" writes it (11.5).
	UnavailableSession string `json:"unavailable_session"`
	// AcceptSerial tells whether an accept modifies the PSR once more before it
	// is deleted: "none", or "bump", after which the accept itself follows in a
	// transaction of its own (salesforce-omni 11.3).
	AcceptSerial string `json:"accept_serial"`
	// PushEvent tells whether subscribers hear of the change of a PSR that a push
	// makes: "on" or "off", though its Serial grows all the same (11.2).
	PushEvent string `json:"push_event"`
	// EventStatus is how PushTopic events tell the Status of AgentWork: by its
	// "number" or as "text" (salesforce-omni 2, 11.11).
	EventStatus string `json:"event_status"`
	// CapacityNoise tells whether every change of an agent's load updates the
	// presence row, as it does in a real org: "on" or "off" (1.3).
	CapacityNoise string `json:"capacity_noise"`
	// GapFilter is what the filter of a custom channel's member does to gap
	// events, which hold no fields to judge by: "pass" or "withhold" (no fact says).
	GapFilter string `json:"gap_filter"`
	// SessionKey is what LastDeclinedAgentSession looks like: "uuid", or "text" as
	// long as the field takes (salesforce-omni 11.4).
	SessionKey string `json:"session_key"`
	// PresencePrefix is what the ids of new rows of UserServicePresence begin with,
	// "0Sv" or "0Mz", neither of which is the real one (11.8).
	PresencePrefix string `json:"presence_prefix"`

	// DisconnectAfter is how long Salesforce takes to notice that an agent's
	// connection is gone (11.13).
	DisconnectAfter Duration `json:"disconnect_after"`
	// AutoAcceptAfter is the time between a push and its automatic accept.
	AutoAcceptAfter Duration `json:"auto_accept_after"`
	// StatusGap is the time between the closing of an agent's old presence row
	// and the making of the new one at a change of status. The two are separate
	// transactions even at zero (salesforce-omni 1.3, practice warning).
	StatusGap Duration `json:"status_gap"`
}

// DefaultSettings are the positions of a fresh org.
func DefaultSettings() Settings {
	return Settings{
		Undeliverable: "reject", SecondPush: "reject", Repush: "allow", OwnerMoves: "push",
		PSRCapacity: "null", PSRDeleted: "cancel", CaseClosed: "remove", OwnerChange: "remove", Busy: "keep",
		ChatOffline: "requeue", UnavailableSession: "keep", AcceptSerial: "none", PushEvent: "on", EventStatus: "number", CapacityNoise: "on",
		GapFilter: "pass", SessionKey: "uuid", PresencePrefix: presencePrefixes[0],
		DisconnectAfter: Duration(30 * time.Second),
	}
}

// bareSettings are settings read over those that stand.
type bareSettings Settings

// UnmarshalJSON reads settings. Switches that are not named are in the positions of
// a fresh org: a state may have been saved before they were there.
func (s *Settings) UnmarshalJSON(b []byte) error {
	*s = DefaultSettings()
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode((*bareSettings)(s))
}

// validate names every switch that stands in no known position.
func (s Settings) validate() error {
	var faults []string
	check := func(name, value string, positions ...string) {
		if !slices.Contains(positions, value) {
			faults = append(faults, fmt.Sprintf("%s is %q: use %s", name, value, strings.Join(positions, " or ")))
		}
	}
	check("undeliverable", s.Undeliverable, "reject", "unavailable")
	check("second_push", s.SecondPush, "reject", "allow")
	check("repush", s.Repush, "allow", "reject")
	check("owner_moves", s.OwnerMoves, "push", "accept")
	check("psr_capacity", s.PSRCapacity, "null", "config")
	check("psr_deleted", s.PSRDeleted, "cancel", "keep")
	check("case_closed", s.CaseClosed, "remove", "keep")
	check("owner_change", s.OwnerChange, "remove", "keep")
	check("busy", s.Busy, "keep", "release")
	check("chat_offline", s.ChatOffline, "requeue", "close")
	check("unavailable_session", s.UnavailableSession, "keep", "set")
	check("accept_serial", s.AcceptSerial, "none", "bump")
	check("push_event", s.PushEvent, "on", "off")
	check("event_status", s.EventStatus, "number", "text")
	check("capacity_noise", s.CapacityNoise, "on", "off")
	check("gap_filter", s.GapFilter, "pass", "withhold")
	check("session_key", s.SessionKey, "uuid", "text")
	check("presence_prefix", s.PresencePrefix, presencePrefixes[:]...)
	for name, d := range map[string]Duration{
		"disconnect_after": s.DisconnectAfter, "auto_accept_after": s.AutoAcceptAfter, "status_gap": s.StatusGap,
	} {
		if d < 0 {
			faults = append(faults, fmt.Sprintf("%s is %v: use zero or more", name, time.Duration(d)))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	slices.Sort(faults)
	return badRequest("settings refused, nothing changed: %s", strings.Join(faults, "; "))
}

// Settings returns the present positions of the switches.
func (o *Org) Settings() Settings {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.omni.set
}

// SetSettings moves the switches; what happened before stays as it is. A
// position that does not exist is refused and changes nothing.
func (o *Org) SetSettings(s Settings) error {
	if err := s.validate(); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.omni.set = s
	return nil
}

// Duration is a time.Duration that JSON writes as text, such as "1.5s", and
// reads from such text only: a bare number would not say its unit.
type Duration time.Duration

// MarshalJSON writes the duration as time.Duration.String does.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads text such as "250ms", "20s" or "1m30s".
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%s is no duration: write text with a unit, such as \"20s\"", b)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is no duration: write a number with a unit, such as \"20s\" or \"250ms\"", s)
	}
	*d = Duration(v)
	return nil
}
