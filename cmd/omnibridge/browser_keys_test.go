package main

import (
	"context"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// types presses keys, one after the other; what has the focus gets them.
func (p *person) types(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		if err := chromedp.Do(p.console, chromedp.KeyEvent(k)); err != nil {
			p.t.Fatalf("press %q: %v", k, err)
		}
	}
}

// tabsTo presses Tab until what has the focus in a page meets a condition on e.
func (p *person) tabsTo(page context.Context, what, condition string, args ...any) {
	p.t.Helper()
	const most = 80 // stops there may be on the way
	for range most {
		if js[bool](p.t, page, `const e = document.activeElement; return Boolean(e && document.hasFocus() && (`+condition+`))`, args...) {
			return
		}
		p.types(kb.Tab)
	}
	p.t.Fatalf("pressed Tab %d times and did not come to %s; the focus is on %s", most, what,
		js[string](p.t, page, `const e = document.activeElement; return e ? e.outerHTML.slice(0, 300) : 'nothing'`))
}

// tabsToButton presses Tab until a button of ContactPad with these words has the focus.
func (p *person) tabsToButton(words string) {
	p.t.Helper()
	p.tabsTo(p.pad, words, `e.tagName === 'BUTTON' && e.innerText.includes(%s)`, words)
}

// focused waits until what has the focus in ContactPad meets a condition on e.
func (p *person) focused(what, condition string, args ...any) {
	p.t.Helper()
	p.until("the focus on "+what, `((e) => `+condition+`)(document.activeElement)`, args...)
}
