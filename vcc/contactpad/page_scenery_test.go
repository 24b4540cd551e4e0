package contactpad_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
)

const (
	shift = chromedp.ModifierShift
	alt   = chromedp.ModifierAlt
)

// TestPageScenes looks at every screen in three widths, light and dark: axe-core
// finds nothing (panel-ux 7.1), nothing is wider than its place, also at 240 by 240
// and with text of twice the size (7.2), every target is large enough (7.3), and every
// name holds the words that are seen (7.4). With CONTACTPAD_SHOTS set to a directory,
// the pictures are kept there, to be looked at.
func TestPageScenes(t *testing.T) {
	axe := axeSource(t)
	shots := os.Getenv("CONTACTPAD_SHOTS")
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			s := stageOf(t, sc, func(o staging) *stage { return newStage(t, o) })
			eval[bool](t, s.page, axe+"; true")
			for _, theme := range []string{"light", "dark"} {
				s.setTheme(theme)
				for _, size := range [][2]int{{240, 480}, {340, 480}, {400, 480}, {240, 240}} {
					s.resize(size[0], size[1])
					name := fmt.Sprintf("%s-%s-%d", sc.name, theme, size[0])
					if shots != "" && size[1] == 480 {
						s.shoot(filepath.Join(shots, name+".png"))
					}
					s.inspect(fmt.Sprintf("%s, %d by %d", theme, size[0], size[1]), size[1] == 480)
				}
			}
			eval[bool](t, s.page, `(document.documentElement.style.fontSize = "200%", true)`)
			s.resize(240, 480)
			s.inspect("text of twice the size", false)
		})
	}
}

// axeSource reads axe-core.
func axeSource(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile("../../testdata/pages/node_modules/axe-core/axe.min.js")
	if err != nil {
		missing(t, "npm module axe-core (run npm ci in testdata/pages)")
	}
	return string(source)
}

// inspect reports what is wrong with what the panel shows.
func (s *stage) inspect(how string, axe bool) {
	s.t.Helper()
	for _, wrong := range eval[[]string](s.t, s.page, fmt.Sprintf(inspection, axe)) {
		s.t.Errorf("%s: %s", how, wrong)
	}
}

// inspection lists what is wrong with the page as it is. Animations are ended first: a
// half-way colour is not what anybody reads.
const inspection = `(async (withAxe) => {
	for (const a of document.getAnimations()) a.finish();
	const out = [];
	const about = (el) => el.outerHTML.slice(0, 160).replace(/\s+/g, " ");
	const shown = (el) => el.getClientRects().length > 0 && !el.closest(".vh") && getComputedStyle(el).visibility !== "hidden";
	for (const el of [document.documentElement, ...document.querySelectorAll(".bar, .notices, .work, .dock, .finder, .sheet, .options, .menu, .scroll, .card, .alert, .notice")]) {
		if (shown(el) && el.scrollWidth > el.clientWidth + 1) out.push("wider than its place by " + (el.scrollWidth - el.clientWidth) + ": " + about(el));
	}
	for (const el of document.querySelectorAll("button, select, input:not([type=radio]):not([type=checkbox]), [role=option], .toggle label, .check")) {
		if (!shown(el)) continue;
		const r = el.getBoundingClientRect();
		const least = el.matches(".link, [type=range]") ? 24 : 32;
		if (r.height < least - 0.5 || r.width < 24) out.push("a target of " + r.width + " by " + r.height + ": " + about(el));
	}
	for (const el of document.querySelectorAll("[aria-label]")) {
		const plain = (t) => t.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
		if (el.matches("button, select, input, a") && shown(el) && !plain(el.getAttribute("aria-label")).includes(plain(el.innerText))) out.push("its name is not what it says: " + about(el));
	}
	if (!withAxe) return out;
	const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] });
	for (const v of found.violations) for (const n of v.nodes) out.push("axe " + v.id + " (" + v.impact + "): " + n.html.slice(0, 200) + " " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""));
	return out;
})(%t)`

// The inspection itself must be able to find something.
func TestPageInspectionFinds(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	eval[bool](t, s.page, axeSource(t)+"; true")
	eval[bool](t, s.page, `(() => {
		const b = document.createElement("button");
		b.setAttribute("aria-label", "something else");
		b.append("Go");
		b.style.cssText = "width:20px;min-height:10px;height:10px;padding:0;color:#bbb;background:#fff";
		document.querySelector(".work").append(b);
		const wide = document.createElement("div");
		wide.style.width = "900px";
		wide.style.height = "1px";
		document.querySelector(".work").append(wide);
		return true;
	})()`)
	found := strings.Join(eval[[]string](t, s.page, fmt.Sprintf(inspection, true)), "\n")
	for _, want := range []string{"wider than its place", "a target of", "its name is not", "axe color-contrast"} {
		if !strings.Contains(found, want) {
			t.Errorf("the inspection does not find %q; it found:\n%s", want, found)
		}
	}
}

// shoot takes a picture of the panel.
func (s *stage) shoot(name string) {
	s.t.Helper()
	data, _ := s.photograph()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// media makes the browser say what a person's settings would.
func (s *stage) media(name, value string) {
	s.t.Helper()
	for _, page := range []context.Context{s.tab, s.page} {
		do(s.t, page, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: name, Value: value}}})
			return err
		}))
	}
	s.wait(`matchMedia("(` + name + `: ` + value + `)").matches`)
}

// Nothing moves for who wants no motion (panel-ux 7.16), and in a contrast theme the
// states still have shapes of their own.
func TestPageCalm(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.media("prefers-reduced-motion", "reduce")
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("01", "Maria Lopez", time.Minute)} })
	s.text("Maria Lopez")
	if n := eval[int](t, s.page, `document.getAnimations().length`); n != 0 {
		t.Errorf("%d animations run", n)
	}
	s.media("forced-colors", "active")
	shapes := map[string]string{}
	for _, mark := range []string{"ready", "working", "away", "blocked"} {
		s.pad.show(func(d *vcc.Desk) { d.Mark = mark })
		s.wait(`document.querySelector(".bar").dataset.mark === "` + mark + `"`)
		shape := eval[string](t, s.page, `document.querySelector("#state .shape svg").innerHTML.replace(/<!--.*?-->/g, "")`)
		if other, taken := shapes[shape]; taken {
			t.Errorf("%s and %s have the same shape", mark, other)
		}
		shapes[shape] = mark
		if color := eval[string](t, s.page, `getComputedStyle(document.querySelector("#state .shape svg .line")).stroke`); color == "none" {
			t.Errorf("%s is not drawn in a contrast theme", mark)
		}
	}
}
