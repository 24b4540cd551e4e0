package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// asError is errors.As without the value that would have to be declared twice.
func asError[E error](err error, target *E) bool { return errors.As(err, target) }

func cursors(c ...omnichannel.Cursor) []omnichannel.Cursor { return c }

// testRoundTrip stores rows in which every field is set, and reads them back.
func testRoundTrip(t *testing.T, b Backend) {
	s := b.Fresh(t)
	var c store.Change
	fill(t, reflect.ValueOf(&c).Elem(), "Change")
	// Fields that the schema looks at.
	c.Chains[0].State = omnichannel.Retracting
	c.Interactions[0].State, c.Interactions[0].Legs[0].State = vcc.Connected, vcc.Connected
	c.ForgetChains, c.ForgetInteractions, c.Done = nil, nil, nil
	c.Agents[0].Load, c.Agents[0].Panel = 0, vcc.Panel{} // derived, or told anew; never stored
	commit(t, s, c)
	want := state{store.Snapshot{Chains: c.Chains, Interactions: c.Interactions, Agents: c.Agents, Effects: c.Effects, Cursors: c.Cursors, Day: *c.Day}, c.Journal}
	for _, when := range []string{"at once", "after a restart"} {
		if d := diff(want, stateOf(t, s)); d != "" {
			t.Errorf("%s (-want +got):\n%s", when, d)
		}
		s = b.Again(t, s)
	}
}

// fill sets every field of v to something that is not its zero value.
func fill(t *testing.T, v reflect.Value, path string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("ü " + path)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), path)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, path)
		fill(t, value, path)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), path)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	default:
		t.Fatalf("%s: cannot fill a %s", path, v.Kind())
	}
}

// testEveryState: the schema lists the states; none may be missing.
func testEveryState(t *testing.T, b Backend) {
	s := b.Fresh(t)
	for _, st := range []omnichannel.State{omnichannel.Sighted, omnichannel.Held, omnichannel.Announced, omnichannel.Pushing, omnichannel.Alerting,
		omnichannel.Retracting, omnichannel.InHand, omnichannel.Closing, omnichannel.Requeueing, omnichannel.Gone} {
		x := Chain("a")
		x.State = st
		commit(t, s, store.Change{Chains: []omnichannel.Chain{x}})
	}
	for _, st := range []vcc.State{vcc.Waiting, vcc.Offered, vcc.Alerted, vcc.Connected, vcc.WrapUp, vcc.Closed} {
		x := Interaction("a")
		x.State = st
		if st == vcc.Waiting || st == vcc.Closed {
			x.Legs = nil
		} else {
			x.Legs[0].State = st
		}
		commit(t, s, store.Change{Interactions: []vcc.Interaction{x}})
	}
}

