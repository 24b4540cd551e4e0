package engine

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"omnibridge/vcc"
)

// Machine is the state of a routing engine. It is not safe for concurrent use:
// one goroutine owns it.
type Machine struct {
	cfg    Config
	plans  map[vcc.PlanID]*vcc.Plan
	hours  map[*vcc.Hours]opening // follows from now alone
	drafts drafts
	items  map[vcc.InteractionID]*item
	agents map[vcc.AgentID]*agent
	roster []vcc.AgentID // of agents, sorted
	// present counts the agents who are present in each channel.
	present map[vcc.Channel]int
	lines   map[string]*line
	// linesMost is from how many lines on those not in use are dropped.
	linesMost int
	// contacts tells who had to do with whom, as far back as sticky, the longest that
	// any plan asks for.
	contacts map[string]contact
	sticky   time.Duration
	forgetAt time.Time // when contacts are looked through again for old ones
	// directory lists agents and plans by name; nil: not asked for yet.
	directory []entry
	setup     vcc.Setup // of the org, as last told
	// queued counts what waits by plan.
	queued map[vcc.PlanID]int
	counts counts // statistics
	turns  uint64 // counts uses of lines, to find the one not used for longest
	timers timers
	// timersMost is from how many timers on those that no longer hold are looked for.
	timersMost int
	// leaseEnds is when panels that were not heard of since a restart count as lost.
	leaseEnds time.Time
	// lastIdle is the latest time any idle clock shows.
	lastIdle time.Time

	// What follows belongs to the step that runs.
	now           time.Time
	out           vcc.Output
	changed       []*item
	changedAgents []*agent
	desks         []*agent // whose panel may show something else now
	stale         []*agent // whose seats must be looked at before routing
	waiting       []*item  // began to wait in this step
	check         []*line  // lines in which somebody may be served now
	doubted       []*item  // that everybody may have refused by now
	thinned       []*line  // in which that may be so of what waits
}

// New returns an engine that knows no interaction and no agent. The error lists
// every fault of c, each with the field, its value and what to do about it.
func New(c Config) (*Machine, error) {
	c = c.WithDefaults()
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("configure the engine: %w", err)
	}
	m := &Machine{cfg: c, plans: make(map[vcc.PlanID]*vcc.Plan, len(c.Plans)), hours: map[*vcc.Hours]opening{}}
	for i := range m.cfg.Plans {
		p := &m.cfg.Plans[i]
		m.plans[p.ID] = p
		m.sticky = max(m.sticky, p.Sticky)
	}
	m.plans[consultPlan] = &vcc.Plan{ID: consultPlan, Label: "Consult", Priority: vcc.Normal, WrapUp: c.ConsultWrap}
	m.reset()
	return m, nil
}

// reset forgets everything but the configuration.
func (m *Machine) reset() {
	m.items = map[vcc.InteractionID]*item{}
	m.agents, m.roster = map[vcc.AgentID]*agent{}, nil
	m.present = map[vcc.Channel]int{}
	m.lines, m.linesMost = map[string]*line{}, maxLines
	m.queued = map[vcc.PlanID]int{}
	m.contacts = map[string]contact{}
	m.timers, m.directory, m.timersMost = nil, nil, fewTimers
	m.setup = vcc.Setup{}
	m.lastIdle, m.forgetAt = time.Time{}, time.Time{}
	m.stale, m.waiting, m.check = nil, nil, nil
	m.doubted, m.thinned = nil, nil
	m.resetCounts()
}

// Step applies reports in order, then everything that is due at now, then routes
// what became possible. Reports that make no sense change nothing: those that
// answer an offer that is not open are counted in Output.Late, the others leave a
// decision that says what was wrong with them. A report that repeats what is
// known does nothing. Should now go back, deadlines come that much later.
func (m *Machine) Step(now time.Time, reports []vcc.Report) vcc.Output {
	m.begin(now)
	for _, r := range reports {
		m.apply(r)
	}
	return m.finish()
}

func (m *Machine) begin(now time.Time) {
	m.now = now.Round(0) // without the monotonic reading, which is not stored
	m.out = vcc.Output{}
	m.newDay(m.now)
}

// finish is the second half of a step: deadlines, routing, and what to tell.
func (m *Machine) finish() vcc.Output {
	m.fire()
	m.route()
	m.prune()
	m.tally()
	for _, x := range m.changed {
		x.changed = false
		m.out.Interactions = append(m.out.Interactions, x.row.ID)
	}
	for _, a := range m.changedAgents {
		a.changed = false
		m.out.Agents = append(m.out.Agents, a.row.ID)
	}
	slices.Sort(m.out.Interactions)
	slices.Sort(m.out.Agents)
	m.tellDesks()
	m.changed, m.changedAgents = m.changed[:0], m.changedAgents[:0]
	out := m.out
	m.out = vcc.Output{}
	return out
}

