package contactpad_test

import (
	"time"

	"omnibridge/vcc"
)

// The people and work of the screens in panel-ux 2.6.

func ago(d time.Duration) time.Time { return time.Now().Add(-d) }
func in(d time.Duration) time.Time  { return time.Now().Add(d) }

// spare is what a length may lose before its words change: of ten minutes and more the
// page says whole ones. A busy machine takes its time between the desk and the words.
const spare = 30 * time.Second

var states = []vcc.AgentState{
	{Major: vcc.Ready}, {Major: vcc.Outbound}, {Major: vcc.Away}, {Major: vcc.Away, Minor: "Break"},
	{Major: vcc.Away, Minor: "Comfort Break"}, {Major: vcc.ExtendedAway},
}

// idle is W2, and what the others start from.
func idle() vcc.Desk {
	return vcc.Desk{
		Agent: "005000000000001AAA", Name: "Ana Silva", State: vcc.AgentState{Major: vcc.Ready}, Since: ago(12*time.Minute + 4*time.Second),
		Shown: "Ready (Idle)", ShownSince: ago(12*time.Minute + 4*time.Second), Mark: "ready",
		Omni: vcc.Presence{Online: true, Status: "Available", Channels: []vcc.Channel{"sfdc_livemessage"}}, States: states,
	}
}

func actions(kinds ...vcc.CommandKind) []vcc.Action {
	out := make([]vcc.Action, len(kinds))
	for i, k := range kinds {
		out[i].Do = k
	}
	return out
}

func chat(id vcc.InteractionID, name string, since time.Duration) vcc.Card {
	return vcc.Card{Interaction: id, Offer: 1, Class: vcc.SemiLive, Medium: "chat", Name: name, Record: "0Mw0000000000" + string(id) + "AAA", Plan: "orders", PlanLabel: "Orders",
		State: vcc.CardConnected, Since: ago(since), Size: 15, Waited: 8 * time.Second, Actions: actions(vcc.Consult, vcc.Release)}
}

func caseCard(id vcc.InteractionID, name string, since time.Duration) vcc.Card {
	return vcc.Card{Interaction: id, Offer: 1, Class: vcc.NonLive, Medium: "case", Name: name, Record: "5000000000000" + string(id) + "AAA", Plan: "refunds", PlanLabel: "Refunds",
		State: vcc.CardConnected, Since: ago(since), Size: 6, Actions: actions(vcc.Consult, vcc.Transfer, vcc.Release)}
}

func callCard(id vcc.InteractionID, name string, since time.Duration) vcc.Card {
	return vcc.Card{Interaction: id, Offer: 1, Class: vcc.Live, Medium: "phone", Name: name, Record: "0030000000000" + string(id) + "AAA", Plan: "billing", PlanLabel: "Billing",
		State: vcc.CardConnected, Since: ago(since), Size: 51, Waited: 8 * time.Second, Direction: "in", Actions: actions(vcc.Hold, vcc.Consult, vcc.Release),
		Parties: []vcc.Party{{ID: "customer", Name: name, State: vcc.PartyTalking, Since: ago(since)}}}
}

func alertingChat(id vcc.InteractionID, name string, left time.Duration) vcc.Card {
	c := chat(id, name, 0)
	c.State, c.Since, c.Until, c.Actions, c.Record = vcc.CardAlerting, ago(time.Minute), in(left), nil, "" // long enough that who accepts now is a person
	return c
}

func alertingCall(id vcc.InteractionID, name string, left time.Duration) vcc.Card {
	c := callCard(id, name, 0)
	c.State, c.Since, c.Until, c.Actions = vcc.CardAlerting, ago(time.Minute), in(left), actions(vcc.AnswerCall, vcc.RejectCall)
	return c
}

func working(d *vcc.Desk, shown string, cards ...vcc.Card) {
	d.Cards = cards
	d.Load = 0
	for _, c := range cards {
		d.Load += c.Size
	}
	d.Shown, d.ShownSince, d.Mark = shown, ago(4*time.Minute+12*time.Second), "working"
}

func fullHouse(d *vcc.Desk) {
	working(d, "Ready (Working)",
		callCard("01", "Maria Lopez", 4*time.Minute+12*time.Second),
		chat("02", "Jonas Weber", 11*time.Minute+40*time.Second), chat("03", "Anonymous visitor 5Q-1183", 52*time.Second),
		caseCard("04", "00001044 Refund not received", 62*time.Minute+10*time.Second), caseCard("05", "00001051 Wrong size", 20*time.Minute), caseCard("06", "00001060 Where is my parcel", 9*time.Minute))
	d.Intended = &vcc.AgentState{Major: vcc.Away}
}

