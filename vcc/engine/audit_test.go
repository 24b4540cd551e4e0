package engine

import (
	"fmt"
	"slices"

	"omnibridge/vcc"
)

// offersOf lists the offers of out, each as "interaction/number agent".
func offersOf(out vcc.Output) []string {
	var s []string
	for _, d := range out.Directives {
		if d.Kind == vcc.Offer {
			s = append(s, fmt.Sprintf("%s/%d %s", d.Interaction, d.Offer, d.Agent))
		}
	}
	return s
}

// audit compares every index of m with the rows it was made from, and the rows
// with what must always hold.
func audit(m *Machine) error {
	waiting := 0
	for id, x := range m.items {
		current := 0
		for _, leg := range x.row.Legs {
			if leg.State != vcc.WrapUp && !leg.Asker {
				current++
			}
			if !slices.Contains(m.agents[leg.Agent].open, x) {
				return fmt.Errorf("%s has a leg of %s, who does not know it", id, leg.Agent)
			}
		}
		if current > 1 {
			return fmt.Errorf("I1: %s has %d live offers: %+v", id, current, x.row.Legs)
		}
		if err := auditState(x, current); err != nil {
			return err
		}
		if err := auditRefused(m, x); err != nil {
			return err
		}
		if x.line != nil {
			waiting++
			if found := slices.Collect(x.line.waiting.all()); !slices.Contains(found, x) {
				return fmt.Errorf("%s is not found in its line", id)
			}
		}
		if x.began || x.changed || x.news != "" && x.line == nil {
			return fmt.Errorf("%s keeps marks of a step that is over", id)
		}
	}
	for _, l := range m.lines {
		waiting -= l.waiting.size
		if err := auditLine(m, l); err != nil {
			return err
		}
	}
	if waiting != 0 {
		return fmt.Errorf("%d more wait than stand in lines", waiting)
	}
	for id, a := range m.agents {
		for _, s := range a.seats {
			if m.lines[s.line.key] != s.line {
				return fmt.Errorf("%s has a seat in %s, which was dropped", id, s.line.key)
			}
		}
		for _, x := range a.open {
			if !slices.ContainsFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Agent == id }) {
				return fmt.Errorf("%s holds %s without a leg", id, x.row.ID)
			}
		}
	}
	return nil
}

// auditRefused holds that what was refused is found where that is looked for, and that
// nothing waits as if nothing had been which everybody has refused.
func auditRefused(m *Machine, x *item) error {
	does := vcc.WaitOn
	if x.line != nil {
		does = naiveWhenRefused(m, x)
	}
	want := 0
	if does != vcc.WaitOn {
		want = len(x.row.Refusals)
	}
	if x.refusers != want {
		return fmt.Errorf("%s stands among the refused with %d refusals, and has %d", x.row.ID, x.refusers, want)
	}
	if want == 0 {
		return nil
	}
	if found := slices.Collect(x.line.refused.all()); !slices.Contains(found, x) {
		return fmt.Errorf("%s is not found among the refused", x.row.ID)
	}
	if by, all := naiveAllRefused(m, x); all && (does != vcc.AskAgain || len(by) > 0) {
		return fmt.Errorf("%s waits, though everybody has refused it: %v", x.row.ID, x.row.Refusals)
	}
	return nil
}

func auditState(x *item, current int) error {
	if x.consults() && x.asker() != nil { // see auditCalls
		return nil
	}
	ok := false
	switch s := x.row.State; s {
	case vcc.Waiting:
		ok = x.line != nil && current == 0
	case vcc.Closed:
		ok = x.line == nil && len(x.row.Legs) == 0 && !x.row.ClosedAt.IsZero()
	case vcc.WrapUp:
		ok = x.line == nil && current == 0 && len(x.row.Legs) > 0
	default:
		ok = x.line == nil && current == 1 && x.row.Current().State == s
	}
	if !ok {
		return fmt.Errorf("%s is %q with legs %+v, in line %v", x.row.ID, x.row.State, x.row.Legs, x.line != nil)
	}
	return nil
}

func auditLine(m *Machine, l *line) error {
	if l.checked {
		return fmt.Errorf("line %s keeps a mark of a step that is over", l.key)
	}
	want := map[vcc.AgentID]bool{}
	staffed, unready, cools := 0, 0, 0
	for id, a := range m.agents {
		n := 0
		for _, s := range a.seats {
			if s.line == l {
				n++
			}
		}
		serves, could := naiveServes(m, a, l.demand), naiveCould(m, a, l.demand)
		if could != (n == 1) {
			return fmt.Errorf("%s has %d seats in %s, could serve it: %v", id, n, l.key, could)
		}
		if could && !serves {
			unready++
		}
		if serves {
			staffed++
			want[id] = naiveRoom(m, a, l.channel, l.class)
			if a.row.CoolUntil[l.channel].After(m.now) {
				cools++
			}
		}
	}
	if unready != l.count[unwilling] {
		return fmt.Errorf("line %s counts %d who take no work, there are %d", l.key, l.count[unwilling], unready)
	}
	// What a decision says of the others adds up (panel-ux 7.19).
	if staffed != l.staffed() || cools != l.count[cooling] {
		return fmt.Errorf("line %s counts %d agents, %d not asked for a moment; there are %d and %d", l.key, l.staffed(), l.count[cooling], staffed, cools)
	}
	var last *seat
	n := 0
	for s := range l.ready.all() {
		if !want[s.agent.row.ID] {
			return fmt.Errorf("%s is ready in %s without room", s.agent.row.ID, l.key)
		}
		if last != nil && compareSeats(last, s) >= 0 {
			return fmt.Errorf("line %s is out of order", l.key)
		}
		if !s.idle.Equal(s.agent.row.IdleSince) {
			return fmt.Errorf("%s sits in %s with an old clock", s.agent.row.ID, l.key)
		}
		last = s
		n++
	}
	for _, ready := range want {
		if ready {
			n--
		}
	}
	if n != 0 || l.ready.size != l.count[ready] {
		return fmt.Errorf("line %s: %d ready agents too many", l.key, n)
	}
	return nil
}
