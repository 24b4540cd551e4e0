package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// newCallOffice opens an office that takes calls. change, if not nil, may change how
// it routes.
func newCallOffice(t *testing.T, change func(*routing)) *office {
	t.Helper()
	return newOffice(t, func(r *routing) {
		r.Plans = append(r.Plans, planFile{Name: string(callsPlan), Label: "Hotline", Priority: "highest", WrapUp: duration(2 * time.Second)})
		r.AcceptWithin[vcc.Live] = never
		if change != nil {
			change(r)
		}
	})
}

// rings lets a customer call, at the address that the customer page uses.
func (o *office) rings(name, number string) vcc.InteractionID {
	o.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "number": number})
	if err != nil {
		o.t.Fatal(err)
	}
	var answer struct{ ID vcc.InteractionID }
	o.asks(http.MethodPost, "/simulated/"+o.daemon.gate+"/calls", string(body), http.StatusOK, &answer)
	return answer.ID
}

// hangsUp lets the customer of a call hang up.
func (o *office) hangsUp(id vcc.InteractionID) {
	o.t.Helper()
	o.asks(http.MethodDelete, "/simulated/"+o.daemon.gate+"/calls/"+string(id), "", http.StatusNoContent, nil)
}

// asks sends a request to the daemon and reads the answer into into, unless it is nil.
func (o *office) asks(method, path, body string, want int, into any) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.daemon.url()+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		o.t.Fatalf("%s %s: %s %s %v", method, path, resp.Status, text, err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			o.t.Fatalf("%s %s: %s: %v", method, path, text, err)
		}
	}
}

// ready waits until the daemon routes.
func (o *office) ready() {
	o.t.Helper()
	untilSeen(o.t, "the daemon to be ready", func() bool {
		resp, err := http.Get(o.daemon.url() + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusOK
	})
}

// knows puts a contact with a telephone number into the org, and returns its id.
func (o *office) knows(first, last, number string) string {
	o.t.Helper()
	_, client, _, err := o.cfg.connect(slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	id, err := client.Create(o.t.Context(), "Contact", map[string]string{"FirstName": first, "LastName": last, "Phone": number})
	if err != nil {
		o.t.Fatal(err)
	}
	return id
}

// shift lets agents arrive, one after the other, and log in.
func (o *office) shift(names ...string) []*person {
	o.t.Helper()
	people := make([]*person, len(names))
	for i, name := range names {
		p := o.arrive(name)
		p.opens("ContactPad")
		p.logsIn()
		p.listens()
		o.knowsOf(name, "Available") // who came first has waited for longer
		people[i] = p
		o.t.Cleanup(func() {
			if o.t.Failed() {
				p.shoot("failed-" + p.name)
			}
		})
	}
	return people
}

// card waits until ContactPad lists an interaction of this name in this state. A wrap-up
// may be over when the test comes to look, so that it is enough if it was listed since
// the person listens.
func (p *person) card(name string, state vcc.CardState) {
	p.t.Helper()
	p.until(fmt.Sprintf("the card %q to be %s", name, state),
		`[...document.querySelectorAll('.card')].some((c) => c.querySelector('.name').textContent === %s && c.dataset.state === %s) || %s && window.ended?.delete(%s)`, name, state, state == vcc.CardWrapUp, name)
}

// party waits until the dock says how somebody in the call stands.
func (p *person) party(name string, state vcc.PartyState) {
	p.t.Helper()
	word := map[vcc.PartyState]string{vcc.PartyTalking: "connected"}[state]
	if word == "" {
		word = string(state)
	}
	p.until(fmt.Sprintf("%s to be %s in the dock", name, word),
		`[...document.querySelectorAll('#dock .parties .who')].some((w) => w.textContent.startsWith(%s))`, name+", "+word)
}

// may waits until the dock has just these buttons, those that cannot be pressed now
// in brackets.
func (p *person) may(words ...string) {
	p.t.Helper()
	last := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the dock of %s has %s", p.name, last)
		}
	}()
	want := strings.Join(words, ", ")
	untilSeen(p.t, fmt.Sprintf("the dock of %s to have %s", p.name, want), func() bool {
		last = strings.Join(js[[]string](p.t, p.pad, `return [...document.querySelectorAll('#dock .parties button, #dock .actions button')].map((b) =>
			b.getAttribute('aria-disabled') === 'true' ? '[' + b.innerText.trim() + ']' : b.innerText.trim())`), ", ")
		return last == want
	})
}