func wrapUp(c vcc.Card, left time.Duration) vcc.Card {
	c.State, c.Since, c.Until = vcc.CardWrapUp, ago(18*time.Second), in(left)
	c.Actions, c.Parties = actions(vcc.FinishWrap, vcc.ExtendWrap), nil
	return c
}

// people is the list of W7 and W8.
func people(m message) (int, []vcc.Option) {
	if m.text("text") == "zzz" {
		return 0, nil
	}
	list := []vcc.Option{
		{Agent: "005a", Name: "Ana Silveira", Mark: "ready", State: "Ready"},
		{Agent: "005b", Name: "Anders Holm", Mark: "working", State: "Busy, takes it later"},
		{Agent: "005c", Name: "Daniel Roth", Mark: "away", State: "Away, takes it later"},
		{Plan: "finance", Name: "Finance questions", Mark: "plan", State: "3 waiting, about 4 minutes"},
		{Agent: "005d", Name: "Joan Ortega", Mark: "out", State: "Logged out"},
	}
	if m.text("for") == "consult" {
		list[1].State, list[1].Off = "On a call", "On a call, cannot be called"
		list[4].Off = "Logged out, cannot be called"
		list = append(list[:3:3], list[4])
	}
	return len(list), list
}

// scene is one of the screens: a desk, and what the agent did to get there.
type scene struct {
	name string
	out  bool
	desk func(d *vcc.Desk)
	then func(s *stage)
}

var scenes = []scene{
	{name: "W1-logged-out", out: true},
	{name: "W2-idle"},
	{name: "W3-alerting", desk: func(d *vcc.Desk) { d.Cards, d.Load = []vcc.Card{alertingChat("01", "Maria Lopez", 24*time.Second)}, 15 }},
	{name: "W3-call", desk: func(d *vcc.Desk) {
		d.Cards, d.Load = []vcc.Card{alertingCall("01", "+44 20 7946 0018", 24*time.Second), alertingChat("02", "Jonas Weber", 18*time.Second)}, 66
	}},
	{name: "W4-auto-accepted", then: func(s *stage) {
		s.pad.show(func(d *vcc.Desk) {
			working(d, "Ready (Working)", chat("01", "Maria Lopez", 3*time.Second))
			d.ShownSince = ago(3 * time.Second)
		})
		s.text("Chat accepted for you")
	}},
	{name: "W5-full-house", desk: fullHouse},
	{name: "W6-held-and-consult", desk: held},
	{name: "W6-consult-answered", desk: func(d *vcc.Desk) {
		held(d)
		c := &d.Cards[0]
		c.Parties[1].State, c.Parties[1].Until = vcc.PartyTalking, time.Time{}
		c.Actions = actions(vcc.Alternate, vcc.Join, vcc.Transfer, vcc.Release)
	}},
	{name: "W7-transfer", desk: oneCase, then: func(s *stage) { s.open("transfer") }},
	{name: "W8-consult", desk: oneCase, then: func(s *stage) { s.open("consult") }},
	{name: "W9-nobody-found", desk: oneCase, then: func(s *stage) {
		s.open("transfer")
		s.keys("zzz")
		s.text("Nobody found for")
	}},
	{name: "W10-state-menu", desk: fullHouse, then: func(s *stage) {
		s.click("#state")
		s.wait(`document.querySelector("#states")`)
	}},
	{name: "W11-wrap-up", desk: func(d *vcc.Desk) {
		c := wrapUp(callCard("01", "Maria Lopez", time.Minute), 42*time.Second)
		c.Outcomes, c.MustChoose = []string{"Solved", "Call back", "Wrong number"}, true
		working(d, "Ready (Working)", c, chat("02", "Jonas Weber", 15*time.Minute))
	}},
	{name: "W12-release-failed", desk: releaseFailed},
	{name: "W12-abandon", desk: releaseFailed, then: func(s *stage) {
		s.settled()
		s.click(`#dock [data-do=abandon]`)
		s.wait(`document.querySelector("[role=alertdialog]")`)
	}},
	{name: "W13-not-delivered", desk: func(d *vcc.Desk) {
		d.Omni = vcc.Presence{}
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.NotDelivered, At: ago(time.Minute), Name: "Maria Lopez", Class: vcc.SemiLive, Medium: "chat", Reason: "away"}}
	}},
	{name: "W14-connection-lost", desk: fullHouse, then: func(s *stage) {
		s.pad.refuse(true)
		s.pad.hangUp()
		s.text("Connection lost")
	}},
	{name: "W15-second-panel", desk: fullHouse, then: func(s *stage) {
		s.pad.setPanel(map[string]any{"primary": false, "primarySince": ago(time.Hour)})
		s.text("ContactPad")
		s.wait(`document.querySelector("[data-notice=second]")`)
	}},
	{name: "W16-blocked", desk: func(d *vcc.Desk) {
		d.Shown, d.Mark, d.ShownSince = "Ready (Blocked)", "blocked", ago(31*time.Second)
		d.Blocked = &vcc.Block{Reason: "No Answer", Since: ago(31 * time.Second), Until: in(149 * time.Second)}
		d.Notices = []vcc.Notice{{ID: "n2", Kind: vcc.MissedCall, At: ago(31 * time.Second), Name: "+44 20 7946 0018", Class: vcc.Live, Medium: "phone", Until: in(149 * time.Second)}}
	}},
	{name: "three-and-an-alert", desk: func(d *vcc.Desk) {
		three(d)
		d.Cards = append([]vcc.Card{alertingChat("07", "Eva Lind", 24*time.Second)}, d.Cards...)
	}},
	{name: "three-and-a-notice", desk: func(d *vcc.Desk) {
		three(d)
		d.Notices = []vcc.Notice{{ID: "n3", Kind: vcc.ChangedByOthers, At: ago(time.Minute), Name: "00001044 Refund not received", Class: vcc.NonLive, Medium: "case", Interaction: "99", By: "Tom Baker"}}
	}},
	{name: "three-calling", desk: func(d *vcc.Desk) {
		three(d)
		c := callCard("09", "Tom Baker", 7*time.Second)
		c.Of, c.Direction, c.Record, c.Plan, c.PlanLabel, c.Actions, c.Size, c.Waited = "05", "internal", "", "", "", actions(vcc.Cancel), 51, 0
		c.Parties = []vcc.Party{{ID: "005b", Agent: "005b", Name: "Tom Baker", State: vcc.PartyRinging, Since: ago(7 * time.Second), Until: in(8 * time.Second), Interaction: "09"}}
		d.Cards = append(d.Cards, c)
	}},
	{name: "no-name-yet", desk: func(d *vcc.Desk) {
		three(d)
		d.Cards[2].Name = d.Cards[2].Record
		a := caseCard("08", "", 0)
		a.Name, a.State, a.Until, a.Actions = a.Record, vcc.CardAlerting, in(24*time.Second), nil
		d.Cards = append([]vcc.Card{a}, d.Cards...)
	}},
	{name: "keys", desk: oneCase, then: func(s *stage) {
		s.focus("#state")
		s.keys("k", shift, alt)
		s.wait(`document.querySelector("[role=dialog]")`)
	}},
}

