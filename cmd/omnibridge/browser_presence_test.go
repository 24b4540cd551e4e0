package main

import (
	"slices"
	"strings"
	"testing"

	"omnibridge/connector/store"
	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
)

// picks picks a status in Omni-Channel's own widget, as its label there begins.
func (p *person) picks(label string) {
	p.t.Helper()
	untilSeen(p.t, "Omni-Channel in front of "+p.name, func() bool { return p.front("Omni-Channel") })
	untilSeen(p.t, p.name+" to pick "+label, func() bool {
		return js[bool](p.t, p.console, `const s = document.getElementById('omni-status'); const o = [...(s?.options ?? [])].find((o) => o.text.replace(' (no work)', '') === %s);
			if (!o || s.disabled) return false; if (!o.selected) { s.value = o.value; s.dispatchEvent(new Event('change', {bubbles: true})); } return true`, label)
	})
	p.consoleSees("Omni-Channel: " + label)
	untilSeen(p.t, "ContactPad in front of "+p.name, func() bool { return p.front("ContactPad") })
}

// asked counts how often the journal says that an agent asked for something.
func (o *office) asked(name string, do vcc.CommandKind) int {
	o.t.Helper()
	entries, err := o.daemon.store.Journal(o.t.Context(), store.JournalQuery{Limit: 1000})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(slices.DeleteFunc(entries, func(e store.Entry) bool { return e.What != "asked: "+string(do) || string(e.Agent) != o.id(name) }))
}

