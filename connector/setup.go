package connector

import (
	"maps"
	"slices"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// mostPeople bounds how many users of the org the engine is told of. Those that it
// knows as agents do not count.
const mostPeople = 10_000

// setUp tells the engine how the org is set up, if that is not as it was told before. The
// user by whom the daemon is logged in is nobody to give work to.
func (c *Core) setUp(t *turn, d omnichannel.Directory) {
	s := vcc.Setup{People: map[vcc.AgentID]string{}, Whole: true, Takes: c.policy.Takes(d)}
	for _, id := range slices.Sorted(maps.Keys(d.Users)) {
		if len(s.People) == mostPeople {
			s.Whole = false
			break
		}
		if id != d.Self && (c.isAgent == nil || c.isAgent(id)) {
			s.People[id] = d.Users[id]
		}
	}
	if s.Whole == c.setup.Whole && maps.Equal(s.People, c.setup.People) && maps.EqualFunc(s.Takes, c.setup.Takes, slices.Equal[[]vcc.PlanID]) {
		return
	}
	c.setup = s
	t.reports = append(t.reports, vcc.Report{Kind: vcc.SetUp, Setup: &s})
}
