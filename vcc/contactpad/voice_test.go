package contactpad

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// callCard is a call with other agents.
func callCard(id vcc.InteractionID, others ...vcc.AgentID) vcc.Card {
	c := vcc.Card{Interaction: id, Class: vcc.Live, State: vcc.CardConnected}
	for _, a := range others {
		c.Parties = append(c.Parties, vcc.Party{ID: string(a), Agent: a, State: vcc.PartyTalking})
	}
	return c
}

func TestSignalsReachOnlyThePartiesOfTheCall(t *testing.T) {
	gone := callCard("call", "tom")
	gone.Parties[0].State = vcc.PartyGone
	chat := callCard("call", "tom")
	chat.Class = vcc.SemiLive
	for name, test := range map[string]struct {
		ana, tom []vcc.Card
		call     vcc.InteractionID
		to       vcc.AgentID
		second   bool // says it in a panel that is not the primary one
		want     bool
	}{
		"both are parties":           {ana: []vcc.Card{callCard("call", "tom")}, tom: []vcc.Card{callCard("call", "ana")}, call: "call", want: true},
		"to the one":                 {ana: []vcc.Card{callCard("call", "tom", "eva")}, tom: []vcc.Card{callCard("call", "ana", "eva")}, call: "call", to: "tom", want: true},
		"to another":                 {ana: []vcc.Card{callCard("call", "tom", "eva")}, tom: []vcc.Card{callCard("call", "ana", "eva")}, call: "call", to: "eva"},
		"to somebody else":           {ana: []vcc.Card{callCard("call", "eva")}, tom: []vcc.Card{callCard("call", "ana")}, call: "call", to: "tom"},
		"only the caller says so":    {ana: []vcc.Card{callCard("call", "tom")}, call: "call"},
		"only the other says so":     {tom: []vcc.Card{callCard("call", "ana")}, call: "call"},
		"another call":               {ana: []vcc.Card{callCard("call", "tom")}, tom: []vcc.Card{callCard("call", "ana")}, call: "other"},
		"has left the call":          {ana: []vcc.Card{gone}, tom: []vcc.Card{callCard("call", "ana")}, call: "call"},
		"no call":                    {ana: []vcc.Card{chat}, tom: []vcc.Card{callCard("call", "ana")}, call: "call"},
		"not from the primary panel": {ana: []vcc.Card{callCard("call", "tom")}, tom: []vcc.Card{callCard("call", "ana")}, call: "call", second: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := bubble(t, nil)
				token := r.session("ana")
				ana, tom := r.panel("panel-ana", token), r.panel("panel-tom", r.session("tom"))
				later(time.Second)
				says := ana
				if test.second {
					says = r.panel("panel-ana-2", token)
				}
				r.desks.set(vcc.Desk{Agent: "ana", Cards: test.ana})
				r.desks.set(vcc.Desk{Agent: "tom", Cards: test.tom})
				later(time.Second)
				says.say(map[string]any{"t": "rtc", "interaction": test.call, "to": test.to, "data": map[string]string{"sdp": "v=0"}})
				later(time.Second)
				h, n := tom.last("rtc")
				if (n == 1) != test.want {
					t.Fatalf("tom heard %d signals", n)
				}
				if test.want && string(h.data) != `{"t":"rtc","interaction":"call","from":"ana","data":{"sdp":"v=0"}}` {
					t.Errorf("heard %s", h.data)
				}
				if _, n := ana.last("rtc"); n != 0 {
					t.Error("ana hears herself")
				}
			})
		})
	}
}

func TestSignalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-ana", r.session("ana"))
		later(time.Second)
		p.say(map[string]any{"t": "rtc", "interaction": "call", "data": strings.Repeat("x", maxSignal)})
		if err := p.ended(); !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
			t.Errorf("ended with %v", err)
		}
	})
}
