package ops_test

import (
	"context"
	"slices"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/vcc"
)

const evil = `<img src=x onerror=alert(1)>"'&`

// house is a daemon with a day's work behind it.
func house() fake {
	d := up()
	ago := func(s int) time.Time { return now.Add(-time.Duration(s) * time.Second) }
	v := &d.view
	v.Budget = busy().view.Budget
	v.CountedSince, v.CountedDay = ago(9000), ago(9000)
	v.Plans = []vcc.PlanStats{
		{Plan: "Billing", Label: "Billing", Target: 3 * time.Minute, Waiting: 2, Oldest: ago(31), Recent: vcc.Service{Connected: 25, InTime: 23}, OnTarget: new(92), NewWait: new(20 * time.Second), ChatRoom: new(0),
			Today: vcc.PlanTally{Handled: 40, Handling: 40 * 210 * time.Second, Wraps: 38, Wrap: 38 * 42 * time.Second}},
		{Plan: "Orders", Label: "Orders", Target: 3 * time.Minute, Waiting: 4, Alerting: 2, Oldest: ago(292), Past: 1,
			Recent: vcc.Service{Connected: 20, InTime: 15, LeftLate: 0, LeftEarly: 2, Still: 1}, OnTarget: new(71), NewWait: new(130 * time.Second),
			Today: vcc.PlanTally{Offered: 58, Accepted: 51, Refused: map[vcc.Reason]int{vcc.Declined: 3, vcc.TimedOut: 2, vcc.Failed: 1}, Handled: 45, Handling: 45 * 400 * time.Second, Abandoned: 2, AbandonedByAgent: 1, LeftRouting: 1, GivenUp: 1, BrokeOut: 3, Wraps: 44, Wrap: 44 * 30 * time.Second},
			Total: vcc.PlanTally{Offered: 60, Accepted: 52, Refused: map[vcc.Reason]int{vcc.Declined: 4}, Gone: 1, Handled: 46, Handling: 90 * time.Second, Abandoned: 3, AbandonedByAgent: 1, LeftRouting: 1, GivenUp: 2, BrokeOut: 3, Wraps: 44, Wrap: 5 * time.Second}},
		{Plan: "Refunds", Label: evil},
	}
	v.AgentStats = []vcc.AgentStats{
		{Agent: "005A", Name: "Ada Okafor", Shown: "Ready (Working)", Mark: "working", Since: ago(252), Panel: vcc.Panel{Alive: true}, PanelKnown: true, Omni: v.Agents[0].Omni,
			Load: 72, Loads: map[vcc.Class]int{vcc.Live: 51, vcc.SemiLive: 15, vcc.NonLive: 6}, Open: 3, Occupancy: new(81),
			Today: vcc.AgentTally{Offered: 42, Accepted: 40, Refused: map[vcc.Reason]int{vcc.Declined: 1, vcc.TimedOut: 1}, Handled: 37, Wraps: 36}, Times: vcc.AgentTimes{Talk: 90 * time.Minute, Ready: 30 * time.Minute}},
		{Agent: "005B", Name: "Ben Lindqvist", Shown: "Logged Out", Mark: "out", Why: "not logged in to ContactPad, and not available in Omni-Channel"},
		{Agent: "005C", Name: "Joan Ortega", Shown: "Ready (Idle)", Mark: "ready", Since: ago(700), PanelKnown: true, Panel: vcc.Panel{Since: ago(125), Why: "ContactPad does not answer"}, Why: "ContactPad not reachable since 09:57:55: ContactPad does not answer"},
		{Agent: "005D", Name: "Tom Baker", Shown: "Ready (Blocked)", Mark: "blocked", Since: ago(31), Panel: vcc.Panel{Alive: true}, PanelKnown: true, Why: "No Answer, until 10:02:29"},
		{Agent: "005E", Name: evil, Shown: "Break", Mark: "away", Since: ago(90000), Why: "Break since 09:00:00"},
	}
	v.Holdings = map[vcc.AgentID][]vcc.Holding{"005A": {
		{Interaction: "0JR3", Offer: 1, Size: 51, Class: vcc.Live, Medium: "call", Name: "Maria Lopez", PlanLabel: "Billing", State: vcc.CardConnected, Since: ago(250), Evidence: "connected by ContactPad; Salesforce does not know of it"},
		{Interaction: "0JR4", Offer: 2, Size: 15, Class: vcc.SemiLive, Medium: "chat", Name: evil, PlanLabel: "Orders", State: vcc.CardWrapUp, Since: ago(20), Until: now.Add(10 * time.Second), Evidence: "ended at 09:59:40; the wrap-up ends by itself"},
		{Interaction: "0JR5", Offer: 1, Size: 6, Class: vcc.NonLive, Medium: "case", Name: "Case 00001044", State: vcc.CardReleaseFailed, Since: ago(4000), Evidence: "Salesforce told that the agent opened it", Why: "Salesforce did not answer"},
	}}
	d.checks = []vcc.Check{{What: "Logged in", OK: true, Detail: "in ContactPad"}, {What: "Room", Detail: "28 percent free: room for 0 live or 1 semi-live or 4 non-live"}}
	return d
}

func panels() []ops.Panel {
	return []ops.Panel{
		{Agent: "005A", Alive: true, Since: now.Add(-time.Hour), Until: now.Add(28 * time.Second), Open: 2, Visible: true, Console: true},
		{Agent: "005C", Since: now.Add(-125 * time.Second), Until: now.Add(-125 * time.Second), Why: "ContactPad does not answer", Open: 1},
	}
}

// journal is what is written of 0JR3, in pages of two.
func journal(_ context.Context, id vcc.InteractionID, after int64) ([]ops.Entry, error) {
	if id != "0JR3" {
		return nil, nil
	}
	begin := now.Add(-time.Minute).UTC()
	all := []ops.Entry{
		{Seq: 3, At: begin, What: "arrived", Why: "chat in Orders"},
		{Seq: 4, At: begin.Add(161 * time.Millisecond), What: "offered", Offer: 1, Agent: "005B", Why: "Ben Lindqvist waits longest of 2 agents with room in Chat; 5 agents at capacity"},
		{Seq: 9, At: begin.Add(30 * time.Second), What: "timed out", Offer: 1, Agent: "005B"},
		{Seq: 11, At: begin.Add(30*time.Second + 280*time.Millisecond), What: "offered", Offer: 2, Agent: "005A", Why: evil},
		{Seq: 12, At: begin.Add(34 * time.Second), What: "asked: release", Agent: "005A"},
	}
	i := slices.IndexFunc(all, func(e ops.Entry) bool { return e.Seq > after })
	if i < 0 {
		return nil, nil
	}
	return all[i:min(i+2, len(all))], nil
}

func full() ops.Options {
	return ops.Options{Daemon: house(), Version: "v1", Org: "https://acme.my.salesforce.com", Panels: panels, Journal: journal,
		Canary: func() ops.Canary { return ops.Canary{} }}
}

var _ ops.Daemon = (*connector.Connector)(nil)
