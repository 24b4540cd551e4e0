package main

import (
	"context"
	"slices"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// types presses keys, one after the other; what has the focus gets them.
func (p *person) types(keys ...string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.console, browserPatience)
	defer cancel()
	for _, key := range keys {
		for _, r := range key {
			for _, stroke := range strokes(r) {
				if err := chromedp.Do(ctx, stroke); err != nil {
					p.t.Fatalf("press %q: %v", key, err)
				}
			}
		}
	}
}

// strokes are what a keyboard does for a key. The character is part of the stroke: were
// it an event of its own (chromedp.KeyEvent), it would also meet what has got the focus
// by then, and come although the page has dealt with the stroke.
func strokes(key rune) []chromedp.Action[chromedp.Void] {
	events := kb.Encode(key)
	if len(events) == 3 { // down, character, up
		events[0].Text, events[0].UnmodifiedText = events[1].Text, events[1].UnmodifiedText
		events = slices.Delete(events, 1, 2)
	}
	var all []chromedp.Action[chromedp.Void]
	for _, e := range events {
		all = append(all, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e)
			return err
		}))
	}
	return all
}

// tabsTo presses Tab until what has the focus in a page meets a condition on e.
func (p *person) tabsTo(page context.Context, what, condition string, args ...any) {
	p.t.Helper()
	const most = 80 // stops there may be on the way
	nowhere := 0
	for range most {
		if js[bool](p.t, page, `const e = document.activeElement; return Boolean(e && document.hasFocus() && (`+condition+`))`, args...) {
			return
		}
		if nowhere++; js[bool](p.t, p.console, `return document.activeElement !== document.body`) {
			nowhere = 0
		}
		if nowhere == 5 {
			// After the last stop of a page the focus goes on to the browser's own bars, which
			// this one has although nobody sees them. The keys are the page's again in front.
			p.t.Logf("the keyboard of %s is with the browser: back to the page", p.name)
			p.looks()
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
