package storetest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// model is a store in plain maps: what a store should hold, and which changes it
// should refuse.
type model struct {
	chains       map[vcc.InteractionID]omnichannel.Chain
	interactions map[vcc.InteractionID]vcc.Interaction
	agents       map[vcc.AgentID]vcc.Agent
	cursors      map[string]omnichannel.Cursor
	effects      []omnichannel.Effect
	journal      []store.Entry
}

// after returns the model after a change, and whether it keeps the rules.
func (m model) after(c store.Change) (model, bool) {
	n := model{maps.Clone(m.chains), maps.Clone(m.interactions), maps.Clone(m.agents), maps.Clone(m.cursors), slices.Clone(m.effects), slices.Clone(m.journal)}
	for _, id := range c.ForgetChains {
		delete(n.chains, id)
	}
	for _, id := range c.ForgetInteractions {
		delete(n.interactions, id)
	}
	n.effects = slices.DeleteFunc(n.effects, func(e omnichannel.Effect) bool { return slices.Contains(c.Done, e.ID) })
	for _, x := range c.Chains {
		n.chains[x.Interaction] = x
	}
	for _, x := range c.Interactions {
		n.interactions[x.ID] = x
	}
	for _, x := range c.Agents {
		n.agents[x.ID] = x
	}
	for _, x := range c.Cursors {
		n.cursors[x.Channel] = x
	}
	for _, x := range c.Effects {
		if i := slices.IndexFunc(n.effects, func(e omnichannel.Effect) bool { return e.ID == x.ID }); i >= 0 {
			n.effects[i] = x
		} else {
			n.effects = append(n.effects, x)
		}
	}
	n.journal = append(n.journal, c.Journal...)
	return n, n.sound()
}

func (m model) sound() bool {
	pushed := map[omnichannel.PSRID]bool{}
	for _, x := range m.chains {
		if x.State != omnichannel.Pushing && x.State != omnichannel.Alerting && x.State != omnichannel.Retracting {
			continue
		}
		if x.PSR != "" && pushed[x.PSR] {
			return false
		}
		pushed[x.PSR] = true
	}
	for _, x := range m.interactions {
		live, used := 0, map[int]bool{}
		for _, l := range x.Legs {
			if l.State != vcc.WrapUp {
				live++
			}
			if used[l.Offer] || l.Offer < 1 || l.Size < 1 || l.Size > 100 {
				return false
			}
			used[l.Offer] = true
		}
		if live > 1 {
			return false
		}
	}
	return true
}

func (m model) state() state {
	var s state
	for _, id := range slices.Sorted(maps.Keys(m.chains)) {
		s.Snapshot.Chains = append(s.Snapshot.Chains, m.chains[id])
	}
	for _, id := range slices.Sorted(maps.Keys(m.interactions)) {
		s.Snapshot.Interactions = append(s.Snapshot.Interactions, m.interactions[id])
	}
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
		s.Snapshot.Agents = append(s.Snapshot.Agents, m.agents[id])
	}
	for _, id := range slices.Sorted(maps.Keys(m.cursors)) {
		s.Snapshot.Cursors = append(s.Snapshot.Cursors, m.cursors[id])
	}
	s.Snapshot.Effects, s.Journal = m.effects, m.journal
	return s
}

// testModel applies random changes to a store and to the model, with a restart
// now and then: they refuse the same changes and hold the same rows.
func testModel(t *testing.T, b Backend) {
	ids := []vcc.InteractionID{"a", "b", "c", "d"}
	rapid.Check(t, func(rt *rapid.T) {
		s := b.Fresh(t)
		defer func() { s.Close() }() // the one that is open by then
		m := model{map[vcc.InteractionID]omnichannel.Chain{}, map[vcc.InteractionID]vcc.Interaction{}, map[vcc.AgentID]vcc.Agent{}, map[string]omnichannel.Cursor{}, nil, nil}
		for step := range rapid.IntRange(1, 8).Draw(rt, "steps") {
			c := drawChange(rt, ids, int64(step))
			next, sound := m.after(c)
			err := s.Commit(t.Context(), c)
			var refused *store.ConstraintError
			switch {
			case sound && err != nil:
				rt.Fatalf("step %d was refused: %v", step, err)
			case !sound && !asError(err, &refused):
				rt.Fatalf("step %d breaks a rule and got %v", step, err)
			case sound:
				m = next
			}
			if rapid.IntRange(0, 5).Draw(rt, "restart") == 0 {
				s = b.Again(t, s)
			}
			if d := diff(m.state(), stateOf(t, s)); d != "" {
				rt.Fatalf("after step %d (-model +store):\n%s", step, d)
			}
		}
	})
}

func drawChange(t *rapid.T, ids []vcc.InteractionID, step int64) store.Change {
	id := rapid.SampledFrom(ids)
	some := func(name string) int { return rapid.IntRange(0, 3).Draw(t, name) }
	var c store.Change
	for range some("chains") {
		x := Chain(id.Draw(t, "chain"))
		x.State = rapid.SampledFrom([]omnichannel.State{omnichannel.Announced, omnichannel.Pushing, omnichannel.Alerting, omnichannel.Retracting, omnichannel.InHand}).Draw(t, "state")
		x.PSR = rapid.SampledFrom([]omnichannel.PSRID{"", "p", "q", "r", "s", "t"}).Draw(t, "psr")
		x.Rev = int(step)
		c.Chains = append(c.Chains, x)
	}
	for range some("interactions") {
		x := Interaction(id.Draw(t, "interaction"))
		x.Why, x.Legs = fmt.Sprintf("step %d", step), nil
		for range rapid.IntRange(0, 2).Draw(t, "legs") {
			x.Legs = append(x.Legs, vcc.Leg{
				Offer: rapid.SampledFrom([]int{1, 2, 3, 4, 0}).Draw(t, "offer"), Agent: "x", Since: noon,
				State: rapid.SampledFrom([]vcc.State{vcc.WrapUp, vcc.Offered, vcc.Connected, vcc.Alerted}).Draw(t, "leg"),
				Size:  rapid.SampledFrom([]int{33, 1, 100, 101, 0}).Draw(t, "size"),
			})
		}
		c.Interactions = append(c.Interactions, x)
	}
	for range some("others") {
		agent := Agent(vcc.AgentID(id.Draw(t, "agent")))
		agent.Name = fmt.Sprint(step)
		c.Agents = append(c.Agents, agent)
		c.Cursors = append(c.Cursors, Cursor(string(id.Draw(t, "channel")), step))
		c.Effects = append(c.Effects, Effect(id.Draw(t, "effect"), int64(some("number"))))
		c.Journal = append(c.Journal, Entry(id.Draw(t, "entry"), step))
	}
	for range some("removals") / 2 {
		c.ForgetChains = append(c.ForgetChains, id.Draw(t, "forget chain"))
		c.ForgetInteractions = append(c.ForgetInteractions, id.Draw(t, "forget interaction"))
		c.Done = append(c.Done, Effect(id.Draw(t, "done"), int64(some("number"))).ID)
	}
	return c
}