func testReplace(t *testing.T, b Backend) {
	s := b.Fresh(t)
	commit(t, s, Turn("a", 1))
	commit(t, s, store.Change{Agents: []vcc.Agent{Agent("x"), Agent("y")}})
	// The first agent wraps up, a second one has it.
	x := Interaction("a")
	x.State, x.Offers, x.Refusals = vcc.Connected, 2, nil
	x.Legs[0].State = vcc.WrapUp
	x.Legs = append(x.Legs, vcc.Leg{Offer: 2, Agent: "x", State: vcc.Connected, Size: 100, Since: noon})
	chain := Chain("a")
	chain.State, chain.Past, chain.Heir = omnichannel.InHand, nil, &omnichannel.Heir{Work: "0Bz", Agent: "y"}
	offline := Agent("x")
	offline.Omni, offline.Skills = vcc.Presence{}, nil
	commit(t, s, store.Change{Interactions: []vcc.Interaction{x}, Chains: []omnichannel.Chain{chain}, Agents: []vcc.Agent{offline}})
	got := stateOf(t, b.Again(t, s)).Snapshot
	want := store.Snapshot{Chains: []omnichannel.Chain{chain}, Interactions: []vcc.Interaction{x}, Agents: []vcc.Agent{offline, Agent("y")},
		Effects: []omnichannel.Effect{Effect("a", 1)}, Cursors: cursors(Cursor("/topic/OmnibridgePSR", 1))}
	if d := diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func testForget(t *testing.T, b Backend) {
	s := b.Fresh(t)
	commit(t, s, Turn("a", 1))
	commit(t, s, Turn("b", 2))
	unknown := store.Change{ForgetChains: []vcc.InteractionID{"z"}, ForgetInteractions: []vcc.InteractionID{"z"}, Done: []string{"z/1"}}
	before := stateOf(t, s)
	commit(t, s, unknown)
	if d := diff(before, stateOf(t, s)); d != "" {
		t.Errorf("forgetting what is not known changed (-before +after):\n%s", d)
	}
	// b is forgotten and comes back in one change; its legs do not collide with
	// those it had.
	back := Turn("b", 3)
	back.ForgetChains, back.ForgetInteractions = []vcc.InteractionID{"a", "b"}, []vcc.InteractionID{"a", "b"}
	back.Effects, back.Done = back.Effects[:1], []string{"a/1", "b/2"}
	commit(t, s, back)
	got := stateOf(t, b.Again(t, s))
	want := store.Snapshot{Chains: back.Chains, Interactions: back.Interactions, Effects: back.Effects, Cursors: back.Cursors}
	if d := diff(want, got.Snapshot); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(got.Journal) != 3 {
		t.Errorf("journal has %d entries: what is forgotten stays in it", len(got.Journal))
	}
}

func testOutbox(t *testing.T, b Backend) {
	s := b.Fresh(t)
	ids := func() (out []string) {
		for _, e := range stateOf(t, s).Snapshot.Effects {
			out = append(out, fmt.Sprintf("%s %s", e.ID, e.Kind))
		}
		return out
	}
	expect := func(want ...string) {
		t.Helper()
		if d := diff(want, ids()); d != "" {
			t.Errorf("outbox (-want +got):\n%s", d)
		}
	}
	effect := func(id string, kind omnichannel.EffectKind) omnichannel.Effect {
		return omnichannel.Effect{ID: id, Kind: kind}
	}
	// Not in the order of their ids: in the order in which they were decided.
	commit(t, s, store.Change{Effects: []omnichannel.Effect{effect("c", "1"), effect("a", "2"), effect("b", "3")}})
	expect("c 1", "a 2", "b 3")
	commit(t, s, store.Change{Done: []string{"a"}, Effects: []omnichannel.Effect{effect("d", "4"), effect("c", "5")}})
	expect("c 5", "b 3", "d 4")
	// Removed and given again: it goes to the end.
	commit(t, s, store.Change{Done: []string{"c"}, Effects: []omnichannel.Effect{effect("c", "6")}})
	s = b.Again(t, s)
	expect("b 3", "d 4", "c 6")
	commit(t, s, store.Change{Done: []string{"b", "c", "d"}})
	expect()
	commit(t, s, store.Change{Effects: []omnichannel.Effect{effect("a", "7")}})
	expect("a 7")
}

func testLastRow(t *testing.T, b Backend) {
	s := b.Fresh(t)
	first, last := Turn("a", 1), Turn("a", 2)
	last.Chains[0].State, last.Interactions[0].Legs[0].State, last.Effects = omnichannel.Announced, vcc.WrapUp, nil
	var c store.Change
	for _, turn := range []store.Change{first, last} {
		c.Chains = append(c.Chains, turn.Chains...)
		c.Interactions = append(c.Interactions, turn.Interactions...)
		c.Cursors = append(c.Cursors, turn.Cursors...)
	}
	commit(t, s, c)
	want := store.Snapshot{Chains: last.Chains, Interactions: last.Interactions, Cursors: last.Cursors}
	if d := diff(want, stateOf(t, s).Snapshot); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// endedAfter is a context that ends after its error was asked for so often.
type endedAfter struct {
	context.Context
	left atomic.Int64
}

func (c *endedAfter) Err() error {
	if c.left.Add(-1) < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// testEnded ends a change before, between and after its statements: it is
// applied whole or not at all.
func testEnded(t *testing.T, b Backend) {
	s := b.Fresh(t)
	commit(t, s, Turn("a", 1))
	before := stateOf(t, s)
	c := Turn("b", 2)
	c.ForgetChains, c.ForgetInteractions, c.Done = []vcc.InteractionID{"a"}, []vcc.InteractionID{"a"}, []string{"a/1"}
	c.Agents = []vcc.Agent{Agent("x")}
	for n := int64(0); ; n++ {
		ctx := &endedAfter{Context: t.Context()}
		ctx.left.Store(n)
		err := s.Commit(ctx, c)
		if err == nil {
			if n < 8 {
				t.Errorf("the change was applied though its context had ended after %d questions", n)
			}
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("ended after %d: %v", n, err)
		}
		if d := diff(before, stateOf(t, s)); d != "" {
			t.Fatalf("ended after %d, and half of it is stored (-before +after):\n%s", n, d)
		}
		if n > 1000 {
			t.Fatal("never applied")
		}
	}
	if got := stateOf(t, s).Snapshot; len(got.Chains) != 1 || got.Chains[0].Interaction != "b" {
		t.Errorf("after all: %+v", got.Chains)
	}
	ended, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for op, err := range map[string]error{
		"Commit":  s.Commit(ended, Turn("c", 3)),
		"BindOrg": s.BindOrg(ended, "00D"),
		"Check":   s.Check(ended),
	} {
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s after the deadline: %v", op, err)
		}
	}
}

// testConcurrent commits, reads and prunes at once; each change is seen whole.
func testConcurrent(t *testing.T, b Backend) {
	s := b.Fresh(t)
	const writers, each = 4, 25
	var wg, done sync.WaitGroup
	stop := make(chan struct{})
	for w := range writers {
		wg.Go(func() {
			id := vcc.InteractionID(fmt.Sprintf("w%d", w))
			for n := range int64(each) {
				c := Turn(id, n+1)
				c.Chains[0].Rev = int(n + 1)
				c.Cursors[0].Channel = string(id)
				if err := s.Commit(t.Context(), c); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			}
		})
	}
	done.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			snap, err := s.Load(t.Context())
			if err != nil {
				t.Errorf("Load: %v", err)
				return
			}
			at := map[string]int64{}
			for _, c := range snap.Cursors {
				at[c.Channel] = c.Replay
			}
			for _, c := range snap.Chains {
				if at[string(c.Interaction)] != int64(c.Rev) {
					t.Errorf("chain %s is at %d, its cursor at %d", c.Interaction, c.Rev, at[string(c.Interaction)])
				}
			}
			if _, err := s.Prune(t.Context(), noon); err != nil {
				t.Errorf("Prune: %v", err)
			}
		}
	})
	wg.Wait()
	close(stop)
	done.Wait()
	if n := len(journal(t, s, store.JournalQuery{})); n != writers*each {
		t.Errorf("journal has %d entries, want %d", n, writers*each)
	}
}

func testLarge(t *testing.T, b Backend) {
	s := b.Fresh(t)
	const n = 300
	var c store.Change
	for i := range int64(n) {
		turn := Turn(vcc.InteractionID(fmt.Sprintf("i%05d", i)), i)
		c.Chains = append(c.Chains, turn.Chains...)
		c.Interactions = append(c.Interactions, turn.Interactions...)
		c.Effects = append(c.Effects, turn.Effects...)
		c.Journal = append(c.Journal, turn.Journal...)
		c.Agents = append(c.Agents, Agent(vcc.AgentID(fmt.Sprintf("a%05d", i))))
		c.Cursors = append(c.Cursors, Cursor(fmt.Sprintf("c%05d", i), i))
	}
	commit(t, s, c)
	want := state{store.Snapshot{Chains: c.Chains, Interactions: c.Interactions, Agents: c.Agents, Effects: c.Effects, Cursors: c.Cursors}, c.Journal}
	if d := diff(want, stateOf(t, b.Again(t, s))); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
