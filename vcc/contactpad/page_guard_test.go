package contactpad_test

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// What others wrote stays text, wherever it is shown or said.
func TestPageTakesTextAsText(t *testing.T) {
	const evil = `<img src=x onerror="window.broken=1"><b>Eve</b> ${1+1} {{.}}`
	s := newStage(t, staging{desk: idle()})
	s.record()
	s.pad.show(func(d *vcc.Desk) {
		d.Name, d.Shown, d.Why = evil, evil, evil
		c := caseCard("04", evil, time.Minute)
		c.PlanLabel, c.Why, c.State = evil, evil, vcc.CardReleaseFailed
		d.Cards = []vcc.Card{c, alertingChat("05", evil, time.Minute)}
		d.Notices = []vcc.Notice{{ID: `"><b>`, Kind: vcc.TransferFailed, At: ago(0), Name: evil, Detail: evil, By: evil}}
	})
	s.text(evil)
	s.wait(`spoken.some((t) => t.includes("<b>Eve</b>"))`)
	if eval[bool](t, s.page, `!!window.broken || !!document.querySelector("img, .pad b")`) {
		t.Error("text became markup")
	}
	s.click(`[data-act=dismiss]`)
	if m := s.pad.command(t, vcc.Dismiss, 1); m.text("notice") != `"><b>` {
		t.Errorf("dismissed %v", m)
	}
}

// The policy holds the page: not one violation in a whole story, and the page keeps
// the console's words and the server's to what the contract names.
func TestPageKeepsThePolicy(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	eval[bool](t, s.page, `(window.violations = [], addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI)), true)`)
	s.pad.show(fullHouse)
	s.text("Jonas Weber")
	s.click("#state")
	s.click(".menu [role=menuitem]:nth-last-child(2)")
	s.text("Keyboard and sound")
	s.keys(escape)
	s.pad.show(held)
	s.text("Tom Baker")
	if got := eval[[]string](t, s.page, `violations`); len(got) > 0 {
		t.Errorf("the policy was violated: %q", got)
	}
	// The listener can hear one.
	eval[bool](t, s.page, `(document.body.setAttribute("style", "color: red"), true)`)
	s.wait(`violations.length === 1`)
}

