package omnichannel_test

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/omnichannel"
)

const (
	available omnichannel.StatusID = "0N5000000000001AAA"
	busy      omnichannel.StatusID = "0N5000000000002AAA"
)

// seats is a roster with its time.
type seats struct {
	t   *testing.T
	now time.Time
	r   *omnichannel.Roster
	out omnichannel.Output
}

func newSeats(t *testing.T, present ...omnichannel.PresenceRow) *seats {
	s := &seats{t: t, r: omnichannel.NewRoster(omnichannel.Policy{}), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	dir := directory
	dir.Statuses = map[omnichannel.StatusID]omnichannel.Status{available: {Name: "Available", Channels: []omnichannel.ChannelID{chat}}, busy: {Name: "Busy"}}
	s.step(omnichannel.Baseline{Directory: dir, Presence: present})
	return s
}

func (s *seats) step(sig omnichannel.Signal) { s.out = s.r.Step(s.now, sig) }

func (s *seats) after(d time.Duration) {
	s.now = s.now.Add(d)
	s.out = s.r.Tick(s.now)
}

// want compares the last step's one report, "" for none.
func (s *seats) want(want string) {
	s.t.Helper()
	got := ""
	for _, r := range s.out.Reports {
		got += fmt.Sprint(r.Omni.Online, " ", r.Omni.Status, " ", r.Omni.Channels)
	}
	if got != want {
		s.t.Fatalf("reported %q, want %q", got, want)
	}
}

func (s *seats) read() omnichannel.Effect {
	s.t.Helper()
	if len(s.out.Effects) != 1 || s.out.Effects[0].Kind != omnichannel.ReadPresence {
		s.t.Fatalf("effects %+v, want one that reads presence", s.out.Effects)
	}
	return s.out.Effects[0]
}

func row(n int, status omnichannel.StatusID, current bool) omnichannel.PresenceRow {
	return omnichannel.PresenceRow{ID: omnichannel.PresenceID(fmt.Sprint("row", n)), User: agents[0], Status: status, Current: current}
}

// TestStatusChangeIsNoLogout holds the grace rule (salesforce-omni 1.3): the old
// row closes a moment before the new one comes.
func TestStatusChangeIsNoLogout(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	s.want("true Available [Chat]")
	s.step(omnichannel.PresenceSeen{Row: row(1, available, false)})
	s.want("true Available []") // gives no new work, takes none away
	s.after(2 * time.Second)
	s.step(omnichannel.PresenceSeen{Row: row(2, busy, true)})
	s.want("true Busy []")
	s.after(time.Minute)
	if len(s.out.Effects) != 0 {
		t.Errorf("asked for nothing: %+v", s.out.Effects)
	}
}

func TestLogout(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	s.step(omnichannel.PresenceSeen{Row: row(1, available, false)})
	if at, ok := s.r.Next(); !ok || at != s.now.Add(3*time.Second) {
		t.Errorf("next at %v %v, want after the grace", at, ok)
	}
	s.after(3 * time.Second)
	s.want("")
	s.step(omnichannel.Outcome{Effect: s.read(), Result: omnichannel.Deferred})
	s.after(time.Second)
	s.step(omnichannel.Outcome{Effect: s.read(), Result: omnichannel.Done})
	s.want("false  []")
}

// TestAnswerOvertakenByEvent holds that what was read before an event came is
// read again.
func TestAnswerOvertakenByEvent(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	s.step(omnichannel.PresenceSeen{Row: row(1, available, false)})
	s.after(3 * time.Second)
	read := s.read()
	s.step(omnichannel.PresenceSeen{Row: row(2, available, true)})
	s.want("true Available [Chat]")
	s.step(omnichannel.Outcome{Effect: read, Result: omnichannel.Done}) // nobody was there when it was read
	s.want("")
	s.step(omnichannel.Outcome{Effect: s.read(), Result: omnichannel.Done, Rows: []omnichannel.PresenceRow{row(2, available, true)}})
	s.want("")
}

// TestBaselineIsNoMoreThanAHint holds that a sweep, which may be older than the
// events, takes nobody off: it asks.
func TestBaselineIsNoMoreThanAHint(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	dir := directory
	dir.Statuses = map[omnichannel.StatusID]omnichannel.Status{available: {Name: "Available", Channels: []omnichannel.ChannelID{chat}}}
	s.step(omnichannel.Baseline{Directory: dir})
	s.want("")
	s.step(omnichannel.Outcome{Effect: s.read(), Result: omnichannel.Done})
	s.want("false  []")
}

// TestMovedOrgLogsEverybodyOut holds that presence from before the org was moved
// counts for nothing (salesforce-omni 3.1): who is not there any more is off at
// once, and who has logged in anew is taken as the org says.
func TestMovedOrgLogsEverybodyOut(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	dir := directory
	dir.Statuses = map[omnichannel.StatusID]omnichannel.Status{available: {Name: "Available", Channels: []omnichannel.ChannelID{chat}}}
	s.step(omnichannel.Baseline{Directory: dir, Instance: "https://eu1", Presence: []omnichannel.PresenceRow{row(1, available, true)}})
	s.want("")
	s.step(omnichannel.Baseline{Directory: dir, Instance: "https://eu2"})
	s.want("false  []")
	if len(s.out.Effects) != 0 || len(s.out.Notes) != 1 {
		t.Errorf("asked for %+v, noted %+v", s.out.Effects, s.out.Notes)
	}
	s.step(omnichannel.Baseline{Directory: dir, Instance: "https://eu3", Presence: []omnichannel.PresenceRow{row(2, available, true)}})
	s.want("true Available [Chat]")
}

// TestNoiseIsNoNews holds that updates which only recount capacity say nothing.
func TestNoiseIsNoNews(t *testing.T) {
	s := newSeats(t, row(1, available, true))
	s.step(omnichannel.PresenceSeen{Row: row(1, available, true)})
	s.want("")
	s.step(omnichannel.PresenceSeen{Row: row(9, available, false)}) // of a row long over
	s.want("")
}
