package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axePath is where npm ci in testdata/pages puts axe-core.
var axePath = filepath.Join("..", "..", "testdata", "pages", "node_modules", "axe-core", "axe.min.js")

// TestConsoleLooks shows the console and the customer page in light and dark, wide
// and narrow: nothing scrolls sideways, the banner is there, also scrolled (panel-ux
// 7.20), targets are large enough, axe finds nothing; pictures of all are kept.
func TestConsoleLooks(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(axePath)
	if err != nil {
		if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
			t.Fatalf("axe-core is not there (npm ci in testdata/pages), and OMNIBRIDGE_TEST_REQUIRE_ALL is set: %v", err)
		}
		t.Skip("axe-core is not there: npm ci in testdata/pages")
	}
	d := newOffice(t, nil).sit("ada").online("ada")
	if err := d.o.SetPushTimeout(3600); err != nil {
		t.Fatal(err)
	}
	chat, _ := d.work("LiveChatTranscript", "Support_Chat", "ada")
	d.js(`await wait(() => $('.request')); button('Accept').click(); await wait(() => $('.talk')); await fetch('/customer/api/work/` + chat + `/messages', {method: 'POST', body: '{"name":"Maria Lopez","text":"Where is my parcel?"}'}); await wait(() => $('.talk .customer'))`)
	for range 2 {
		d.work("Case", "Support_Cases", "ada")
	}
	customer := d.beside(d.url + "/customer/")
	customer.js(`await wait(() => $('form.start')); $('form.start').requestSubmit(); await wait(() => $('.thing .says'))`)
	scenes := []struct {
		name   string
		page   *desk
		script string
	}{
		{"omni", d, `await wait(() => $$('.request').length === 2); if ($('#panel-omni').hidden) utility('Omni').click(); if (!$('.reasons')) button('Decline').click()`},
		{"pad", d, `if ($('#panel-contactpad').hidden) utility('ContactPad').click()`},
		{"history", d, `if ($('#panel-history').hidden) utility('History').click()`},
		{"record", d, `const open = $('.panel:not([hidden])'); if (open) $('.utility.open').click()`},
		{"edit", d, `button('Edit').click(); await wait(() => $('form.fields'))`},
		{"home", d, `if ($('form.fields')) button('Cancel').click(); $('[data-tab=home]').click(); await wait(() => $('.home table'))`},
		{"faults", d, `$('.faults').open = true`},
		{"explain", d, `$('.faults').open = false; $('[data-tab=ctab1]').click(); if ($('.explain').hidden) button('Explain').click(); await wait(() => $('.explain li'))`},
		{"back", d, `if (!$('.explain').hidden) button('Explain').click(); $('[data-tab=ctab1]').click()`},
		{"customer", customer, ``},
	}
	d.js(string(axe) + "; return null")
	customer.js(string(axe) + "; return null")
	for _, size := range []struct{ w, h int64 }{{1280, 800}, {1024, 600}, {320, 800}} {
		for _, scheme := range []string{"light", "dark"} {
			for _, s := range scenes {
				_, err := chromedp.Call(s.page.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				d.must(err)
				s.page.do(chromedp.EmulateViewport(size.w, size.h))
				s.page.js(s.script)
				name := fmt.Sprintf("%s-%d-%s", s.name, size.w, scheme)
				if s.name != "back" {
					s.page.picture(name)
				}
				s.page.inspect(name)
			}
		}
	}
}

// inspect holds what every view of a page must be.
func (d *desk) inspect(name string) {
	d.t.Helper()
	if got := d.js(`
		const wide = [document.documentElement, $('main'), ...$$('.panel-body, .home, .record')].filter((e) => e && e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.tagName);
		const bar = $('.utility-bar'), over = $$('.panel:not([hidden])').some((p) => p.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1);
		const seen = () => { const r = $('.banner').getBoundingClientRect(); return r.top === 0 && r.height > 0 && r.bottom <= innerHeight && !!document.elementFromPoint(r.left + 20, r.top + r.height / 2).closest('.banner'); };
		const tall = [document.scrollingElement, ...$$('body *')].filter((e) => e.scrollHeight > e.clientHeight).map((e) => [e, e.scrollTop]);
		let banner = seen();
		for (const [e] of tall) e.scrollTop = e.scrollHeight;
		banner &&= seen();
		for (const [e, top] of tall) e.scrollTop = top;
		const small = $$('button, select, input:not([type=radio]), textarea, summary').filter((e) => e.offsetParent && !e.closest('.kinds') && (e.getBoundingClientRect().height < 23.5 && e.type !== 'checkbox')).map((e) => e.outerHTML.slice(0, 80));
		const report = await axe.run(document, {iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']});
		return {wide, over, banner, small, axe: report.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120) + ' ' + (n.any[0] || n.all[0] || n.none[0] || {}).message).join(' | '))};`); got != `{"wide":[],"over":false,"banner":true,"small":[],"axe":[]}` {
		d.t.Errorf("%s: %s", name, got)
	}
}
