package main

import (
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// watchesBar keeps, from now on, what ContactPad's item in the utility bar shows: label,
// icon and whether it is highlighted, each time that one of them changes; and what toasts
// say.
func (p *person) watchesBar() {
	p.t.Helper()
	js[bool](p.t, p.console, `window.bar = []; const keep = () => {
		const b = [...document.querySelectorAll('.utility')].find((e) => e.getAttribute('aria-controls') === 'panel-contactpad');
		const now = b.querySelector('span').textContent + ' | ' + b.dataset.icon + (b.classList.contains('highlighted') ? ' | highlighted' : '');
		if (bar.at(-1) !== now) bar.push(now); };
		keep(); new MutationObserver(keep).observe(document.querySelector('.utility-bar'), {subtree: true, childList: true, attributes: true, characterData: true});
		window.toasts = []; new MutationObserver((list) => list.forEach((m) => m.addedNodes.forEach((n) => toasts.push(n.textContent)))).observe(document.querySelector('.toasts'), {childList: true}); return true`)
}

// barWas waits until ContactPad's item has shown just this, one after the other. What
// it shows between two calls to the console, label first, does not count.
func (p *person) barWas(want ...string) {
	p.t.Helper()
	var last []string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the utility bar of %s has shown %q", p.name, last)
		}
	}()
	untilSeen(p.t, "the utility bar to have shown what it should", func() bool {
		last = js[[]string](p.t, p.console, `return bar`)
		return len(last) > 0 && last[len(last)-1] == want[len(want)-1]
	})
	at := 0
	for _, w := range want {
		i := slices.Index(last[at:], w)
		if i < 0 {
			p.t.Fatalf("the utility bar never showed %q, at its place", w)
		}
		at += i + 1
	}
	labels := func(list []string) (out []string) {
		for _, s := range list {
			for i := range s {
				if s[i] == '|' {
					out = append(out, s[:i])
					break
				}
			}
		}
		return slices.Compact(out)
	}
	if got := labels(last); !slices.Equal(got, labels(want)) {
		p.t.Errorf("the labels were %q, want %q", got, labels(want))
	}
}

// unhurried waits until an alert is old enough for a person to have seen it: what is
// accepted within a second of the offer counts as accepted by Omni-Channel itself.
func (p *person) unhurried() {
	p.t.Helper()
	p.consoleUntil("the request in Omni-Channel", `document.querySelector('.request')`)
	p.until("the alert to be a moment old", `(document.querySelector('.alert') && (window.alerts ??= performance.now())) && performance.now() - window.alerts > 1500`)
}

// TestUtilityBar: while ContactPad is minimised, its item in the utility bar tells what
// there is, and changes with nothing but that.
func TestUtilityBar(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) {
		for i := range r.Plans {
			r.Plans[i].WrapUp = duration(15 * time.Second)
		}
	})
	ada := o.shift("ada")[0]
	ada.minimises()
	ada.utility("ContactPad: Ready", false)
	ada.watchesBar()
	o.message("Jonas Weber")
	ada.utility("ContactPad: 1 alerting", true)
	ada.unhurried()
	ada.shoot("1-alerting")
	ada.front("Omni-Channel")
	untilSeen(t, "the chat to be accepted", func() bool {
		ada.click(ada.console, "button", "Accept")
		return o.opened("ada") == 1
	})
	ada.utility("ContactPad: On 1 chat", false)
	ada.consoleSees("Conversation")
	ada.shoot("2-connected")
	ada.padOpen(false) // a chat never opens it

	// Released without ContactPad, by closing the tab.
	ada.pressIn(ada.console, "the tabs", ".tab-close[aria-label*='Jonas Weber']", "")
	ada.pressIn(ada.console, "the question", "dialog button", "End and close")
	ada.utility("ContactPad: Wrap-up", false)
	ada.shoot("3-wrap-up")
	ada.utility("ContactPad: Ready", false)
	ada.barWas("ContactPad: Ready | success", "ContactPad: 1 alerting | chat | highlighted", "ContactPad: On 1 chat | chat", "ContactPad: Wrap-up | success", "ContactPad: Ready | success")
}

// TestUtilityBarLost: the item says that the connection is lost, and a toast too; the
// banner in the panel says what goes on, and both go when it is back.
func TestUtilityBarLost(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	o.message("Jonas Weber")
	ada.takes("Jonas Weber")
	ada.utility("ContactPad: On 1 chat", false)
	ada.minimises()
	ada.watchesBar()
	o.close()
	ada.utility("ContactPad: not connected", true)
	ada.consoleUntil("the toast", `toasts.some((t) => t.includes('Connection lost. Trying again.'))`)
	ada.shoot("1-lost")
	ada.opens("ContactPad")
	ada.sees("Connection lost")
	ada.sees("Your chat goes on. You can look, but not act")
	ada.until("a countdown", `/^(Trying again in \d+ s\.|Trying again now\.|ContactPad restarts)/.test(document.querySelector('[data-notice=link] p').innerText)`)
	ada.may("[Consult]", "[Release chat]")
	ada.tries("Release chat", "The connection is lost. You can look, but not act.")
	ada.shoot("2-banner")
	o.open()
	ada.misses("Connection lost")
	ada.may("Consult", "Release chat")
	ada.hears("Connected again.")
	ada.utility("ContactPad: On 1 chat", false)
	ada.card("Jonas Weber", vcc.CardConnected) // what was pressed meanwhile was not kept
	ada.barWas("ContactPad: On 1 chat | chat", "ContactPad: not connected | offline | highlighted", "ContactPad: On 1 chat | chat")
	ada.shoot("3-again")
}
