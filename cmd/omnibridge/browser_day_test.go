package main

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"omnibridge/vcc"
)

// shortcut presses Alt, Shift and a letter.
func (p *person) shortcut(letter string) {
	p.t.Helper()
	if err := chromedp.Do(p.console, chromedp.KeyEvent(letter, chromedp.KeyModifiers(chromedp.ModifierAlt, chromedp.ModifierShift))); err != nil {
		p.t.Fatalf("press Alt+Shift+%s: %v", letter, err)
	}
}

// guards watches from now on that the focus never falls to the page itself while
// ContactPad has it.
func (p *person) guards() {
	p.t.Helper()
	js[bool](p.t, p.pad, `window.strays = []; let was = ''; let lost = 0;
		setInterval(() => { const e = document.activeElement;
			if (!document.hasFocus() || (e && e !== document.body)) { lost = 0; if (e && e !== document.body) was = e.outerHTML.slice(0, 120); return; }
			if (was && ++lost === 5) strays.push(was); }, 20); return true`)
}

// kept makes sure that guards has seen nothing.
func (p *person) kept() {
	p.t.Helper()
	if lost := js[[]string](p.t, p.pad, `return strays`); len(lost) > 0 {
		p.t.Errorf("the focus fell to the page %d times; it was on %q", len(lost), lost)
	}
}

// goesTo brings an item of the utility bar to the front, by keyboard, with the focus
// in its panel.
func (p *person) goesTo(item string) {
	p.t.Helper()
	if js[bool](p.t, p.console, `return [...document.querySelectorAll('.utility.open')].some((b) => b.innerText.includes(%s))`, item) {
		return
	}
	p.tabsTo(p.console, item, `e.classList.contains('utility') && e.innerText.includes(%s)`, item)
	p.types(kb.Enter)
	p.consoleUntil(item+" to be open", `[...document.querySelectorAll('.utility.open')].some((b) => b.innerText.includes(%s))`, item)
}

// enters goes from anywhere into ContactPad, by Tab.
func (p *person) enters() {
	p.t.Helper()
	p.goesTo("ContactPad")
	p.tabsTo(p.pad, "ContactPad", `e !== document.body`)
}

// acceptsByKeys accepts what Omni-Channel asks, by keyboard.
func (p *person) acceptsByKeys(name string) {
	p.t.Helper()
	before := p.office.opened(p.name)
	p.goesTo("Omni-Channel")
	p.tabsTo(p.console, "Accept", `e.tagName === 'BUTTON' && e.innerText.includes('Accept') && !e.disabled`)
	p.types(kb.Enter)
	untilSeen(p.t, name+" to be accepted", func() bool { return p.office.opened(p.name) > before })
	p.card(name, vcc.CardConnected)
	p.enters()
}

// turns turns the state bar to a state, by keyboard: its first letters find it.
func (p *person) turns(letters, state string) {
	p.t.Helper()
	p.shortcut("S")
	p.focused("the state", `e?.id === 'state'`)
	p.types(kb.Enter)
	p.focused("the menu", `e?.getAttribute('role')?.startsWith('menuitem')`)
	for _, l := range letters {
		p.types(string(l))
	}
	p.focused(state, `e?.innerText.trim().startsWith(%s)`, state)
	p.types(kb.Enter)
}

// dock goes to a button of the dock, by keyboard, and presses it, again if the dock says
// why that did nothing, until it has done something.
func (p *person) dock(words string, did func() bool) {
	p.t.Helper()
	untilSeen(p.t, words+" by keyboard", func() bool {
		p.shortcut("D")
		p.tabsToButton(words)
		p.types(kb.Enter)
		return did() || !js[bool](p.t, p.pad, `return Boolean(document.querySelector('#dock .hint')?.textContent)`)
	})
	untilSeen(p.t, words+" to do something", did)
}

func (p *person) has(page context.Context, condition string, args ...any) func() bool {
	return func() bool { return js[bool](p.t, page, "return Boolean("+condition+")", args...) }
}

