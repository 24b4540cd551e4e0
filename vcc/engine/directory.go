package engine

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"omnibridge/vcc"
)

// entry is an agent or a plan in the directory.
type entry struct {
	folded string // the name, without case
	agent  vcc.AgentID
	plan   vcc.PlanID
}

// compareEntries is the order of the directory: A to Z whatever the case, agents
// before plans of the same name, then by id (A30).
func compareEntries(a, b entry) int {
	return cmp.Or(
		cmp.Compare(a.folded, b.folded), cmp.Compare(a.plan, b.plan), cmp.Compare(a.agent, b.agent),
	)
}

// fold makes names comparable whatever their case, the same in every language.
func fold(name string) string { return strings.ToLower(name) }

// entryOf is an agent's entry.
func (m *Machine) entryOf(a *agent) entry {
	return entry{folded: fold(m.name(a.row.ID)), agent: a.row.ID}
}

// enlist puts a into the directory, if it is made already.
func (m *Machine) enlist(a *agent) {
	if m.directory != nil {
		e := m.entryOf(a)
		i, found := slices.BinarySearchFunc(m.directory, e, compareEntries)
		if !found { // else it was there as one of the org's people
			m.directory = slices.Insert(m.directory, i, e)
		}
	}
}

// rename gives a another name.
func (m *Machine) rename(a *agent, name string) {
	if i, found := slices.BinarySearchFunc(m.directory, m.entryOf(a), compareEntries); found {
		m.directory = slices.Delete(m.directory, i, i+1)
	}
	a.row.Name = name
	m.enlist(a)
	m.touchAgent(a)
}

// setUp takes how the org is set up. Who is renamed there is renamed here.
func (m *Machine) setUp(s vcc.Setup) {
	m.setup, m.directory = s, nil
	for _, id := range m.roster {
		if name := s.People[id]; name != "" && name != m.agents[id].row.Name {
			m.rename(m.agents[id], name)
		}
	}
}

// listed tells whether somebody can be chosen: one of the org's people, or an agent
// who is at work or may still be one (A26).
func (m *Machine) listed(id vcc.AgentID) bool {
	if _, person := m.setup.People[id]; person {
		return true
	}
	a := m.agents[id]
	return a != nil && (!m.setup.Whole || m.here(a))
}

// person returns an agent of the directory: who was never at work is logged out and
// has nothing.
func (m *Machine) person(id vcc.AgentID) *agent {
	if a := m.agents[id]; a != nil {
		return a
	}
	return &agent{row: vcc.Agent{ID: id, Name: m.setup.People[id]}}
}

// accepts tells whether x can go to a queue of the plan.
func (m *Machine) accepts(plan vcc.PlanID, x *item) bool {
	plans, told := m.setup.Takes[x.row.Work.Channel]
	return !told || slices.Contains(plans, plan)
}

// entries returns the directory, which is made when it is asked for first.
func (m *Machine) entries() []entry {
	if m.directory != nil {
		return m.directory
	}
	m.directory = make([]entry, 0, len(m.agents)+len(m.setup.People)+len(m.cfg.Plans))
	for _, a := range m.agents {
		m.directory = append(m.directory, m.entryOf(a))
	}
	for id, name := range m.setup.People {
		if m.agents[id] == nil {
			m.directory = append(m.directory, entry{folded: fold(cmp.Or(name, string(id))), agent: id})
		}
	}
	for _, p := range m.cfg.Plans {
		if m.transferable(p.ID) {
			m.directory = append(m.directory, entry{folded: fold(label(&p)), plan: p.ID})
		}
	}
	slices.SortFunc(m.directory, compareEntries)
	return m.directory
}

// defaultFound is how many options Find returns if nobody says (panel-ux, W7).
const defaultFound = 50

