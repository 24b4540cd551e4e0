package store

import (
	"cmp"
	"fmt"
	"slices"

	"omnibridge/vcc"
)

// What was counted today is kept as documents of these kinds.
const (
	dayKind   = "day"       // one, of the whole
	planKind  = "day plan"  // by plan
	agentKind = "day agent" // by agent
	dayName   = "today"
)

// day keeps what was counted. A plan whose name the databases would not take as it is goes
// without: a name from outside must not stop the loop.
func (w *writer) day(c *Change) error {
	if c.Day == nil {
		return nil
	}
	put := func(kind, name string, v any) error {
		if name == "" || !storable(name) {
			return nil
		}
		doc, err := encode(kind, name, v)
		if err != nil {
			return err
		}
		if err := w.exec(putKept, kind, name, doc); err != nil {
			return fmt.Errorf("keep %s %s: %w", kind, name, err)
		}
		return nil
	}
	for i := range c.Day.Plans {
		if err := put(planKind, "plan "+string(c.Day.Plans[i].Plan), &c.Day.Plans[i]); err != nil {
			return err
		}
	}
	for i := range c.Day.Agents {
		if err := put(agentKind, string(c.Day.Agents[i].Agent), &c.Day.Agents[i]); err != nil {
			return err
		}
	}
	return put(dayKind, dayName, c.Day)
}

// day reads what was counted.
func (r reader) day(into *vcc.DayCounts) error {
	var whole []vcc.DayCounts
	query := func(kind string) string { return `SELECT name, doc FROM kept WHERE kind = '` + kind + `'` }
	if err := docs(r, &whole, dayKind, query(dayKind)); err != nil || len(whole) == 0 {
		return err
	}
	*into = whole[0]
	if err := docs(r, &into.Plans, planKind, query(planKind)); err != nil {
		return err
	}
	if err := docs(r, &into.Agents, agentKind, query(agentKind)); err != nil {
		return err
	}
	slices.SortFunc(into.Plans, func(a, b vcc.PlanDay) int { return cmp.Compare(a.Plan, b.Plan) })
	slices.SortFunc(into.Agents, func(a, b vcc.AgentDay) int { return cmp.Compare(a.Agent, b.Agent) })
	return nil
}
