package engine

import (
	"fmt"
	"slices"
	"strings"

	"omnibridge/vcc"
)

// roomLeft says how much more of each class a could take.
func (m *Machine) roomLeft(a *agent) string {
	b := m.burden(a)
	if b.load > vcc.FullCapacity {
		return fmt.Sprintf("%d of %d percent: no new work until it is below", b.load, vcc.FullCapacity)
	}
	var parts []string
	for _, class := range vcc.Classes {
		size, n := m.sizes(a).Of(class), 0
		for more := b; m.room(more, class, size); n++ {
			more.load += size
			switch class {
			case vcc.Live:
				more.live++
			case vcc.SemiLive:
				more.semiLive++
			}
		}
		parts = append(parts, fmt.Sprintf("%d %s", n, class))
	}
	return fmt.Sprintf("%d percent free: room for %s", vcc.FullCapacity-b.load, strings.Join(parts, " or "))
}

// whyNoWork says why a gets no new work; empty: a would get it.
func (m *Machine) whyNoWork(a *agent) string {
	if why := m.whyUnwilling(a); why != "" {
		return why
	}
	b, p := m.burden(a), a.row.Omni
	switch {
	case b.load > vcc.FullCapacity:
		return fmt.Sprintf("%d of %d percent in use", b.load, vcc.FullCapacity)
	case !slices.ContainsFunc(vcc.Classes, func(c vcc.Class) bool { return m.room(b, c, m.sizes(a).Of(c)) }):
		return fmt.Sprintf("%d of %d percent in use, and nothing more fits", b.load, vcc.FullCapacity)
	case !a.told:
		return "Omni-Channel was not heard of yet: calls only"
	case !p.Online:
		return "Omni-Channel is offline: calls only"
	case len(p.Channels) == 0:
		return fmt.Sprintf("status %s in Omni-Channel takes no work: calls only", p.Status)
	default:
		return ""
	}
}

// whyUnwilling says why a takes no new work as far as ContactPad goes.
func (m *Machine) whyUnwilling(a *agent) string {
	r := a.row
	switch {
	case !a.loggedIn() && r.SignedOff && (r.Omni.Online || !a.told):
		return "logged out of ContactPad, and still online in Omni-Channel"
	case !a.loggedIn() && m.cfg.PadRequired:
		return "not logged in to ContactPad"
	case !a.loggedIn() && !available(r.Omni):
		return "not logged in to ContactPad, and not available in Omni-Channel"
	case !a.loggedIn():
		return ""
	case r.State.Major != vcc.Ready:
		return r.State.String() + m.since(r.StateSince)
	case r.Intended != nil:
		return r.Intended.String() + " when the open work has ended"
	case r.Blocked != nil && r.Blocked.Until.IsZero():
		return r.Blocked.Reason
	case r.Blocked != nil:
		return r.Blocked.Reason + ", until " + m.clock(r.Blocked.Until)
	case !a.panelAlive():
		why := "ContactPad not reachable" + m.since(r.Panel.Since)
		if r.Panel.Why != "" {
			why += ": " + r.Panel.Why
		}
		return why
	case m.loginStale(a):
		return "nothing was done in ContactPad" + m.since(latest(r.ActiveAt, r.StateSince))
	default:
		return ""
	}
}
