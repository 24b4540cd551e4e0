package engine

import "omnibridge/vcc"

// noteCall leaves a why-record of what happens to x, if Salesforce does not deliver it:
// then nobody else writes its story. leg, if not nil, says whose part it is about.
func (m *Machine) noteCall(x *item, leg *vcc.Leg, what, why string) {
	if !x.ours() {
		return
	}
	d := vcc.Decision{Interaction: x.row.ID, What: what, Why: why}
	if leg != nil {
		d.Offer, d.Agent = leg.Offer, leg.Agent
	}
	m.out.Decisions = append(m.out.Decisions, d)
}

// offerWord is the journal's word for an offer of x. What Salesforce delivers is
// journaled when it is pushed.
func offerWord(x *item) string {
	if x.ours() {
		return "offered"
	}
	return ""
}
