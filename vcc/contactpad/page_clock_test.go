package contactpad_test

import (
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
	s.pad.show(func(d *vcc.Desk) { d.ShownSince = pad.clock().Add(-59*time.Second - 500*time.Millisecond) })
	s.wait(`["0:59", "1:00", "1:01", "1:02", "1:03"].includes(document.querySelector(".bar .digits").textContent)`)
	for _, x := range []struct {
		pass time.Duration
		want []string
	}{
		{9 * time.Minute, []string{"10:0"}}, {50 * time.Minute, []string{"1:00:0", "1:00:1"}}, {24 * time.Hour, []string{"1 d 1 h"}},
	} {
		s.passes(x.pass)
		s.wait(`["` + strings.Join(x.want, `","`) + `"].some((w) => document.querySelector(".bar .digits").textContent.startsWith(w))`)
	}

	// Hidden for 70 seconds: the first reading after it is right.
	s.pad.show(func(d *vcc.Desk) { d.ShownSince = pad.clock() })
	s.wait(`/^0:0/.test(document.querySelector(".bar .digits").textContent)`)
	eval[bool](t, s.page, `(window.first = "", new IntersectionObserver((seen) => { if (seen.at(-1).isIntersecting && !window.first && window.wasHidden) requestAnimationFrame(() => { window.first = document.querySelector(".bar .digits").textContent }); else if (!seen.at(-1).isIntersecting) window.wasHidden = true }).observe(document.getElementById("pad")), true)`)
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "none", true)`)
	s.wait(`window.wasHidden`)
	before := s.readings()
	s.pad.mu.Lock()
	s.pad.skew += 70 * time.Second
	s.pad.mu.Unlock()
	s.pad.say(map[string]any{"t": "ask", "n": 99, "now": s.pad.clockNow().UnixMilli()})
	s.pad.await(t, "alive", len(s.pad.all("alive"))+0)
	if after := s.readings(); !slices.Equal(before, after) {
		t.Errorf("clocks that nobody sees went on: %q, then %q", before, after)
	}
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "block", true)`)
	s.wait(`window.first`)
	if first := eval[string](t, s.page, `window.first`); !strings.HasPrefix(first, "1:1") {
		t.Errorf("the first reading is %q, want about 1:10", first)
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
		widths[eval[float64](t, s.page, `document.querySelector(".bar .clock").getBoundingClientRect().width`)] = true
		before := s.readings()
		s.passes(57 * time.Second)
		s.wait(`document.querySelector(".bar .digits").textContent !== "` + before[0] + `"`)
	}
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