// tries presses a button of the dock that is off, to hear why.
func (p *person) tries(words, why string) {
	p.t.Helper()
	untilSeen(p.t, fmt.Sprintf("%q to say %q in the dock of %s", words, why, p.name), func() bool {
		return js[bool](p.t, p.pad, `[...document.querySelectorAll('#dock button[aria-disabled=true]')].find((b) => b.innerText.trim() === %s)?.click(); return Boolean(document.querySelector('#dock .hint')?.textContent.includes(%s))`, words, why)
	})
}

// utility waits until the utility bar says this of ContactPad.
func (p *person) utility(label string, highlighted bool) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the utility bar of %s has %s", p.name, js[string](p.t, p.console, `return document.querySelector('.utility-bar nav').innerHTML`))
		}
	}()
	p.consoleUntil(fmt.Sprintf("the utility bar to say %q, highlighted: %v", label, highlighted),
		`[...document.querySelectorAll('.utility')].some((b) => b.querySelector('span').textContent === %s && b.classList.contains('highlighted') === %s)`, label, highlighted)
}

// minimises minimises ContactPad.
func (p *person) minimises() {
	p.t.Helper()
	p.opens("ContactPad")
	p.padOpen(false)
}

// padOpen waits until ContactPad is open, or minimised.
func (p *person) padOpen(open bool) {
	p.t.Helper()
	p.consoleUntil(fmt.Sprintf("ContactPad to be open: %v", open),
		`[...document.querySelectorAll('.utility')].some((b) => b.innerText.includes('ContactPad') && b.classList.contains('open') === %s)`, open)
}

// takes accepts what Omni-Channel shows, and waits until it is connected.
func (p *person) takes(name string) {
	p.t.Helper()
	p.accepts()
	p.card(name, vcc.CardConnected)
}

// acts presses a button of the dock. For a moment after the selection has changed by
// itself the dock takes no click, and says so: then the agent presses again.
func (p *person) acts(words string) {
	p.t.Helper()
	untilSeen(p.t, fmt.Sprintf("%q in the dock of %s", words, p.name), func() bool {
		return p.click(p.pad, "#dock button", words) && !js[bool](p.t, p.pad, `return Boolean(document.querySelector('#dock .hint')?.textContent.includes('has just changed'))`)
	})
}

// tab waits until the console has a tab of this name in front.
func (p *person) tab(name string) {
	p.t.Helper()
	p.consoleUntil(fmt.Sprintf("the tab %q in front", name),
		`[...document.querySelectorAll('.tab-name')].some((e) => e.getAttribute('aria-current') === 'page' && e.innerText.includes(%s))`, name)
}

// tabs are the names of the console's tabs.
func (p *person) tabs() []string {
	p.t.Helper()
	return js[[]string](p.t, p.console, `return [...document.querySelectorAll('.tab-name')].map((e) => e.innerText.trim())`)
}

// listens keeps what ContactPad says to a screen reader from now on, and what it lists
// as in wrap-up.
func (p *person) listens() {
	p.t.Helper()
	js[bool](p.t, p.pad, `window.said = []; const keep = () => { for (const id of ['polite', 'urgent']) { const t = document.getElementById(id).textContent.trim(); if (t && said.at(-1) !== t) said.push(t); } };
		const o = new MutationObserver(keep); for (const id of ['polite', 'urgent']) o.observe(document.getElementById(id), {childList: true, characterData: true, subtree: true});
		window.ended = new Set(); const wraps = () => { for (const c of document.querySelectorAll('.card[data-state=wrap-up]')) ended.add(c.querySelector('.name').textContent); };
		new MutationObserver(wraps).observe(document.body, {childList: true, attributes: true, subtree: true}); return true`)
}

// hears waits until ContactPad has said this to a screen reader.
func (p *person) hears(words string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s heard %q", p.name, js[[]string](p.t, p.pad, `return said`))
		}
	}()
	p.until(fmt.Sprintf("to hear %q", words), `said.some((t) => t.includes(%s))`, words)
}

