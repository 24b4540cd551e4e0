package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// arriveAlone is arrive in a browser of the agent's own, which can be killed.
func (o *office) arriveAlone(name string) *person {
	o.t.Helper()
	chromium(o.t)
	allocator, stop := chromedp.NewExecAllocator(context.Background(), browserOptions()...)
	o.t.Cleanup(stop)
	own, end := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {})) // it will complain of its death
	o.t.Cleanup(end)
	if err := chromedp.Do(own); err != nil {
		o.t.Fatalf("start a browser: %v", err)
	}
	ctx, cancel := chromedp.NewContext(own, chromedp.WithNewBrowserContext())
	o.t.Cleanup(cancel)
	p := &person{t: o.t, office: o, name: name, console: ctx}
	p.visit()
	return p
}

// dies kills the browser of a person who arrived alone, with all its processes. They are
// all stopped before the first of them is killed: one that still ran would close the
// connections of the dead in good order, as a browser that is quit does.
func (p *person) dies() {
	p.t.Helper()
	family := []int{chromedp.FromContext(p.console).Browser.Process().Pid}
	for i := 0; i < len(family); i++ {
		p.signals(family[i], syscall.SIGSTOP) // from here on it starts no further child
		for _, child := range children(p.t, family[i]) {
			if !slices.Contains(family, child) {
				family = append(family, child)
			}
		}
	}
	for _, pid := range family {
		p.signals(pid, syscall.SIGKILL)
	}
}

// signals sends a process of the person's browser a signal; it may have ended by itself.
func (p *person) signals(pid int, which syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(pid, which); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Errorf("send %v to process %d: %v", which, pid, err)
	}
}

// children are the processes that a process started and that have not ended.
func children(t *testing.T, pid int) []int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // who has ended has none
		for child := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(child); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// unnoticed is how long Salesforce takes to notice that an agent has gone, unless a test
// moves its clock.
const unnoticed = 10 * time.Minute

// soon is an office in which a panel that is lost counts as that sooner than elsewhere,
// though not so soon that one that is slow does.
func soon(t *testing.T) *office {
	t.Helper()
	o := offers(t, func(r *routing) { r.ContactPad.Lease = duration(15 * time.Second) })
	set := o.org.Settings()
	set.DisconnectAfter = mockorg.Duration(unnoticed)
	if err := o.org.SetSettings(set); err != nil {
		t.Fatal(err)
	}
	return o
}

// statusPage opens the daemon's page for supervisors in a tab of its own.
func (p *person) statusPage() *person {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.console)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(p.office.daemon.url()+"/")); err != nil {
		p.t.Fatalf("open the status page: %v", err)
	}
	return &person{t: p.t, office: p.office, name: "the status page", console: ctx, pad: ctx}
}

// TestBrowserKilledWhileAlerting: when the browser dies in which a case alerts, its
// agent gets nothing new, which the status page says with the reason, and the case goes
// to the second agent's browser as soon as Salesforce has noticed.
func TestBrowserKilledWhileAlerting(t *testing.T) {
	t.Parallel()
	o := soon(t)
	ada := o.arriveAlone("ada")
	ada.opens("ContactPad")
	ada.presses("Log in with Salesforce", "Waiting for the log-in window")
	ada.allows()
	ada.sees("Ready (")
	ben := o.shift("ben")[0]
	w, card := o.ticket("Refund")
	ada.sees("Case · " + card) // who has waited for longer
	ada.dies()

	board := ben.statusPage()
	board.consoleSees("Ada Okafor")
	board.consoleSees("lost for ")
	board.consoleSees("ContactPad's connection was lost")
	board.shoot("1-status-page")
	other, otherCard := o.ticket("Exchange") // while the first one still alerts for nobody
	ben.looks()
	ben.takes(otherCard)
	if works := o.works(other.ID); len(works) != 1 {
		t.Errorf("the second case was pushed %d times, want once, to ben", len(works))
	}
	o.org.Clock().Advance(unnoticed)
	ben.sees("Case · " + card)
	ben.takes(card)
	ben.tab("Case " + w.Name)
	ben.shoot("2-taken-over")
	works := o.works(w.ID)
	if len(works) != 2 || works[0]["UserId"] != o.id("ada") || works[0]["Status"] != "Unavailable" || works[1]["UserId"] != o.id("ben") || works[1]["Status"] != "Opened" {
		t.Errorf("the AgentWorks are %v, want ada's Unavailable and ben's Opened", works)
	}

	// Ada is back at another machine, sees where her work went, and goes on.
	ada = o.arrive("ada")
	ada.opens("ContactPad")
	ada.logsInAgain() // the org knows that she may
	ada.sees("Ready (Idle)")
	ada.sees("Case not delivered")
	ada.sees("Omni-Channel is offline. You get calls only.") // Salesforce had logged her out
	ada.shoot("3-back")
	ada.press("Go online")
	ada.misses("Omni-Channel is offline")
	ben.chooses("Break")
	ben.sees("Next: Break")
	_, card = o.ticket("Invoice")
	ada.takes(card)
}

// crashes lets the renderer of a person's tab die.
func (p *person) crashes() {
	p.t.Helper()
	dead := make(chan struct{}, 1)
	ctx, cancel := context.WithTimeout(p.console, browserPatience)
	defer cancel()
	err := chromedp.Listen(ctx, func(e any) {
		if _, ok := e.(*inspector.EventTargetCrashed); ok {
			select {
			case dead <- struct{}{}:
			default:
			}
		}
	})
	if err != nil {
		p.t.Fatalf("listen to the tab of %s: %v", p.name, err)
	}
	go func() { _, _ = chromedp.Call(ctx, page.Crash, cdp.Empty{}) }() // who dies does not answer
	select {
	case <-dead:
	case <-ctx.Done():
		p.t.Fatalf("the tab of %s did not crash", p.name)
	}
}

// TestPrimaryTabCrashes: of two tabs the one that pops crashes: the other takes over,
// and what comes in the very moment opens there, once.
func TestPrimaryTabCrashes(t *testing.T) {
	t.Parallel()
	o := soon(t)
	first := o.shift("ada")[0]
	second := first.again()
	second.looks()
	second.opens("ContactPad")
	second.sees("ContactPad is active elsewhere")
	chat := o.message("Maria Lopez")
	first.looks()
	first.takes("Maria Lopez")
	before, card := o.ticket("Refund")
	first.tabsOf(before.Name, 1)

	first.crashes()
	after, next := o.ticket("Exchange")
	second.looks()
	second.misses("ContactPad is active elsewhere")
	second.sees("Case · " + card)
	second.sees("Case · " + next)
	second.tabsOf(after.Name, 1)
	second.tabsOf(before.Name, 0) // it was opened where the agent was
	second.card("Maria Lopez", vcc.CardConnected)
	second.shoot("1-taken-over")
	taken := o.opened("ada")
	untilSeen(t, "both to be accepted", func() bool {
		second.front("Omni-Channel")
		second.click(second.console, ".request button", "Accept")
		return o.opened("ada") == taken+2
	})
	untilSeen(t, "ContactPad in front", func() bool { return second.front("ContactPad") })
	second.card(card, vcc.CardConnected)
	second.card(next, vcc.CardConnected)
	second.clicksCard(card, before.Name)
	for _, w := range []mockorg.Work{before, after} {
		second.tabsOf(w.Name, 1)
	}
	for _, id := range []string{chat.ID, before.ID, after.ID} {
		if n := len(o.works(id)); n != 1 {
			t.Errorf("%s has %d AgentWorks", id, n)
		}
	}
	second.shoot("2-all")
}