// Next returns when Step is to be called next even if nothing is reported; false
// if there is no deadline.
func (m *Machine) Next() (time.Time, bool) {
	if len(m.timers) == 0 {
		return time.Time{}, false
	}
	return m.timers[0].at, true
}

// Interaction returns a copy of what is known of an interaction; false if it is
// not known, or was dropped. For a waiting one, Why tells what it waits for as
// things stand now.
func (m *Machine) Interaction(id vcc.InteractionID) (vcc.Interaction, bool) {
	x := m.items[id]
	if x == nil {
		return vcc.Interaction{}, false
	}
	return m.copyItem(x), true
}

// Agent returns a copy of what is known of an agent, with the load summed over
// the open legs; false if nothing was ever reported of them.
func (m *Machine) Agent(id vcc.AgentID) (vcc.Agent, bool) {
	a := m.agents[id]
	if a == nil {
		return vcc.Agent{}, false
	}
	return m.copyAgent(a), true
}

// Interactions yields every interaction that is known, in the order of their ids.
func (m *Machine) Interactions() iter.Seq[vcc.Interaction] {
	return func(yield func(vcc.Interaction) bool) {
		for _, id := range slices.Sorted(maps.Keys(m.items)) {
			if x := m.items[id]; x != nil && !yield(m.copyItem(x)) {
				return
			}
		}
	}
}

// Agents yields every agent who is known, in the order of their ids.
func (m *Machine) Agents() iter.Seq[vcc.Agent] {
	return func(yield func(vcc.Agent) bool) {
		for _, id := range slices.Clone(m.roster) {
			if a := m.agents[id]; a != nil && !yield(m.copyAgent(a)) {
				return
			}
		}
	}
}

func (m *Machine) copyItem(x *item) vcc.Interaction {
	row := x.row
	row.Legs = slices.Clone(row.Legs)
	row.Refusals = maps.Clone(row.Refusals)
	row.Work.Skills = slices.Clone(row.Work.Skills)
	row.Call = copyCall(row.Call)
	row.Owed = slices.Clone(row.Owed)
	if row.State == vcc.Waiting {
		row.Why = m.whyWaiting(x)
	}
	return row
}

func (m *Machine) copyAgent(a *agent) vcc.Agent {
	row := a.row
	row.Skills = slices.Clone(row.Skills)
	row.Omni.Channels = slices.Clone(row.Omni.Channels)
	row.CoolUntil = maps.Clone(row.CoolUntil)
	row.Notices = slices.Clone(row.Notices)
	row.Load = m.burden(a).load
	if !a.told {
		row.Omni = vcc.Presence{}
	}
	return row
}

// plan returns the plan of that name, which nobody changes.
func (m *Machine) plan(id vcc.PlanID) *vcc.Plan {
	if p, ok := m.plans[id]; ok {
		return p
	}
	return &m.cfg.DefaultPlan
}

// touch marks x as changed in this step.
func (m *Machine) touch(x *item) {
	for _, leg := range x.row.Legs {
		m.touchDesk(m.agents[leg.Agent])
	}
	if !x.changed {
		x.changed = true
		m.changed = append(m.changed, x)
	}
}

// touchAgent marks a as changed in this step, so that its seats are looked at.
func (m *Machine) touchAgent(a *agent) {
	m.touchDesk(a)
	if !a.changed {
		a.changed = true
		m.changedAgents = append(m.changedAgents, a)
	}
	if !a.stale {
		a.stale = true
		m.stale = append(m.stale, a)
	}
}

// touchDesk marks that a's panel may show something else after this step.
func (m *Machine) touchDesk(a *agent) {
	if a != nil && !a.deskStale {
		a.deskStale = true
		m.desks = append(m.desks, a)
	}
}

// tellDesks lists the desks that this step touched.
func (m *Machine) tellDesks() {
	for _, a := range m.desks {
		a.deskStale = false
		m.out.Desks = append(m.out.Desks, a.row.ID)
	}
	m.desks = m.desks[:0]
	slices.Sort(m.out.Desks)
}

// maxDetail bounds the words of the other side that are kept in a why.
const maxDetail = 200

func shorten(s string) string {
	if len(s) <= maxDetail {
		return s
	}
	return strings.ToValidUTF8(s[:maxDetail], "") + "..."
}