// looksFor opens the search of the dock for whom to consult and types text into it.
func (p *person) looksFor(text string) {
	p.t.Helper()
	// A frame that has just come to the front may take the first click elsewhere.
	untilSeen(p.t, "the search of "+p.name, func() bool {
		if js[bool](p.t, p.pad, `return document.querySelector('.finder') !== null`) {
			return true
		}
		p.click(p.pad, "#dock button", "Consult")
		return false
	})
	p.until("the search to have the focus, and no word of the dock", `document.activeElement?.id === 'find' && !document.querySelector('.finder .hint')`)
	p.types(text)
	p.until("the search to be answered", `document.getElementById('find').value === %s && !document.querySelector('.finder .count').textContent.includes('Searching')`, text)
}

// consults calls somebody whom the search finds by text.
func (p *person) consults(text string) {
	p.t.Helper()
	p.looksFor(text)
	p.pressIn(p.pad, "the search", "#found [role=option]", text)
	p.pressIn(p.pad, "the search", "[data-act=commit]", "Dial")
	p.until("the search to be gone", `!document.querySelector('.finder')`)
}

// TestCallRings: a call rings in ContactPad, which opens by itself; the agent answers
// it, the caller's record opens, and when the agent releases it wrap-up begins.
func TestCallRings(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) { r.Plans[len(r.Plans)-1].WrapUp = never })
	o.knows("Lena", "Vogt", "+49 30 5550147")
	ada := o.shift("ada")[0]
	ada.minimises()
	ada.utility("ContactPad: Ready", false)

	o.rings("Lena Vogt", "+49305550147")
	ada.padOpen(true)
	ada.utility("ContactPad: 1 alerting", true)
	ada.sees("Call · Lena Vogt")
	ada.sees("Alerting · Hotline. A call for you.")
	ada.until("time left", `/^\d+:\d\d$/.test(document.querySelector('.alert .digits').textContent)`)
	ada.hears("Call ringing: Lena Vogt, Hotline. Answer is at the top.")
	ada.shoot("1-ringing")
	if open := ada.tabs(); slices.ContainsFunc(open, func(s string) bool { return strings.Contains(s, "Lena") }) {
		t.Errorf("the record is open before the call was answered: %q", open)
	}
	ada.press("Answer")
	ada.card("Lena Vogt", vcc.CardConnected)
	ada.tab("Lena Vogt")
	ada.utility("ContactPad: On a call", false)
	ada.hears("Call accepted: Lena Vogt, Hotline.")
	ada.may("Hold", "Consult", "Release call")
	ada.sees("Busy Inbound")
	ada.shoot("2-connected")
	ada.acts("Release call")
	ada.card("Lena Vogt", vcc.CardWrapUp)
	ada.hears("Released. Wrap-up")
	ada.shoot("3-wrap-up")
	ada.acts("Finish now")
	ada.sees("Ready (Idle)")
	o.allHungUp()
}

// TestCallerIsNoneOrMany: a number that is nobody's says so, and of several records
// the agent chooses.
func TestCallerIsNoneOrMany(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	o.knows("Mia", "Frei", "+49 30 5550190")
	o.knows("Max", "Frei", "030 / 555 01 90")
	ada := o.shift("ada")[0]
	o.rings("", "+49 30 5550133")
	ada.press("Answer")
	ada.card("+49 30 5550133", vcc.CardConnected)
	ada.sees("No record of this caller was found.")
	ada.shoot("1-none")
	ada.acts("Release call")
	ada.sees("Ready (Idle)")

	o.rings("", "+49 30 5550190")
	ada.press("Answer")
	ada.sees("2 records of this caller")
	ada.shoot("2-many")
	if open := ada.tabs(); slices.ContainsFunc(open, func(s string) bool { return strings.Contains(s, "Frei") }) {
		t.Errorf("a record opened that nobody chose: %q", open)
	}
	js[bool](t, ada.pad, `const s = document.getElementById('records'); s.value = [...s.options].find((o) => o.text.startsWith('Mia')).value; s.dispatchEvent(new Event('change', {bubbles: true})); return true`)
	ada.pressIn(ada.pad, "the dock", "#dock [data-act=open]", "Open")
	ada.tab("Mia Frei")
	ada.card("+49 30 5550190", vcc.CardConnected)
	ada.shoot("3-chosen")
}

// TestChatLeavesThePanelAlone: other than a call, a chat is accepted in Omni-Channel,
// so that ContactPad stays as it is and only its item in the utility bar tells.
func TestChatLeavesThePanelAlone(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	ada.minimises()
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.utility("ContactPad: 1 alerting", true)
	ada.padOpen(false)
	ada.shoot("1-minimised")
}
