package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"omnibridge/connector/store"
	"omnibridge/vcc/contactpad"
)

// window waits for the log-in window and attaches to it.
func (p *person) window() context.Context {
	p.t.Helper()
	var id target.ID
	mine := chromedp.FromContext(p.console)
	untilSeen(p.t, "the log-in window", func() bool {
		infos, err := chromedp.Targets(p.console)
		if err != nil {
			p.t.Fatalf("list targets: %v", err)
		}
		for _, info := range infos {
			if info.Type == "page" && info.BrowserContextID == mine.BrowserContextID && info.TargetID != mine.Target.TargetID && !strings.HasPrefix(info.URL, p.office.org.URL()+"/lightning/") {
				id = info.TargetID
			}
		}
		return id != ""
	})
	return p.joins("the log-in window", id)
}

// answers answers the question of the org's page in a log-in window: as whom to log
// in, or with "" that it is not allowed.
func (p *person) answers(window context.Context, name string) {
	p.t.Helper()
	untilSeen(p.t, "the question of the org", func() bool {
		return js[bool](p.t, window, `const who = [...document.querySelectorAll('input[name=username]')].find((e) => e.value.startsWith(%s + '@'));
			const go = document.querySelector(who ? 'button.brand' : 'button[form=deny]'); if (!go || go.disabled) return false;
			if (who) who.checked = true; setTimeout(() => go.click()); return true`, name)
	})
}

// asks opens the log-in window and has the org ask in it.
func (p *person) asks() context.Context {
	p.t.Helper()
	p.presses("Log in with Salesforce", "Waiting for the log-in window")
	return p.window()
}

// reads waits until a log-in window shows words.
func (p *person) reads(window context.Context, words string) {
	p.t.Helper()
	p.watch(window, "the log-in window", words, true)
}

// snap keeps a picture of a log-in window.
func (p *person) snap(window context.Context, name string) {
	p.t.Helper()
	(&person{t: p.t, console: window}).shoot(name)
}

// logsInAgain logs in once more: the org does not ask again what it was allowed to tell.
func (p *person) logsInAgain() {
	p.t.Helper()
	untilSeen(p.t, "the log-in of "+p.name, func() bool {
		shows := js[string](p.t, p.pad, `return document.body.innerText`)
		return strings.Contains(shows, "Waiting for the log-in window") || strings.Contains(shows, "Ready (") || p.click(p.pad, controls, "Log in with Salesforce") && false
	})
	p.sees("Ready (")
}

// refused waits until ContactPad says why nobody is logged in, to everybody, and makes
// sure that the agent can try again.
func (p *person) refused(words string) {
	p.t.Helper()
	p.sees(words)
	p.sees("Log in with Salesforce")
	p.hears(words)
	p.misses("Waiting for the log-in window")
	if n := len(p.office.org.Records("UserServicePresence")); n != 0 {
		p.t.Errorf("%d are online in Omni-Channel", n)
	}
}

// TestLoginRefused: who is not let in is told what is wrong and what to do, in the
// log-in window and in ContactPad, and can try again at once.
func TestLoginRefused(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.ready()
	o.close()
	o.rules.Agents = map[string]agentFile{o.id("ada"): {}}
	o.open()
	o.ready()

	// Somebody whom no agent has.
	ben := o.arrive("ben")
	ben.opens("ContactPad")
	ben.listens()
	w := ben.asks()
	ben.answers(w, "ben")
	ben.reads(w, "Log-in did not work")
	ben.reads(w, "You are ben@acme.example in Salesforce, but no agent has that user. Ask your administrator to add you.")
	ben.snap(w, "1-no-agent-window")
	ben.refused("You are ben@acme.example in Salesforce, but no agent has that user. Ask your administrator to add you.")
	ben.shoot("2-no-agent")

	// Somebody else than the user of the console.
	ada := o.arrive("ada")
	ada.opens("ContactPad")
	ada.listens()
	w = ada.asks()
	ada.answers(w, "ben")
	const other = "You logged in as ben@acme.example, but this console is another user's. Log in as the user of this console."
	ada.reads(w, other)
	ada.refused(other)
	ada.shoot("3-other-user")

	// Consent denied. The org asks again who it is, although this browser is Ben's now.
	w = ada.asks()
	ada.snap(w, "4-consent")
	ada.answers(w, "")
	ada.refused("Log-in was not finished. Nothing has changed.")
	ada.shoot("5-denied")

	// The window closed, in the middle.
	js[bool](t, ada.pad, `said.length = 0; return true`)
	w = ada.asks()
	ada.misses("Log-in was not finished")
	if err := chromedp.Cancel(w); err != nil {
		t.Fatal(err)
	}
	ada.refused("Log-in was not finished. Nothing has changed.")

	// An address that was used before, or is too old: both are not known any more.
	js[bool](t, ada.pad, `window.opened = window.open; let first; window.open = (url, ...more) => opened(first ??= url, ...more); return true`)
	w = ada.asks()
	ada.answers(w, "")
	ada.refused("Log-in was not finished. Nothing has changed.")
	ada.press("Log in with Salesforce")
	w = ada.window()
	ada.reads(w, "Log-in was not started")
	ada.reads(w, "This window was opened too late, or a second time. Close it and press the button in ContactPad again.")
	ada.snap(w, "6-too-late-window")
	if err := chromedp.Cancel(w); err != nil {
		t.Fatal(err)
	}
	js[bool](t, ada.pad, `window.open = opened; return true`)

	// No window at all.
	js[bool](t, ada.pad, `window.open = () => null; return true`)
	ada.press("Log in with Salesforce")
	ada.refused("The log-in window did not open. Allow pop-ups for this page, then try again.")
	ada.shoot("7-blocked")
	js[bool](t, ada.pad, `window.open = opened; return true`)

	// After all that, it works.
	w = ada.asks()
	ada.answers(w, "ada")
	ada.sees("Ready (")
	ada.misses("Log-in was not finished")
	ada.misses("did not open")
}

