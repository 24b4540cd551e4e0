package contactpad_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"omnibridge/vcc"
)

// Without a pointer, from Tab to Tab: log in with another state to begin in, release,
// choose an outcome, add time, finish, dismiss a notice (panel-ux 7.5; calls, consult,
// transfer, abandon and log-out have tests of their own).
func TestPageWithoutPointer(t *testing.T) {
	s := newStage(t, staging{out: true, desk: idle()})
	eval[bool](t, s.page, `(window.focus(), document.body.focus(), true)`)
	s.keys(tabs)
	s.waitFocus("start")
	s.keys(kb.ArrowDown)
	s.keys(tabs)
	s.waitFocus("login")
	opened := chromedp.WaitNewTarget(s.tab, func(i *target.Info) bool { return i.URL != "" && i.URL != "about:blank" })
	s.keys(enter)
	if m := s.pad.await(t, "start", 1); m.text("state") != "outbound" {
		t.Errorf("began in %v", m)
	}
	select {
	case <-opened:
	case <-time.After(patience):
		t.Fatal("no window opened")
	}
	s.pad.mu.Lock()
	s.pad.in = true
	s.pad.sit(s.pad.conns[0], "secret")
	s.pad.mu.Unlock()
	s.waitFocus("state")
	do(t, s.tab, chromedp.Func(bringToFront)) // the window is closed by the org
	s.focus("#state")

	s.pad.show(func(d *vcc.Desk) {
		working(d, "Busy Inbound", callCard("01", "Maria Lopez", time.Minute))
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.CustomerGone, At: ago(0), Name: "Tom Baker", Class: vcc.SemiLive, Medium: "chat"}}
	})
	s.text("Maria Lopez")
	s.settled()
	to := func(want string) {
		t.Helper()
		for range 12 {
			if s.focused() == want {
				return
			}
			s.keys(tabs)
		}
		t.Fatalf("Tab does not lead to %s", want)
	}
	to("dismiss")
	s.keys(enter)
	s.pad.command(t, vcc.Dismiss, 1)
	s.waitFocus("01")
	to("release")
	s.keys(enter)
	s.pad.command(t, vcc.Release, 1)
	s.waitFocus("01")
	s.pad.show(func(d *vcc.Desk) {
		c := wrapUp(callCard("01", "Maria Lopez", time.Minute), time.Minute)
		c.Outcomes, c.MustChoose = []string{"Solved", "Call back"}, true
		working(d, "Wrap Up", c)
		d.Notices = nil
	})
	s.wait(`document.querySelector("#dock [data-do='finish wrap']")`)
	s.waitFocus("01")
	to("finish wrap")
	s.keys(enter)
	s.waitFocus("outcome") // it must be chosen first
	s.keys("C")
	if m := s.pad.command(t, vcc.Dispose, 1); m.text("disposition") != "Call back" {
		t.Errorf("chose %v", m)
	}
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Outcome = "Call back" })
	to("extend wrap")
	s.keys(enter)
	s.pad.command(t, vcc.ExtendWrap, 1)
	s.waitFocus("01")
	to("finish wrap")
	s.keys(enter)
	s.pad.command(t, vcc.FinishWrap, 1)
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	s.waitFocus("state")
}

// Whoever types, in the search or in a field of the console, goes on typing whatever
// arrives: work, notices, the loss of the connection, the end of a wrap-up (panel-ux 7.6).
func TestPageLeavesTypingAlone(t *testing.T) {
	d := idle()
	working(&d, "Ready (Working)", caseCard("04", "00001044 Refund not received", time.Minute), wrapUp(chat("03", "Jonas Weber", time.Minute), time.Minute))
	s := newStage(t, staging{desk: d})
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.open("transfer")
	s.waitFocus("find")
	story := func(typed func(n int)) {
		t.Helper()
		for i, change := range []func(d *vcc.Desk){
			func(d *vcc.Desk) {
				d.Cards = append([]vcc.Card{alertingCall("09", "Eva Lind", time.Minute), alertingChat("08", "Karl Ott", time.Minute)}, d.Cards...)
			},
			func(d *vcc.Desk) { d.Cards = append([]vcc.Card{chat("08", "Karl Ott", 0)}, d.Cards[2:]...) },
			func(d *vcc.Desk) { d.Cards = d.Cards[:2] }, // the wrap-up ends
			func(d *vcc.Desk) {
				d.Notices = []vcc.Notice{{ID: fmt.Sprint(time.Now()), Kind: vcc.MissedCall, At: ago(0), Name: "Eva Lind", Class: vcc.Live, Medium: "phone"}}
			},
		} {
			n := eval[int](t, s.page, `(window.draws ??= (new MutationObserver(() => window.draws++).observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true }), 1))`)
			s.pad.show(change)
			s.wait(fmt.Sprintf("window.draws > %d", n))
			typed(i + 1)
		}
		s.pad.refuse(true)
		s.pad.hangUp()
		s.wait(`document.querySelector("[data-notice=link]")`)
		typed(5)
		s.pad.refuse(false)
		s.wait(`!document.querySelector("[data-notice=link]")`)
		typed(6)
	}
	story(func(n int) {
		t.Helper()
		s.keys("a")
		s.wait(fmt.Sprintf(`document.activeElement.id === "find" && document.activeElement.value === "a".repeat(%d)`, n))
	})
	s.keys(escape)
	s.keys(escape)
	s.wait(`!document.querySelector("[role=dialog]")`)
	s.pad.show(func(d *vcc.Desk) {
		*d = idle()
		working(d, "Ready (Working)", caseCard("04", "00001044 Refund not received", time.Minute), wrapUp(chat("03", "Jonas Weber", time.Minute), time.Minute))
	})
	eval[bool](t, s.tab, `(document.getElementById("field").focus(), true)`)
	story(func(n int) {
		t.Helper()
		s.keys("b")
		s.waitHost(fmt.Sprintf(`document.activeElement.id === "field" && field.value === "b".repeat(%d)`, n))
	})
}
