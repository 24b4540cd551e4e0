package contactpad

import (
	"testing"

	"omnibridge/vcc"
)

func TestPanelGetsItsDeskAndItsCommandsAreDone(t *testing.T) {
	r := real(t, nil)
	p := r.panel("panel-one", r.session("ana"))
	var d struct {
		Desk  vcc.Desk
		Panel deskPanel
	}
	p.await("session")
	p.await("desk").into(t, &d)
	if d.Desk.Agent != "ana" || !d.Panel.Primary || !d.Panel.Lease.Alive {
		t.Errorf("desk %+v", d)
	}
	p.say(map[string]any{"t": "do", "id": "c1", "do": "set state", "state": "away", "minor": "Break"})
	var a answerMessage
	p.await("answer").into(t, &a)
	if a.ID != "c1" || !a.OK {
		t.Errorf("answer %+v", a)
	}
	c := r.desks.commands()
	if len(c) != 1 || c[0].Agent != "ana" || c[0].State != (vcc.AgentState{Major: vcc.Away, Minor: "Break"}) {
		t.Errorf("commands %+v", c)
	}
	p.say(map[string]any{"t": "bridge", "version": 1, "capabilities": []string{"openRecord"}, "console": true})
	r.s.Direct(vcc.Directive{Kind: vcc.Pop, Agent: "ana", Interaction: "i1", Offer: 1, Record: "500000000000001AAA", Focus: true})
	var call struct {
		ID, Name string
		Args     struct {
			RecordID string
			Focus    bool
		}
	}
	p.await("call").into(t, &call)
	if call.Name != "openRecord" || call.Args.RecordID != "500000000000001AAA" || !call.Args.Focus {
		t.Errorf("call %+v", call)
	}
}