// The page's end of the bridge: only the console that frames it is heard, no more than
// a hundred calls are open, and one without an answer ends (contract A).
func TestPageBridge(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	got := eval[[]string](t, s.page, `(async () => {
		const { Bridge } = await import(new URL("assets/bridge.js", location.href));
		const out = [], sent = [], heard = [];
		let listener;
		const parent = { postMessage: (m, origin) => sent.push(origin + " " + m.kind) };
		const win = { parent, addEventListener: (_, f) => { listener = f } };
		const bridge = new Bridge({ win, orgs: ["https://a.example", "https://b.example"], on: { ready: (b) => heard.push("ready " + b.capabilities), missing() {}, event: (n) => heard.push("event " + n) } });
		bridge.start();
		out.push(sent.join(", "));
		const say = (data, origin = "https://b.example", source = parent) => listener({ data: { omnibridge: 1, ...data }, origin, source });
		say({ kind: "ready", version: 1, capabilities: ["x"] }, "https://evil.example");
		say({ kind: "ready", version: 1, capabilities: ["x"] }, "https://b.example", {});
		listener({ data: null, origin: "https://b.example", source: parent });
		listener({ data: { kind: "ready" }, origin: "https://b.example", source: parent });
		out.push("heard " + heard.length);
		say({ kind: "ready", version: 1, capabilities: ["x", 7] });
		say({ kind: "event", name: "panel" }, "https://a.example"); // allowed, but not the one that answered
		say({ kind: "event", name: "panel" });
		say({ kind: "reply", id: "c999", ok: true });
		say({ kind: "nonsense" });
		out.push(heard.join(", "));
		sent.length = 0;
		const open = Array.from({ length: 101 }, () => bridge.call("utility", {}));
		out.push(sent.length + " " + sent[0] + " " + JSON.stringify(await open[100]));
		say({ kind: "reply", id: "c1", ok: false, error: { code: "gone", text: "t" } });
		out.push(JSON.stringify(await open[0]));
		say({ kind: "reply", id: "c2", ok: true });
		out.push(JSON.stringify(await open[1]));
		return out;
	})()`)
	want := []string{
		"https://a.example hello, https://b.example hello",
		"heard 0",
		"ready x, event panel",
		`100 https://b.example call {"ok":false,"error":{"code":"refused","text":"too many calls are open"}}`,
		`{"ok":false,"error":{"code":"gone","text":"t"}}`,
		`{"ok":true,"result":{}}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A call that consults about a call is shown with it: its party has its own button, and
// each end is released by its own (W6). One that consults about a case has a card of
// its own.
func TestPageConsultCalls(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	consult := func(of vcc.InteractionID, state vcc.PartyState, kinds ...vcc.CommandKind) vcc.Card {
		c := callCard("09", "020 7946 0018", 7*time.Second)
		c.Of, c.Direction, c.Record, c.Plan, c.PlanLabel, c.Actions = of, "out", "", "", "", actions(kinds...)
		c.Parties = []vcc.Party{{ID: "020", Name: "Tom Baker", State: state, Since: ago(7 * time.Second), Until: in(8 * time.Second)}}
		return c
	}
	s.pad.show(func(d *vcc.Desk) {
		held(d)
		d.Cards[0].Parties = d.Cards[0].Parties[:1]
		d.Cards[0].Actions = actions(vcc.Retrieve, vcc.Release)
		d.Cards = append(d.Cards, consult("01", vcc.PartyRinging, vcc.Cancel))
	})
	s.text("Interactions (1)")
	s.text("Tom Baker, ringing")
	s.settled()
	s.click("#dock .parties [data-do=cancel]")
	if m := s.pad.command(t, vcc.Cancel, 1); m.text("interaction") != "09" {
		t.Errorf("cancelled %v", m)
	}
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].Actions = actions(vcc.Alternate, vcc.Join, vcc.Transfer, vcc.Release)
		d.Cards[1] = consult("01", vcc.PartyTalking, vcc.Release)
	})
	s.text("Release Tom Baker")
	words := eval[string](t, s.page, `[...document.querySelectorAll("#dock .actions button")].map((b) => b.innerText).join(", ")`)
	if want := "Alternate, Join all, Transfer, Release Tom Baker, Release call"; words != want {
		t.Errorf("the dock has %s, want %s", words, want)
	}
	s.click("#dock .actions button:nth-child(4)")
	if m := s.pad.command(t, vcc.Release, 1); m.text("interaction") != "09" {
		t.Errorf("released %v", m)
	}
	s.click("#dock [data-do=transfer]")
	if m := s.pad.command(t, vcc.Transfer, 1); m.text("interaction") != "01" || m["target"] != nil {
		t.Errorf("a call goes to who is consulted, without a list; sent %v", m)
	}
	s.pad.show(func(d *vcc.Desk) {
		oneCase(d)
		d.Cards = append([]vcc.Card{consult("04", vcc.PartyTalking, vcc.Release)}, d.Cards...)
		d.Load = 151
	})
	s.text("Interactions (2)")
	s.text("151 of 100: no new work until you are below 100")
}

// An agent who gets an interaction back has two cards of it, of which each is told
// apart.
func TestPageTwoPartsOfOne(t *testing.T) {
	d := idle()
	again := caseCard("04", "00001044 Refund not received", time.Minute)
	again.Offer = 3
	working(&d, "Ready (Working)", again, wrapUp(caseCard("04", "00001044 Refund not received", time.Hour), time.Minute))
	s := newStage(t, staging{desk: d})
	s.text("Interactions (2)")
	if n := eval[int](t, s.page, `document.querySelectorAll(".card [aria-current]").length`); n != 1 {
		t.Errorf("%d cards are selected", n)
	}
	s.focus(".card .face")
	s.keys(down)
	s.wait(`document.querySelector("#dock [data-do='finish wrap']")`)
	s.pad.show(func(d *vcc.Desk) { d.Cards = d.Cards[:1] })
	s.text("Interactions (1)")
	s.wait(`document.querySelector("#dock [data-do=release]")`)
}

// A caller with several records, one with none, and a search that failed: a click on the
// card asks again, and what cannot be opened is said.
func TestPageCallers(t *testing.T) {
	d := idle()
	working(&d, "Busy Inbound", callCard("01", "+44 20 7946 0018", time.Minute))
	d.Cards[0].Record, d.Cards[0].Caller = "", "+442079460018"
	s := newStage(t, staging{desk: d})
	s.pad.say(map[string]any{"t": "choices", "interaction": "01", "records": []map[string]any{
		{"id": "003000000000001AAA", "name": "Maria Lopez", "kind": "Contact"}, {"id": "003000000000002AAA", "name": "Mario Lopez", "kind": "Contact"}}})
	s.text("2 records of this caller")
	eval[bool](t, s.page, `(document.getElementById("records").selectedIndex = 1, true)`)
	s.click("#dock [data-act=open]")
	if m := s.pad.await(t, "choose", 1); m.text("interaction") != "01" || m.text("record") != "003000000000002AAA" {
		t.Errorf("chose %v", m)
	}
	eval[bool](t, s.tab, `(fail.openRecord = { code: "gone", text: "" }, true)`)
	s.pad.say(map[string]any{"t": "call", "id": "k1", "name": "openRecord", "interaction": "01", "args": map[string]any{"recordId": "003000000000002AAA", "focus": true}})
	s.text("Mario Lopez cannot be opened: it was deleted or you may not see it.")
	s.click(".card .face")
	if m := s.pad.command(t, vcc.OpenRecord, 1); m.text("interaction") != "01" {
		t.Errorf("opened %v", m)
	}
	s.pad.say(map[string]any{"t": "choices", "interaction": "01", "records": []any{}})
	s.text("No record of this caller was found. Click the call to search again.")
	s.pad.say(map[string]any{"t": "choices", "interaction": "01", "records": []any{}, "failed": true})
	s.text("The search for this caller did not work. Click the call to try again.")
	s.pad.say(map[string]any{"t": "choices", "interaction": "01", "records": []map[string]any{{"id": "003000000000001AAA", "name": "Maria Lopez", "kind": "Contact"}}})
	s.noText("this caller")
}

// What a desk of every kind of notice says ends in words, never in a code or a gap.
func TestPageNoticesHaveWords(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	kinds := []vcc.NoticeKind{vcc.NotDelivered, vcc.CustomerGone, vcc.OfferOver, vcc.OfferDeclined, vcc.MissedCall, vcc.ReleaseFailed, vcc.ConsultOver, vcc.TransferFailed, vcc.ChangedByOthers, vcc.LoggedOutIdle, "something new"}
	for _, bare := range []bool{true, false} {
		s.pad.show(func(d *vcc.Desk) {
			d.Notices = nil
			for _, k := range kinds {
				n := vcc.Notice{ID: string(k), Kind: k, At: ago(0)}
				if !bare {
					n.Interaction, n.Name, n.Medium, n.Class, n.Until, n.Reason, n.By = "77", "Maria Lopez", "chat", vcc.SemiLive, in(time.Minute), "busy", "Tom Baker"
				}
				d.Notices = append(d.Notices, n)
			}
		})
		s.wait(`document.querySelectorAll(".notice").length === 11`)
		if bad := eval[[]string](t, s.page, `[...document.querySelectorAll(".notice")].map((n) => n.innerText).filter((x) => /undefined|null|NaN|Invalid|\[object|\{|  |\.\./.test(x) || !/^[A-Z0-9]/.test(x))`); len(bad) > 0 {
			t.Errorf("words with gaps: %q", bad)
		}
	}
	for reason, want := range map[string]string{"away": "you are Away there", "offline": "you are offline there", "channel": "your status there has no chats", "full": "it says you are full", "closed": "it closed the request", "no answer": "it did not answer"} {
		s.pad.show(func(d *vcc.Desk) {
			d.Notices = []vcc.Notice{{ID: "n", Kind: vcc.NotDelivered, At: ago(0), Name: "Maria Lopez", Medium: "chat", Class: vcc.SemiLive, Reason: reason}}
		})
		s.text("Omni-Channel could not take it: " + want + ". The chat went to somebody else.")
	}
}
