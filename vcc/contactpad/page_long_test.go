package contactpad_test

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// The longest words that orgs and people think of fit in the narrowest panel, also at
// twice the size: nothing is wider than its place, and no target too small (panel-ux 7.2).
func TestPageLongWords(t *testing.T) {
	const name = "Wolfeschlegelsteinhausenbergerdorff-Papadimitrakopoulos"
	plan := "Rückerstattungsangelegenheiten/" + strings.Repeat("ÜBERGRÖSSE", 4)
	s := newStage(t, staging{w: 240, h: 480, desk: idle()})
	s.pad.mu.Lock()
	s.pad.find = func(message) (int, []vcc.Option) {
		return 99_999, []vcc.Option{{Agent: "005a", Name: name, Mark: "working", State: "Busy, takes it later"}, {Plan: "p", Name: plan, Mark: "plan", State: "12345 waiting, about 23 hours"},
			{Agent: "005b", Name: name, Mark: "out", State: "Logged out", Off: "ContactPad is not connected, cannot be called"}}
	}
	s.pad.mu.Unlock()
	s.pad.show(func(d *vcc.Desk) {
		d.State = vcc.AgentState{Major: vcc.Outbound, Minor: "Ausgleichszeitabstimmungsbesprechung"}
		d.Shown, d.ShownSince, d.Mark = "Ausgleichszeitabstimmungsbesprechung", ago(99*24*time.Hour), "working"
		c := callCard("01", name, 99*24*time.Hour)
		c.PlanLabel, c.State, c.HeldSince = plan, vcc.CardHeld, ago(23*time.Hour)
		c.Parties[0].State, c.Parties[0].Since = vcc.PartyHeld, ago(23*time.Hour)
		c.Parties = append(c.Parties, vcc.Party{ID: "005b", Agent: "005b", Name: name, State: vcc.PartyTalking, Since: ago(22 * time.Hour)})
		c.Actions = actions(vcc.Alternate, vcc.Join, vcc.Transfer, vcc.Release)
		failed := caseCard("04", plan, time.Minute)
		failed.PlanLabel, failed.State, failed.Why, failed.Actions = plan, vcc.CardReleaseFailed, name+" "+plan, actions(vcc.Consult, vcc.Transfer, vcc.Release, vcc.Abandon)
		wrap := wrapUp(chat("03", name, time.Minute), 99*time.Hour)
		wrap.Outcomes, wrap.Transferred = []string{plan, name}, plan
		a := alertingCall("02", name, 3*time.Hour)
		a.PlanLabel = plan
		d.Cards = []vcc.Card{a, c, wrap, failed}
		d.Load = 151
		d.Intended = &vcc.AgentState{Major: vcc.Away, Minor: "Ausgleichszeitabstimmungsbesprechung"}
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.NotDelivered, At: ago(time.Minute), Name: name, Class: vcc.SemiLive, Medium: "chat", Reason: "away"},
			{ID: "n2", Kind: vcc.TransferFailed, At: ago(time.Minute), Name: name, Detail: plan, Class: vcc.NonLive, Medium: "case", Interaction: "04"}}
	})
	s.text("Interactions (3)")
	sizes := func(what string) {
		t.Helper()
		for _, size := range [][2]int{{240, 480}, {240, 240}, {400, 480}} {
			s.resize(size[0], size[1])
			s.inspect(what, false)
		}
		eval[bool](t, s.page, `(document.documentElement.style.fontSize = "200%", true)`)
		s.resize(240, 480)
		s.inspect(what+", twice the size", false)
		eval[bool](t, s.page, `(document.documentElement.style.fontSize = "", true)`)
	}
	for _, id := range []string{"01", "03", "04"} {
		s.focus(`.card [data-interaction="` + id + `"]`)
		s.keys(enter)
		s.wait(`document.querySelector('.card [data-interaction="` + id + `"][aria-current]')`)
		sizes("card " + id)
	}
	s.settled()
	s.focus("#dock [data-do=transfer]")
	s.keys(enter)
	s.text("99996 more. Type to narrow.")
	s.keys(down)
	s.keys(enter)
	sizes("the search")
	s.keys(escape)
	s.wait(`!document.querySelector("[role=dialog]")`)
	s.focus("#dock [data-do=abandon]")
	s.keys(enter)
	s.waitFocus("keep")
	sizes("the question")
	s.keys(escape)
	s.focus("#state")
	s.keys(enter)
	s.wait(`document.querySelector("#states")`)
	sizes("the states")
}