// TestDayByKeyboard: a whole day without touching the mouse: log in, Ready, a chat, a
// case, a consult, a transfer, release, wrap-up, Break and log out. The focus is always
// somewhere.
func TestDayByKeyboard(t *testing.T) {
	t.Parallel()
	o := offers(t, func(r *routing) {
		for i := range r.Plans {
			p := &r.Plans[i]
			if p.WrapUp = duration(6 * time.Second); p.Name == "Messages" {
				p.WrapUp, p.WrapExtendAll, p.Dispositions, p.DispositionRequired = never, true, []string{"Solved", "Call back"}, true
			}
		}
	})
	o.shift("ben")[0].chooses("Break")
	ada := o.arrive("ada")
	ada.goesTo("ContactPad")
	ada.sees("Log in with Salesforce")
	ada.guards()
	ada.listens()

	// Log in, to begin in Away.
	ada.tabsTo(ada.pad, "Start in", `e.id === 'start'`)
	ada.types("A")
	ada.until("Away to be chosen", `document.getElementById('start').value === 'Away'`)
	ada.shoot("01-log-in")
	ada.tabsToButton("Log in with Salesforce")
	ada.types(kb.Enter)
	ada.allows()
	ada.state("Away", "away")
	ada.focused("the state, after the log-in", `e?.id === 'state'`)
	ada.kept()

	// Help, and Ready.
	ada.shortcut("K")
	ada.sees("Keyboard shortcuts. They move the focus, and never act.")
	ada.shoot("02-keys")
	ada.types(kb.Escape)
	ada.misses("Keyboard shortcuts.")
	ada.focused("the state", `e?.id === 'state'`)
	ada.types(kb.ArrowDown)
	ada.focused("Away, in the menu", `e?.getAttribute('role') === 'menuitemradio' && e.innerText.trim() === 'Away'`)
	ada.types(kb.Escape)
	ada.focused("the state", `e?.id === 'state'`)
	ada.turns("R", "Ready")
	ada.state("Ready (Idle)", "ready")
	ada.focused("the state", `e?.id === 'state'`)

	// A case and a chat. That they arrive moves nothing.
	_, ticket := o.ticket("Refund")
	ada.why("1 interaction alerting")
	ada.focused("the state, still", `e?.id === 'state'`)
	ada.acceptsByKeys(ticket)
	o.message("Jonas Weber")
	ada.sees("Chat · Jonas Weber")
	ada.acceptsByKeys("Jonas Weber")
	ada.kept()

	// The list: arrows select, Return opens.
	ada.shortcut("L")
	ada.types(kb.Home)
	ada.focused("the chat's card", `e?.innerText.includes('Jonas Weber')`)
	ada.types(kb.ArrowDown)
	ada.focused("the case's card", `e?.innerText.includes('Refund')`)
	ada.types(kb.Enter)
	ada.tab("Case " + ticket[:8])
	ada.may("Consult", "Transfer", "Release case")

	// A consult that comes to nothing: Escape clears, and then closes.
	ada.shortcut("D")
	ada.focused("Consult", `e?.innerText.trim() === 'Consult'`)
	ada.dock("Consult", ada.has(ada.pad, `document.querySelector('.finder')`))
	ada.focused("the search", `e?.id === 'find'`)
	ada.types("nobody")
	ada.sees("Nobody found for “nobody”.")
	ada.shoot("03-nobody")
	ada.types(kb.Escape)
	ada.until("the text to be gone", `document.getElementById('find')?.value === ''`)
	ada.types(kb.Escape)
	ada.until("the search to be gone", `!document.querySelector('.finder')`)
	ada.focused("Consult", `e?.innerText.trim() === 'Consult'`)
	ada.kept()

	// Transfer the case to a colleague, who takes it later.
	ada.dock("Transfer", ada.has(ada.pad, `document.querySelector('.finder')`))
	ada.types("ben")
	ada.found("ben")
	ada.types(kb.ArrowDown, kb.Enter)
	ada.until("Ben to be chosen", `document.querySelector('.finder .to strong').textContent === 'Ben Lindqvist'`)
	ada.shoot("04-transfer")
	ada.types(kb.Enter)
	ada.hears("Transferred to Ben Lindqvist.")
	ada.focused("a card", `e?.classList.contains('face')`)
	ada.kept()

	// Release the chat, and choose how it went.
	ada.shortcut("L")
	ada.types(kb.Home)
	ada.focused("the chat's card", `e?.innerText.includes('Jonas Weber')`)
	ada.dock("Release chat", ada.has(ada.pad, `document.querySelector('[data-state=wrap-up][data-class=semi-live]')`))
	ada.focused("its card", `e?.classList.contains('face') && e.innerText.includes('Jonas Weber')`)
	ada.turns("B", "Break")
	ada.why("Next: Break")
	ada.focused("the state", `e?.id === 'state'`)
	ada.tabsTo(ada.pad, "the outcome", `e.id === 'outcome'`)
	ada.types("S")
	ada.until("Solved to be taken", `document.getElementById('outcome')?.value === 'Solved'`)
	ada.shoot("05-outcome")
	ada.dock("Finish now", ada.has(ada.pad, `!document.querySelector('[data-class=semi-live]')`))
	ada.kept()
	ada.state("Break", "away")
	ada.hears("Break.")
	ada.shortcut("S")
	ada.focused("the state", `e?.id === 'state'`)
	ada.shoot("06-break")
	ada.turns("L", "Log out")
	ada.sees("You are logged out.")
	ada.focused("the button to log in", `e?.id === 'login'`)
	ada.shoot("07-out")
	ada.kept()
	o.status("ada", "")
}