// idle tells whether nothing of the daemon's is on its way to the org or to the console of
// an agent.
func (o *office) idle(name string) bool {
	o.t.Helper()
	v, err := o.daemon.connector.View(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	return v.Carrying+v.Inbox == 0 && !slices.ContainsFunc(o.daemon.pad.Status(), func(s contactpad.AgentStatus) bool { return string(s.Agent) == o.id(name) && s.Waiting > 0 })
}

// shown waits until the state bar says this.
func (p *person) shown(state string) {
	p.t.Helper()
	p.until("the state bar to say "+state, `document.getElementById('state')?.innerText.trim() === %s`, state)
}

// knowsOf waits until the daemon has heard that an agent has a status in Omni-Channel.
func (o *office) knowsOf(name, status string) {
	o.t.Helper()
	last := ""
	defer func() {
		if o.t.Failed() {
			o.t.Logf("the daemon has heard of %s that the status is %q", name, last)
		}
	}()
	untilSeen(o.t, "the daemon to know that "+name+" is "+status, func() bool { last = o.row(name).Omni.Status; return last == status })
}

// row is what the engine has of an agent.
func (o *office) row(name string) vcc.Agent {
	o.t.Helper()
	v, err := o.daemon.connector.View(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, a := range v.Agents {
		if string(a.ID) == o.id(name) {
			return a
		}
	}
	return vcc.Agent{}
}

// statuses are those that an agent has had in Omni-Channel, oldest first.
func (o *office) statuses(name string) string {
	labels := map[any]string{}
	for _, row := range o.org.Records("ServicePresenceStatus") {
		labels[row["Id"]] = row["DeveloperName"].(string)
	}
	var had []string
	for _, row := range o.org.Records("UserServicePresence") {
		if row["UserId"] == o.id(name) {
			had = append(had, labels[row["ServicePresenceStatusId"]])
		}
	}
	return strings.Join(had, " ")
}

// TestPresenceByHand: what an agent picks in Omni-Channel's own widget ContactPad
// follows, and the other way round, each once; Omni-Channel offline means calls only.
func TestPresenceByHand(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	ada.consoleSees("Omni-Channel: Available")
	ada.picks("Busy")
	ada.shown("Away")
	ada.hears("Away.")
	ada.shoot("1-away")
	ada.picks("Available")
	ada.shown("Ready (Idle)")

	// A status that no state goes with leaves the state alone, and serves what it serves.
	ada.picks("Available - Chat")
	o.knowsOf("ada", "Available_Chat")
	w, card := o.ticket("Refund")
	o.message("Maria Lopez")
	ada.takes("Maria Lopez")
	ada.shown("Ready (Working)")
	if n := len(o.works(w.ID)); n != 0 {
		t.Errorf("a case was pushed %d times to who has a status for chats", n)
	}
	ada.acts("Release chat")
	ada.shown("Ready (Idle)")

	ada.picks("Offline")
	ada.shown("Ready (Idle)")
	ada.sees("Omni-Channel is offline. You get calls only.")
	ada.shoot("2-offline")
	m := o.message("Jonas Weber")
	o.rings("Lena Vogt", "+49305550147")
	ada.press("Answer")
	ada.card("Lena Vogt", vcc.CardConnected)
	ada.shoot("3-call-only")
	ada.acts("Release call")
	ada.shown("Ready (Idle)")
	for _, id := range []string{w.ID, m.ID} {
		if n := len(o.works(id)); n != 0 {
			t.Errorf("%s was pushed %d times to who is offline", id, n)
		}
	}
	ada.press("Go online")
	ada.consoleSees("Omni-Channel: Available")
	ada.misses("Omni-Channel is offline")
	before := o.opened("ada")
	untilSeen(t, "both to be accepted, in whatever order they came", func() bool {
		ada.front("Omni-Channel")
		ada.click(ada.console, ".request button", "Accept")
		return o.opened("ada") == before+2
	})
	untilSeen(t, "ContactPad in front", func() bool { return ada.front("ContactPad") })
	ada.card("Jonas Weber", vcc.CardConnected)
	ada.card(card, vcc.CardConnected)
	ada.acts("Release")
	ada.until("one to be released", `document.querySelectorAll('.card[data-state=connected]').length === 1`)
	ada.acts("Release")
	ada.shown("Ready (Idle)")

	ada.chooses("Break")
	ada.consoleSees("Omni-Channel: Busy")
	ada.shown("Break") // not Away, which has the same status
	ada.chooses("Ready")
	ada.consoleSees("Omni-Channel: Available")
	ada.shown("Ready (Idle)")
	o.message("Karl Ott") // a whole turn of the wheel later
	ada.takes("Karl Ott")
	if got, want := o.statuses("ada"), "Available Busy Available Available_Chat Available Busy Available"; got != want {
		t.Errorf("in Omni-Channel ada was\n%s, want\n%s", got, want)
	}
}

// TestPresenceContradicted: an agent who wants one thing in ContactPad and another in
// Omni-Channel at the same moment ends in one of them, in both places, and stays there.
func TestPresenceContradicted(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	ada.consoleSees("Omni-Channel: Available")
	ada.picks("Busy")
	ada.shown("Away")
	// Both at once: Ready here, Busy, Available and Busy again there.
	ada.reaches("the menu of states", ada.pad, "#states", func() { ada.click(ada.pad, "#state", "") })
	ada.pressIn(ada.pad, "the menu of states", "#states [role^=menuitem]", "Ready")
	for _, status := range []string{"Busy", "Available", "Busy"} {
		if err := o.org.Agent("ada").Online(status); err != nil {
			t.Fatal(err)
		}
	}
	untilSeen(t, "Ready to be asked for", func() bool { return o.asked("ada", vcc.SetState) == 1 })
	agree := func() bool {
		shown := js[string](t, ada.pad, `return document.getElementById('state').innerText.trim()`)
		label := js[string](t, ada.console, `return [...document.querySelectorAll('.utility span')].map((e) => e.textContent).find((t) => t.startsWith('Omni-Channel')) ?? ''`)
		at, err := o.org.Agent("ada").State()
		if err != nil {
			t.Fatal(err)
		}
		row := o.row("ada")
		return row.Omni.Status == at.Status && strings.HasSuffix(label, ": "+at.Status) &&
			(at.Status == "Available" && shown == "Ready (Idle)" && row.State.Major == vcc.Ready || at.Status == "Busy" && shown == "Away" && row.State.Major == vcc.Away)
	}
	untilSeen(t, "both sides to agree, with nothing on its way to either", func() bool { return o.idle("ada") && agree() && o.idle("ada") })
	n := len(strings.Fields(o.statuses("ada")))
	if n > 8 {
		t.Errorf("ada had %d statuses: %s", n, o.statuses("ada"))
	}
	// What follows is decided by where they ended, so that they stay.
	ada.picks("Available")
	ada.shown("Ready (Idle)")
	_, card := o.ticket("Refund")
	ada.takes(card)
	if !strings.HasSuffix(o.statuses("ada"), "Available") || len(strings.Fields(o.statuses("ada"))) > n+1 {
		t.Errorf("it did not come to rest: %s", o.statuses("ada"))
	}
}
