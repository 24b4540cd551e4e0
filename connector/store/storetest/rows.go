package storetest

import (
	"fmt"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// noon is when the rows of the suite were written. It has a fraction that a
// column in microseconds holds.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)

// Chain returns a chain that pushes a PSR of its own as offer 1.
func Chain(id vcc.InteractionID) omnichannel.Chain {
	return omnichannel.Chain{
		Interaction: id, State: omnichannel.Alerting, Since: noon, Entered: noon.Add(time.Second), Why: "the agent is asked",
		Record: omnichannel.RecordID("570" + id), Channel: "0N9000000000001AAA", Queue: "00G000000000001AAA",
		PSR: omnichannel.PSRID("0JR" + id), Serial: 2, OldPSRs: []omnichannel.PSRID{omnichannel.PSRID("0JRold" + id)},
		Offer: 1, Agent: "005000000000001AAA", Work: omnichannel.AgentWorkID("0Bz" + id),
		Past: []omnichannel.AgentWorkID{omnichannel.AgentWorkID("0Bzold" + id)},
		Sent: true, Rev: 3, Effects: 4, Wake: noon.Add(time.Minute), WakeLook: true,
	}
}

// Interaction returns an interaction that alerts its first agent.
func Interaction(id vcc.InteractionID) vcc.Interaction {
	return vcc.Interaction{
		ID: id, State: vcc.Alerted, Offers: 1, Why: "longest waiting",
		Work: vcc.Work{Record: "570" + string(id), Name: "Chat “ä”", Queue: "Support", Plan: "support", Class: vcc.SemiLive,
			Medium: "chat", Channel: "Chat", Skills: []vcc.Skill{"german"}, Since: noon},
		Legs:     []vcc.Leg{{Offer: 1, Agent: "005000000000001AAA", State: vcc.Alerted, Size: 33, Since: noon, Until: noon.Add(20 * time.Second)}},
		Refusals: map[vcc.AgentID]time.Time{"005000000000002AAA": noon.Add(5 * time.Minute)},
	}
}

// Effect returns the n-th effect of an interaction.
func Effect(id vcc.InteractionID, n int64) omnichannel.Effect {
	return omnichannel.Effect{
		ID: fmt.Sprintf("%s/%d", id, n), Kind: omnichannel.CreateWork, Interaction: id, Offer: 1, Agent: "005000000000001AAA",
		PSR: omnichannel.PSRID("0JR" + id), Record: omnichannel.RecordID("570" + id), Channel: "0N9000000000001AAA", Rev: 3,
	}
}

// Agent returns an agent who is online.
func Agent(id vcc.AgentID) vcc.Agent {
	return vcc.Agent{ID: id, Name: "Ada " + string(id), Skills: []vcc.Skill{"german", "billing"}, IdleSince: noon,
		Omni:      vcc.Presence{Online: true, Status: "Available", Channels: []vcc.Channel{"Chat", "Case"}},
		CoolUntil: map[vcc.Channel]time.Time{"Case": noon.Add(time.Minute)}}
}

// Entry returns a journal entry.
func Entry(id vcc.InteractionID, n int64) store.Entry {
	return store.Entry{At: noon.Add(time.Duration(n) * time.Second), Interaction: id, What: "alerting", Offer: 1,
		Agent: "005000000000001AAA", Why: fmt.Sprintf("event %d", n)}
}

// Cursor returns the cursor of a channel.
func Cursor(channel string, replay int64) omnichannel.Cursor {
	return omnichannel.Cursor{Channel: channel, Replay: replay}
}

// Turn returns what a turn of the loop stores for one event of the stream: the
// chain, the interaction, an effect, the cursor and why.
func Turn(id vcc.InteractionID, replay int64) store.Change {
	return store.Change{
		Chains:       []omnichannel.Chain{Chain(id)},
		Interactions: []vcc.Interaction{Interaction(id)},
		Effects:      []omnichannel.Effect{Effect(id, replay)},
		Cursors:      []omnichannel.Cursor{{Channel: "/topic/OmnibridgePSR", Replay: replay}},
		Journal:      []store.Entry{Entry(id, replay)},
	}
}