func three(d *vcc.Desk) {
	working(d, "Ready (Working)", chat("02", "Jonas Weber", 11*time.Minute+40*time.Second), chat("03", "Anonymous visitor 5Q-1183", 52*time.Second),
		caseCard("05", "00001051 Wrong size", 20*time.Minute))
}

func held(d *vcc.Desk) {
	c := callCard("01", "Maria Lopez", 5*time.Minute+30*time.Second)
	c.State, c.HeldSince = vcc.CardHeld, ago(72*time.Second)
	c.Parties = []vcc.Party{
		{ID: "customer", Name: "Maria Lopez", State: vcc.PartyHeld, Since: ago(72 * time.Second)},
		{ID: "005b", Name: "Tom Baker", State: vcc.PartyRinging, Since: ago(7 * time.Second), Until: in(8 * time.Second), Agent: "005b"},
	}
	c.Actions = actions(vcc.Retrieve, vcc.Cancel, vcc.Release)
	working(d, "Busy Inbound", c)
}

func oneCase(d *vcc.Desk) {
	working(d, "Ready (Working)", caseCard("04", "00001044 Refund not received", 62*time.Minute))
}

func releaseFailed(d *vcc.Desk) {
	oneCase(d)
	c := &d.Cards[0]
	c.State, c.Why, c.Actions = vcc.CardReleaseFailed, "Salesforce did not answer", actions(vcc.Release, vcc.Abandon)
}

// open opens the search by its button.
func (s *stage) open(mode string) {
	s.t.Helper()
	s.settled()
	s.click(`#dock [data-do=` + mode + `]`)
	s.wait(`document.querySelectorAll("#found [role=option]").length > 0`)
}

// settled waits until the dock takes clicks after the selection moved by itself.
func (s *stage) settled() {
	s.t.Helper()
	s.wait(`performance.now() - (window.began ??= performance.now()) > 600`)
}

// stageOf sets a scene.
func stageOf(t interface{ Helper() }, sc scene, set func(o staging) *stage) *stage {
	t.Helper()
	d := idle()
	if sc.desk != nil {
		sc.desk(&d)
	}
	s := set(staging{out: sc.out, desk: d})
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	if sc.then != nil {
		sc.then(s)
	}
	return s
}
