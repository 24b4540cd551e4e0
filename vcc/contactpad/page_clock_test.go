package contactpad_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"

	"context"

	"omnibridge/vcc"
)

// readings lists what every clock shows.
func (s *stage) readings() []string {
	s.t.Helper()
	return eval[[]string](s.t, s.page, `[...document.querySelectorAll("[data-up], [data-down]")].map((el) => el.textContent)`)
}

// Clocks show the server's time: with a server that is an hour ahead of this machine
// they read the same. A panel that was not to be seen is right at once (panel-ux 7.11).
func TestPageClocks(t *testing.T) {
	pad := newPad(t, true, idle())
	pad.skew = time.Hour
	s := newStage(t, staging{pad: pad})
	var since time.Time
	s.pad.show(func(d *vcc.Desk) {
		since = pad.clock().Add(-59*time.Second - 500*time.Millisecond)
		d.ShownSince = since
	})
	s.reads(since)
	for _, d := range []time.Duration{9 * time.Minute, 50 * time.Minute, 24 * time.Hour} {
		s.passes(d)
		s.reads(since)
	}

	// Hidden for 70 seconds: the first reading after it is right.
	s.pad.show(func(d *vcc.Desk) { since = pad.clock(); d.ShownSince = since })
	s.reads(since)
	eval[bool](t, s.page, `(window.first = "", new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting && !window.first && window.wasHidden) requestAnimationFrame(() => { window.first = document.querySelector(".bar .digits").textContent }); else if (!seen.at(-1).isIntersecting) window.wasHidden = true }).observe(document.getElementById("pad")), true)`)
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "none", true)`)
	s.wait(`window.wasHidden`)
	before, asked := s.readings(), len(s.pad.all("alive"))
	s.pad.mu.Lock()
	s.pad.skew += 70 * time.Second
	s.pad.mu.Unlock()
	least := pad.clockNow().Sub(since)
	s.pad.say(map[string]any{"t": "ask", "n": 99, "now": s.pad.clockNow().UnixMilli()})
	s.pad.await(t, "alive", asked+1)
	if after := s.readings(); !slices.Equal(before, after) {
		t.Errorf("clocks that nobody sees went on: %q, then %q", before, after)
	}
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "block", true)`)
	s.wait(`window.first`)
	if first := eval[string](t, s.page, `window.first`); !between(first, least, pad.clockNow().Sub(since)) {
		t.Errorf("the first reading is %q, want at least %v", first, least)
	}
}

// reads waits until the clock of the state bar has caught up with the server's, which it
// must never overtake.
func (s *stage) reads(since time.Time) {
	s.t.Helper()
	least := s.pad.clockNow().Sub(since)
	until(s.t, fmt.Sprintf("the clock to read %v", least), func() bool {
		got := eval[string](s.t, s.page, `document.querySelector(".bar .digits").textContent`)
		return between(got, least, s.pad.clockNow().Sub(since))
	})
}

// between tells whether a reading is that of a length from least to most. The page hears
// of the server's time a moment after it was told.
func between(reading string, least, most time.Duration) bool {
	for d := least.Truncate(time.Second) - time.Second; d <= most; d += time.Second {
		n := int(d.Seconds())
		switch {
		case n >= 86400 && reading == fmt.Sprintf("%d d %d h", n/86400, n%86400/3600),
			n >= 3600 && n < 86400 && reading == fmt.Sprintf("%d:%02d:%02d", n/3600, n%3600/60, n%60),
			n < 3600 && reading == fmt.Sprintf("%d:%02d", n/60, n%60):
			return true
		}
	}
	return false
}

// Lengths as they are said.
func TestPageLengthsInWords(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	got := eval[[]string](t, s.page, `(async () => {
		const { inWords } = await import(new URL("assets/time.js", location.href));
		return [0, 1, 23.6, 59, 60, 61, 90, 120, 599, 600, 659, 3599, 3600, 3659, 3660, 7325].map(inWords);
	})()`)
	want := []string{"0 seconds", "1 second", "24 seconds", "59 seconds", "1 minute", "1 minute 1 second", "1 minute 30 seconds", "2 minutes",
		"9 minutes 59 seconds", "10 minutes", "10 minutes", "59 minutes", "1 hour", "1 hour", "1 hour 1 minute", "2 hours 2 minutes"}
	if !slices.Equal(got, want) {
		t.Errorf("said as\n%q, want\n%q", got, want)
	}
}

// clockNow is the server's time, for who does not hold its lock.
func (p *pad) clockNow() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clock()
}

// The width of a clock is the same from 0:00 to 9:59, and no name or description
// changes while only time passes (panel-ux 7.4, 7.11).
func TestPageClocksAreSteady(t *testing.T) {
	d := idle()
	fullHouse(&d)
	d.Cards[1] = wrapUp(d.Cards[1], 50*time.Minute)
	d.Cards = append(d.Cards, alertingChat("09", "Eva Lind", 55*time.Minute))
	d.ShownSince = ago(0)
	s := newStage(t, staging{desk: d})
	widths := map[float64]bool{}
	names := s.names()
	for range 10 {
		// From ten minutes on, which a slow machine may reach, there is one more figure.
		widths[eval[float64](t, s.page, `document.querySelector(".bar .digits").textContent.length === 4 ? document.querySelector(".bar .clock").getBoundingClientRect().width : 0`)] = true
		before := s.readings()
		s.passes(57 * time.Second)
		s.wait(`document.querySelector(".bar .digits").textContent !== "` + before[0] + `"`)
	}
	delete(widths, 0)
	if len(widths) != 1 {
		t.Errorf("the clock has these widths: %v", widths)
	}
	if got := s.names(); !slices.Equal(got, names) {
		t.Errorf("names changed while only time passed:\n%q\n%q", names, got)
	}
	if len(names) < 20 {
		t.Errorf("only %d names were watched", len(names))
	}
}

// names lists name and description of everything that has them and is no plain text.
func (s *stage) names() []string {
	s.t.Helper()
	var names []string
	do(s.t, s.page, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, accessibility.Enable, cdp.Empty{}); err != nil {
			return err
		}
		tree, err := cdp.Call(ctx, target, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
		if err != nil {
			return err
		}
		for _, n := range tree.Nodes {
			role := axText(n.Role)
			if n.Ignored || role == "StaticText" || role == "InlineTextBox" || role == "none" || role == "generic" {
				continue
			}
			if name := axText(n.Name); name != "" {
				names = append(names, role+": "+name+" / "+axText(n.Description))
			}
		}
		return nil
	}))
	return names
}

func axText(v *accessibility.Value) string {
	if v == nil {
		return ""
	}
	return strings.Trim(string(v.Value), `"`)
}
