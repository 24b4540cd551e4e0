package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// controls is what a person can press.
const controls = "button, [role=menuitemradio], [role=menuitem], [role=radio], [role=option], a"

// finds is the source of a function that finds a control by its role and the words
// on it, as a person does.
const finds = `const has = (e, words) => (e.innerText || e.getAttribute('aria-label') || '').includes(words);
	const find = (what, words) => [...document.querySelectorAll(what)].find((e) => e.checkVisibility() && has(e, words));`

// watches is the source of what notes which control a click of the mouse meets, and
// whether it is what was aimed at, with the words that it had then.
const watches = `const hand = window.testHand ??= (() => {
	const hand = {aim: null};
	addEventListener('click', (e) => {
		if (!hand.aim || !e.isTrusted) return;
		hand.landed ||= hand.aim.contains(e.target) && has(hand.aim, hand.words);
		hand.met = (e.target.closest('button, a') ?? e.target).outerHTML.slice(0, 200);
	}, true);
	return hand;
})();`

// aim is where something is on the screen, in its page's own coordinates, or why it
// cannot be pressed.
type aim struct {
	X, Y float64
	Why  string
}

// press clicks the control of ContactPad that has these words, once it is there and
// not switched off, as a person does: with the mouse, so that what is covered or
// hidden cannot be pressed.
func (p *person) press(words string) {
	p.t.Helper()
	p.pressIn(p.pad, "ContactPad", controls, words)
}

// presses presses until ContactPad shows words: for a moment after the selection has
// changed by itself its dock ignores clicks, so that none meets the wrong customer.
func (p *person) presses(words, until string) {
	p.t.Helper()
	last := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the last press of %q: %s; ContactPad of %s shows:\n%s", words, p.missed, p.name, last)
		}
	}()
	untilSeen(p.t, fmt.Sprintf("%q to lead to %q in ContactPad of %s", words, until, p.name), func() bool {
		last = js[string](p.t, p.pad, `return document.body.innerText`)
		if strings.Contains(last, until) {
			return true
		}
		p.click(p.pad, controls, words)
		return false
	})
}

func (p *person) pressIn(page context.Context, name, what, words string) {
	p.t.Helper()
	defer func() {
		if p.t.Failed() && p.missed != "" {
			p.t.Logf("%q in %s of %s was not pressed: %s", words, name, p.name, p.missed)
		}
	}()
	untilSeen(p.t, fmt.Sprintf("%q in %s of %s", words, name, p.name), func() bool { return p.click(page, what, words) })
}

// click clicks what has these words, if it is there to be clicked, and tells whether
// the click met it. A person sees where the pointer is: what has just come to the
// front is on the screen before the browser sends it the mouse.
func (p *person) click(page context.Context, what, words string) bool {
	p.t.Helper()
	at := js[aim](p.t, page, finds+watches+`hand.aim = null;
		const e = find(%s, %s);
		if (!e) return {Why: 'it is not there'};
		if (e.disabled || e.getAttribute('aria-disabled') === 'true') return {Why: 'it is off'};
		e.scrollIntoView({block: 'nearest'});
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		if (!e.contains(top)) return {Why: 'it is covered by ' + (top?.outerHTML.slice(0, 200) ?? 'nothing: it is outside')};
		Object.assign(hand, {aim: e, words: %s, x, y, landed: false, met: ''});
		return {X: x, Y: y}`, what, words, words)
	mouse := page
	if at.Why == "" && page == p.pad {
		mouse = p.console // its frame is where the mouse is
		at = js[aim](p.t, p.console, `const f = document.querySelector('iframe.pad'), r = f.getBoundingClientRect(), x = r.x + %s, y = r.y + %s, top = document.elementFromPoint(x, y);
			return top === f ? {X: x, Y: y} : {Why: 'the console covers it with ' + (top?.outerHTML.slice(0, 200) ?? 'nothing')}`, at.X, at.Y)
	}
	if p.missed = at.Why; at.Why != "" {
		return false
	}
	p.mouse(mouse, words, chromedp.MouseEvent(chromedp.MouseMoved, at.X, at.Y))
	p.missed = js[string](p.t, page, `const hand = window.testHand, e = hand?.aim;
		if (!e?.isConnected) return 'it went away before the pointer came';
		const r = e.getBoundingClientRect();
		if (Math.hypot(r.x + r.width / 2 - hand.x, r.y + r.height / 2 - hand.y) > 1) return 'it moved before the pointer came';
		return e.matches(':hover') ? '' : 'the pointer does not reach it'`)
	if p.missed != "" {
		return false
	}
	p.mouse(mouse, words, chromedp.MouseClickXY(at.X, at.Y))
	// A page that the click has replaced can no longer tell.
	p.missed = js[string](p.t, page, `const hand = window.testHand; return !hand || hand.landed ? '' : 'the click met ' + (hand.met || 'nothing')`)
	if p.missed != "" {
		p.t.Logf("%s missed %q: %s", p.name, words, p.missed)
	}
	return p.missed == ""
}

func (p *person) mouse(page context.Context, words string, does chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(page, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, does); err != nil {
		p.t.Fatalf("click %q: %v", words, err)
	}
}