// status waits until an agent has a status in Omni-Channel; empty: offline.
func (o *office) status(name, want string) {
	o.t.Helper()
	last := ""
	untilSeen(o.t, name+" to be "+want+" in Omni-Channel", func() bool {
		s, err := o.org.Agent(name).State()
		if err != nil {
			o.t.Fatal(err)
		}
		last = s.Status
		return last == want
	})
}

// TestLogout: who logs out is asked first if work is open, is offline in Omni-Channel,
// and is logged out on every device; another device says so.
func TestLogout(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	desk, home := o.shift("ada")[0], o.arrive("ada") // two browsers
	home.opens("ContactPad")
	home.logsInAgain()
	home.listens()
	home.sees("ContactPad is active elsewhere")
	o.status("ada", "Available")
	o.message("Jonas Weber")
	desk.takes("Jonas Weber")
	home.card("Jonas Weber", "connected")

	desk.chooses("Log out")
	desk.sees("Log out with open work?")
	desk.sees("Log out with 1 chat open? The chat ends or goes to somebody else.")
	desk.focused("Stay", `e?.dataset.act === 'keep'`)
	desk.shoot("1-sure")
	desk.press("Stay")
	desk.misses("Log out with open work?")
	desk.card("Jonas Weber", "connected")
	o.status("ada", "Available")

	desk.chooses("Log out")
	desk.pressIn(desk.pad, "the question", "[data-act=confirm]", "Log out")
	for _, p := range []*person{desk, home} {
		p.sees("You are logged out.")
		p.sees("Log in with Salesforce")
		p.utility("ContactPad: logged out", false)
		p.misses("Jonas Weber")
		p.hears("Logged out.")
	}
	o.status("ada", "")
	desk.consoleSees("Omni-Channel: Offline")
	home.shoot("2-elsewhere")

	// A page that is loaded again does not come back in by an old cookie.
	home.visit()
	home.opens("ContactPad")
	home.sees("Log in with Salesforce")
	desk.logsInAgain()
	o.status("ada", "Available")
	home.sees("Log in with Salesforce")
}

// TestLoginOver: a login that is of another org, or over, is not taken up again when
// the page comes back, and ContactPad says why.
func TestLoginOver(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	for _, c := range []struct {
		change func(*contactpad.Session)
		words  string
	}{
		{func(s *contactpad.Session) { s.Org = "00D000000000042EAA" }, "You were logged in with another org. Log in again."},
		{func(s *contactpad.Session) { s.Until = time.Now() }, "Your login has ended. Log in again."},
	} {
		o.close()
		ada.sees("Connection lost")
		o.changeSessions(c.change)
		o.open()
		ada.sees(c.words) // when it has come back
		ada.utility("ContactPad: logged out", false)
		ada.shoot(strings.Fields(c.words)[1])
		ada.logsInAgain()
		ada.misses(c.words)
	}
}

// changeSessions changes the logins that are stored, while no daemon runs.
func (o *office) changeSessions(change func(*contactpad.Session)) {
	o.t.Helper()
	st, err := store.Open(o.t.Context(), store.Options{Path: o.cfg.Data, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
	docs, err := st.Kept(o.t.Context(), sessionKind)
	if err != nil || len(docs) == 0 {
		o.t.Fatalf("%d sessions: %v", len(docs), err)
	}
	for _, doc := range docs {
		var one contactpad.Session
		if err := json.Unmarshal(doc, &one); err != nil {
			o.t.Fatal(err)
		}
		change(&one)
		if err := (sessions{st}).Save(o.t.Context(), one); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		o.t.Fatal(err)
	}
}

// TestUserOfTheConsole: on a device that two agents share, the login of the one is not
// taken up by the other.
func TestUserOfTheConsole(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	ben := &person{t: t, office: o, name: "ben", console: ada.console}
	ben.visit()
	ben.opens("ContactPad")
	ben.sees("ContactPad was logged in as somebody else than the user of this console. Log in again.")
	ben.shoot("1-not-me")
	ben.asks()
	ben.allows()
	ben.sees("Ready (")
	o.status("ben", "Available")
	w, _ := o.ticket("Refund")
	ben.tab("Case " + w.Name) // and no case is Ada's, who has left
}
