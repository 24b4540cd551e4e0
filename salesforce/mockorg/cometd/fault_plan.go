package cometd

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// What a script is called in lists, the outcome that is none, and how many a
// script may have.
const (
	scripted  = "script"
	unharmed  = "ok"
	maxScript = 1_000
)

// armed is a fault in force. Count, After and Script go down as it is used.
type armed struct {
	Fault
	on     []string // messages that fit
	script []string // the whole of it
	chance *rand.Rand
}

// FaultNames tells what faults there are, by name, and what each does.
func FaultNames() map[string]string {
	about := make(map[string]string, len(kinds))
	for name, k := range kinds {
		about[name] = k.about
	}
	return about
}

// Arm makes a fault strike. On an error nothing is armed.
func (s *Server) Arm(f Fault) error {
	f.Script = slices.Clone(f.Script)
	if f.Name == "" && len(f.Script) > 0 {
		f.Name = scripted
	}
	if err := f.validate(); err != nil {
		return fmt.Errorf("arm streaming fault %.40q: %w", f.Name, err)
	}
	on, err := f.messages()
	if err != nil {
		return fmt.Errorf("arm streaming fault %.40q: %w", f.Name, err)
	}
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &armed{Fault: f, on: on, script: f.Script, chance: rand.New(rand.NewPCG(s.faultSeed, s.faultsArmed))})
	s.faultsArmed++
	for _, c := range s.clients {
		c.rouse()
	}
	return nil
}

// outcomes are the names of what a fault may do.
func (f *Fault) outcomes() []string {
	if f.Name == scripted {
		return f.Script
	}
	return []string{f.Name}
}

// validate tells what is wrong with a fault, the messages that it is for apart.
func (f *Fault) validate() error {
	switch {
	case f.Name != scripted && len(f.Script) > 0:
		return fmt.Errorf("it has a script too; leave the name out, or write the name into the script")
	case f.Name == scripted && (len(f.Script) == 0 || len(f.Script) > maxScript):
		return fmt.Errorf("the script has %d outcomes; give it 1 to %d, such as [\"ok\",\"http-503\"]", len(f.Script), maxScript)
	case f.Name == scripted && f.Probability != 0:
		return fmt.Errorf("a script leaves nothing to chance; leave the probability out")
	case !(f.Probability >= 0 && f.Probability <= 1): // not a number included
		return fmt.Errorf("probability is %v; use more than 0 and at most 1, or leave it out", f.Probability)
	case f.After < 0:
		return fmt.Errorf("after is %d; it must not be negative", f.After)
	}
	for _, name := range f.outcomes() {
		if _, known := kinds[name]; !known && (name != unharmed || f.Name != scripted) {
			return fmt.Errorf("there is no such fault as %.40q; use one of %s", name, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
		}
	}
	return nil
}

// messages tells which messages a fault is for.
func (f *Fault) messages() ([]string, error) {
	every := []string{handshake, connect, subscribe, unsubscribe, disconnect}
	if f.On != "" && !slices.Contains(every, f.On) {
		return nil, fmt.Errorf("on is %.40q; use handshake, connect, subscribe, unsubscribe, disconnect or nothing", f.On)
	}
	common := every
	for _, name := range f.outcomes() {
		k, known := kinds[name]
		switch {
		case !known: // ok
			continue
		case f.On != "" && f.On != subscribe && k.stage == onReplay:
			return nil, fmt.Errorf("on is %q; only a subscribe carries a replay id", f.On)
		case f.On != "" && f.On != connect && k.stage == onEvents:
			return nil, fmt.Errorf("on is %q; only connects bring a session its events", f.On)
		}
		common = slices.DeleteFunc(slices.Clone(common), func(on string) bool { return !slices.Contains(k.on, on) })
	}
	switch {
	case f.On != "":
		return []string{f.On}, nil
	case len(common) == 0:
		return nil, fmt.Errorf("the outcomes of the script are for different messages; say by on which it is for")
	case len(common) == len(every):
		return polls, nil // nothing but ok
	}
	return common, nil
}

// SeedFaults sets what the chances of the faults armed from now on are drawn
// from, as if none had been armed before.
func (s *Server) SeedFaults(seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultSeed, s.faultsArmed = seed, 0
}

// Disarm takes back all faults of that name, or all faults if the name is empty,
// and returns how many there were. Scripts are called script. Requests that
// silence swallowed are answered, and sessions from which events are withheld get
// them.
func (s *Server) Disarm(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(a *armed) bool { return name == "" || a.Name == name })
	if name == "" || name == "silence" {
		close(s.quiet)
		s.quiet = make(chan struct{})
	}
	if name == "" || name == "withhold" {
		for _, c := range s.clients {
			c.mute = false
			c.rouse()
		}
	}
	return before - len(s.faults)
}

// Faults lists what is armed, oldest first: Count, After and Script are what is
// left of them.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Fault, 0, len(s.faults))
	for _, a := range s.faults {
		f := a.Fault
		f.Script = slices.Clone(a.Script)
		all = append(all, f)
	}
	return all
}

// next uses the fault on a message that fits and returns what happens: the name of
// a fault, unharmed if the script says so, or nothing.
func (a *armed) next() (outcome string) {
	switch {
	case a.After > 0:
		a.After--
		return ""
	case a.Probability > 0 && a.chance.Float64() >= a.Probability:
		return ""
	case a.Name == scripted:
		outcome, a.Script = a.Script[0], a.Script[1:]
		if len(a.Script) > 0 {
			return outcome
		}
		a.Script = a.script
	default:
		outcome = a.Name
	}
	if a.Count > 0 {
		a.Count--
	}
	return outcome
}
