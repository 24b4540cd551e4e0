package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"omnibridge/connector/store"
	"omnibridge/vcc"
)

// ages restarts the daemon as if it had been down for so long: all that agents did is
// that much longer ago.
func (o *office) ages(d time.Duration) {
	o.t.Helper()
	o.close()
	st, err := store.Open(o.t.Context(), store.Options{Path: o.cfg.Data, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
	s, err := st.Load(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range s.Agents {
		a := &s.Agents[i]
		a.StateSince, a.ActiveAt = a.StateSince.Add(-d), a.ActiveAt.Add(-d)
	}
	if err := st.Commit(o.t.Context(), store.Change{Agents: s.Agents}); err != nil {
		o.t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		o.t.Fatal(err)
	}
	o.open()
}

// returns waits until ContactPad is connected again.
func (p *person) returns() {
	p.t.Helper()
	untilSeen(p.t, "ContactPad of "+p.name+" to be connected again", func() bool {
		p.click(p.pad, controls, "Try now")
		return p.connected()
	})
}

// connected tells whether the daemon has a live connection to a panel of the agent.
func (p *person) connected() bool {
	for _, s := range p.office.daemon.pad.Status() {
		if string(s.Agent) != p.office.id(p.name) {
			continue
		}
		for _, one := range s.Panels {
			if one.Connected && one.Console {
				return true
			}
		}
	}
	return false
}

// TestIdle: who does nothing for twelve hours is logged out of ContactPad and of
// Omni-Channel, gets nothing, and is told why; not earlier; and logs in again
// with one press.
func TestIdle(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	o.ages(11*time.Hour + 40*time.Minute)
	ada.returns()
	ben.returns()
	ben.chooses("Break") // a sign of life
	ben.chooses("Ready")
	ada.sees("Ready (Idle)")
	ada.misses("Connection lost")
	if text := js[string](t, ada.pad, `return document.body.innerText`); strings.Contains(text, "logged out") {
		t.Errorf("twenty minutes too early ContactPad shows\n%s", text)
	}

	o.ages(20 * time.Minute)
	ada.returns()
	ben.returns()
	ada.sees("You were logged out")
	ada.sees("Nothing was done in ContactPad for 12 h, so you were logged out at ")
	ada.hears("You were logged out. Nothing was done in ContactPad for 12 h")
	ada.utility("ContactPad: logged out", false)
	ada.consoleSees("Omni-Channel: Offline")
	ada.shoot("1-logged-out")
	ben.sees("Ready (Idle)")
	_, card := o.ticket("Refund")
	ben.takes(card) // though ada has waited for longer

	ada.presses("Log in", "Ready (Idle)")
	ada.consoleSees("Omni-Channel: Available")
	ada.shoot("2-again")
	ada.press("Dismiss")
	ada.misses("You were logged out")
	ben.chooses("Break")
	ben.sees("Next: Break")
	_, card = o.ticket("Exchange")
	ada.takes(card)
	entries, err := o.daemon.store.Journal(t.Context(), store.JournalQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := 0
	for _, e := range entries {
		if e.What == "logged out" && e.Agent == vcc.AgentID(o.id("ada")) {
			out++
		}
	}
	if out != 1 {
		t.Errorf("the journal says %d times that ada was logged out", out)
	}
}
