package contactpad_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
)

// sight makes the browser draw as people with that sight see.
func (s *stage) sight(kind emulation.SetEmulatedVisionDeficiencyType) {
	s.t.Helper()
	for _, page := range []context.Context{s.tab, s.page} {
		do(s.t, page, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedVisionDeficiency, emulation.SetEmulatedVisionDeficiencyParams{Type: kind})
			return err
		}))
	}
}

// drawn returns the panel as it is drawn, animations ended. It is kept as a picture
// if pictures are wanted.
func (s *stage) drawn(name string) image.Image {
	s.t.Helper()
	eval[bool](s.t, s.page, `(document.getAnimations().forEach((a) => a.finish()), new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(() => r(true)))))`)
	data, picture := s.photograph()
	if dir := os.Getenv("CONTACTPAD_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), data, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	return picture
}

// photograph takes a picture of what the panel shows now. A busy browser may still have an
// older frame of it on the screen: a dot in the corner, of another grey each time, tells.
func (s *stage) photograph() (data []byte, picture image.Image) {
	s.t.Helper()
	s.shots++
	want := s.shots % 4 * 80
	eval[bool](s.t, s.page, fmt.Sprintf(`(() => {
		const dot = document.getElementById("dot") ?? document.body.appendChild(Object.assign(document.createElement("div"), { id: "dot" }));
		dot.style.cssText = "position: fixed; inset: auto 0 0 auto; width: 3px; height: 3px; z-index: 99; forced-color-adjust: none; background: rgb(%[1]d, %[1]d, %[1]d)";
		return true;
	})()`, want))
	until(s.t, "a picture of what is shown now", func() (now bool) {
		var err error
		if data, err = chromedp.Run(s.tab, chromedp.Screenshot(chromedp.CSS("#panel"))); err != nil {
			s.t.Fatalf("take a picture: %v", err)
		}
		if picture, err = png.Decode(bytes.NewReader(data)); err != nil {
			s.t.Fatal(err)
		}
		r, _, _, _ := picture.At(picture.Bounds().Max.X-2, picture.Bounds().Max.Y-2).RGBA()
		got := int(r >> 8)
		return want-30 < got && got < want+30
	})
	return data, picture
}

// light returns how light the pixels of what a selector finds are, row by row.
func (s *stage) light(picture image.Image, selector string) []uint8 {
	s.t.Helper()
	at := eval[[]float64](s.t, s.page, `(() => { const r = document.querySelector(`+quoted(selector)+`).getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round) })()`)
	var out []uint8
	for y := range int(at[3]) {
		for x := range int(at[2]) {
			out = append(out, color.GrayModel.Convert(picture.At(int(at[0])+x, int(at[1])+y)).(color.Gray).Y)
		}
	}
	return out
}

// unlike tells what part of two drawings of one size differs clearly, in percent.
func unlike(a, b []uint8) int {
	n := 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > 64 || d < -64 {
			n++
		}
	}
	return 100 * n / max(len(a), 1)
}

// marks are the states that a person has, and the cards all that a card can be.
var marks = []string{"ready", "working", "away", "blocked"}

func allCards(d *vcc.Desk) {
	held, failed := callCard("02", "Held", time.Minute), caseCard("06", "Failed", time.Minute)
	held.State, held.HeldSince = vcc.CardHeld, ago(time.Minute)
	failed.State, failed.Actions = vcc.CardReleaseFailed, actions(vcc.Release, vcc.Abandon)
	working(d, "Ready (Working)", callCard("01", "Call", time.Minute), held, chat("03", "Chat", time.Minute), wrapUp(chat("04", "Wrap-up", time.Minute), time.Minute),
		caseCard("05", "Case", time.Minute), failed)
}

// Without any colour, and in a contrast theme, light and dark, each state and each card
// still has a drawing of its own, the card that is selected and the button that is off
// can be told, and what alerts stands out (panel-ux 3, 7.16).
func TestPageWithoutColour(t *testing.T) {
	s := newStage(t, staging{w: 340, h: 640, desk: idle()})
	for _, how := range []struct {
		name string
		set  func()
	}{
		{"grey-light", func() { s.sight(emulation.SetEmulatedVisionDeficiencyTypeAchromatopsia) }},
		{"grey-dark", func() { s.setTheme("dark") }},
		{"contrast", func() {
			s.setTheme("light")
			s.sight(emulation.SetEmulatedVisionDeficiencyTypeNone)
			s.media("forced-colors", "active")
		}},
	} {
		how.set()
		drawings := map[string][]uint8{}
		for _, mark := range marks {
			s.pad.show(func(d *vcc.Desk) { *d = idle(); d.Mark, d.Shown = mark, mark })
			s.wait(`document.querySelector("#state .shape.` + mark + ` svg")`)
			drawings[mark] = s.light(s.drawn(how.name+"-"+mark), "#state .shape")
		}
		s.distinct(how.name, drawings)
		s.pad.show(allCards)
		s.wait(`document.querySelectorAll(".card").length === 6`)
		picture := s.drawn(how.name + "-cards")
		clear(drawings)
		for _, id := range []string{"01", "02", "03", "04", "05", "06"} {
			drawings["card "+id] = s.light(picture, `.card [data-interaction="`+id+`"] .medium`)
		}
		s.distinct(how.name, drawings)
		if how.name != "contrast" {
			for y := range picture.Bounds().Dy() {
				if r, g, b, _ := picture.At(170, y).RGBA(); max(r, g, b)-min(r, g, b) > 0x300 {
					t.Fatalf("%s is not grey at row %d", how.name, y)
				}
			}
		}
		s.edges(how.name, picture)
		s.pad.show(func(d *vcc.Desk) {
			d.Cards = append([]vcc.Card{alertingChat("09", "Eva Lind", time.Minute)}, d.Cards...)
		})
		s.wait(`document.querySelector(".alert")`)
		s.drawn(how.name + "-alert")
	}
}

// distinct reports drawings that look alike.
func (s *stage) distinct(how string, drawings map[string][]uint8) {
	s.t.Helper()
	names := slices.Sorted(maps.Keys(drawings))
	for i, a := range names {
		for _, b := range names[:i] {
			if n := unlike(drawings[a], drawings[b]); n < 3 {
				s.t.Errorf("%s: %s and %s differ in %d %% of their drawing", how, a, b, n)
			}
		}
	}
}

// edges reports a selected card whose edge cannot be told from that of the others.
func (s *stage) edges(how string, picture image.Image) {
	s.t.Helper()
	edge := func(id string) uint8 {
		at := eval[[]float64](s.t, s.page, `(() => { const r = document.querySelector('.card [data-interaction="`+id+`"]').getBoundingClientRect(); return [r.x + 2, r.y + r.height / 2].map(Math.round) })()`)
		return color.GrayModel.Convert(picture.At(int(at[0]), int(at[1]))).(color.Gray).Y
	}
	if d := int(edge("01")) - int(edge("03")); d < 40 && d > -40 {
		s.t.Errorf("%s: the edge of the selected card differs by %d of 255 from another's", how, d)
	}
	at := eval[[]float64](s.t, s.page, `(() => { const r = document.querySelector('.card [data-interaction="03"]').getBoundingClientRect(); return [r.x + 2, r.x + 8, r.y + r.height / 2].map(Math.round) })()`)
	if a, b := picture.At(int(at[0]), int(at[2])), picture.At(int(at[1]), int(at[2])); a != b {
		s.t.Errorf("%s: a card that is not selected has an edge: %v beside %v", how, a, b)
	}
}
