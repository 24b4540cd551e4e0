package cometd

import "slices"

// fates is what the faults have made of the messages of one exchange, so that each
// fault looks at each message once.
type fates struct {
	scripted map[int]string // by the message's place; unharmed once it has happened
	spared   map[spared]bool
}

// spared is a fault that did not strike a message.
type spared struct {
	fault *armed
	place int
}

// strike returns the name of the fault that strikes a message at this stage, or
// nothing: what a script has decided for it, or else the oldest fault that strikes.
// The server is locked.
func (x *exchange) strike(at stage, m message) string {
	s := x.s
	for i := 0; i < len(s.faults) && x.fates.scripted[m.place] == ""; i++ {
		a := s.faults[i]
		look := spared{a, m.place}
		if x.fates.spared[look] || a.Name != scripted && kinds[a.Name].stage != at || !a.fits(m, x.user) {
			continue
		}
		outcome := a.next()
		if a.Count == 0 {
			s.faults = slices.Delete(s.faults, i, i+1)
			i--
		}
		switch {
		case outcome == "":
			x.fates.spare(look)
		case a.Name != scripted:
			return x.struckBy(outcome, m)
		default:
			x.fates.decide(m.place, outcome)
		}
	}
	outcome := x.fates.scripted[m.place]
	if outcome == "" || outcome == unharmed || kinds[outcome].stage != at {
		return ""
	}
	x.fates.decide(m.place, unharmed)
	return x.struckBy(outcome, m)
}

func (x *exchange) struckBy(fault string, m message) string {
	x.s.o.Log.Debug("streaming fault fired", "fault", fault, "on", m.kind(), "user", x.user)
	return fault
}

func (a *armed) fits(m message, user string) bool {
	return (a.User == "" || a.User == user) && slices.Contains(a.on, m.kind())
}

func (f *fates) decide(place int, outcome string) {
	if f.scripted == nil {
		f.scripted = map[int]string{}
	}
	f.scripted[place] = outcome
}

func (f *fates) spare(look spared) {
	if f.spared == nil {
		f.spared = map[spared]bool{}
	}
	f.spared[look] = true
}