// Find returns who can be consulted about an interaction, or given it: agents, and
// plans where it can be transferred to one, in one list from A to Z (A30 to A32).
// Those that cannot be chosen now are in it and say why. Total counts all whose name
// has the text in it; a phone number that was typed is an option too, the first, and
// not counted. What cannot be transferred at all finds nobody: a call goes to who is
// consulted, a chat by Salesforce.
func (m *Machine) Find(s vcc.Search) vcc.Found {
	found := vcc.Found{Options: []vcc.Option{}}
	x := m.items[s.Interaction]
	consult := s.For == vcc.Consult
	if x == nil || !consult && (s.For != vcc.Transfer || x.row.Work.Class != vcc.NonLive) {
		return found
	}
	most := s.Most
	if most <= 0 {
		most = defaultFound
	}
	if number, ok := dialable(s.Text); ok && consult {
		o := vcc.Option{Number: number, Name: strings.TrimSpace(s.Text), Mark: "call"}
		if !m.cfg.Telephony {
			o.Off = "No telephony is configured"
		}
		found.Options = append(found.Options, o)
	}
	text := fold(strings.TrimSpace(s.Text))
	for _, e := range m.entries() {
		if e.agent == s.Agent && e.plan == "" || consult && e.plan != "" || !strings.Contains(e.folded, text) {
			continue
		}
		if e.plan != "" && !m.accepts(e.plan, x) {
			continue // no queue of it can own such a record (A31)
		}
		if e.plan == "" && !m.listed(e.agent) {
			continue
		}
		if found.Total++; len(found.Options) >= most {
			continue
		}
		if e.plan != "" {
			found.Options = append(found.Options, m.planOption(x, s.Agent, m.plans[e.plan]))
		} else {
			found.Options = append(found.Options, m.agentOption(x, s.Agent, m.person(e.agent), consult))
		}
	}
	return found
}

func (m *Machine) planOption(x *item, from vcc.AgentID, p *vcc.Plan) vcc.Option {
	o := vcc.Option{Plan: p.ID, Name: label(p), Mark: "plan", State: "Nobody waiting"}
	if n := m.queued[p.ID]; n > 0 {
		o.State = strconv.Itoa(n) + " waiting"
	}
	if !p.Hours.OpenAt(m.now) {
		o.State = "Closed now, " + strings.ToLower(o.State[:1]) + o.State[1:]
	}
	if no := m.mayGet(x, from, vcc.Target{Plan: p.ID}); no != nil {
		o.Off = sentence(no.text)
	}
	return o
}

// agentOption says how an agent stands, and whether they can be chosen. A consult
// rings now; a transfer waits for who is not free (A27).
func (m *Machine) agentOption(x *item, from vcc.AgentID, a *agent, consult bool) vcc.Option {
	o := vcc.Option{Agent: a.row.ID, Name: m.name(a.row.ID)}
	later := true
	switch {
	case !m.here(a) || consult && !a.loggedIn():
		o.Mark, o.State = "out", "Logged out"
	case a.onCall(nil) != nil:
		o.Mark, o.State = "working", "On a call"
	case a.loggedIn() && a.row.Blocked != nil:
		o.Mark, o.State = "blocked", "Blocked"
	case a.loggedIn() && a.row.State.Major != vcc.Ready:
		o.Mark, o.State = "away", a.row.State.String()
	case !m.room(m.burden(a), x.row.Work.Class, m.sizes(a).Of(x.row.Work.Class)):
		o.Mark, o.State = "working", "Busy"
	case len(a.open) > 0:
		o.Mark, o.State, later = "working", "Ready, at work", false
	default:
		o.Mark, o.State, later = "ready", "Ready", false
	}
	var no *denied
	switch {
	case consult:
		no = m.reachable(a)
	default:
		if later {
			o.State += ", takes it later"
		}
		no = m.mayGet(x, from, vcc.Target{Agent: a.row.ID})
	}
	if no != nil {
		o.Off = sentence(no.text)
	}
	return o
}

// sentence begins text with a capital.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
