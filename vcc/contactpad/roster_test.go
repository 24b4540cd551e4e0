package contactpad

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestOnePanelIsPrimary drives a roster through any story, and holds: a primary
// panel lives and has a place; there is one exactly if any panel lives; it moves
// only when it died, was closed, or the agent wanted another.
func TestOnePanelIsPrimary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
		r := roster{lease: 30 * time.Second}
		id := rapid.Custom(func(t *rapid.T) string { return fmt.Sprintf("panel-%d", rapid.IntRange(0, 4).Draw(t, "n")) })
		var moved string // who was asked for
		before := func() (string, bool) {
			if r.primary == nil {
				return "", false
			}
			return r.primary.id, r.primary.alive(now) && slices.Contains(r.places, r.primary)
		}
		act := func(f func()) func(*rapid.T) {
			return func(t *rapid.T) {
				f()
				r.expire(now)
			}
		}
		was := ""
		t.Repeat(map[string]func(*rapid.T){
			"join":   func(t *rapid.T) { x := id.Draw(t, "id"); act(func() { r.join(x, now) })(t) },
			"answer": func(t *rapid.T) { x := id.Draw(t, "id"); act(func() { r.answered(x, now) })(t) },
			"lose":   func(t *rapid.T) { x := id.Draw(t, "id"); act(func() { r.lost(x, now) })(t) },
			"leave":  func(t *rapid.T) { x := id.Draw(t, "id"); act(func() { r.leave(x, now) })(t) },
			"claim": func(t *rapid.T) {
				x := id.Draw(t, "id")
				moved = x
				act(func() { r.claim(x, now) })(t)
			},
			"wait": func(t *rapid.T) {
				d := time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second
				act(func() { now = now.Add(d) })(t)
			},
			"": func(t *rapid.T) {
				living := 0
				for _, p := range r.places {
					if p.alive(now) {
						living++
					}
				}
				is, good := before()
				switch {
				case living == 0 && is != "":
					t.Fatalf("%s is primary, but none lives", is)
				case living > 0 && !good:
					t.Fatalf("%d panels live, but %q is primary", living, is)
				}
				if old := r.find(was); was != "" && is != was && old != nil && old.alive(now) && moved != is {
					// The old one lives: it may have died between, but not within one step.
					t.Fatalf("%s was primary and lives, but %s is it now", was, is)
				}
				if living > 0 && !r.alive(now) {
					t.Fatal("a panel lives, but the agent has no lease")
				}
				was, moved = is, ""
			},
		})
	})
}

// TestPrimaryMoves tells the stories that agents see.
func TestPrimaryMoves(t *testing.T) {
	start := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	for name, test := range map[string]struct {
		story  func(r *roster)
		now    int
		want   string
		reason string
	}{
		"the first":                      {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)) }, 2, "a", "opened"},
		"it is closed":                   {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)); r.leave("a", at(2)) }, 3, "b", "lost"},
		"its connection broke, not long": {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)); r.lost("a", at(2)) }, 20, "a", "opened"},
		"its connection broke, for long": {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)); r.lost("a", at(2)); r.answered("b", at(29)) }, 30, "b", "lost"},
		"it came back in time":           {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)); r.lost("a", at(2)); r.join("a", at(29)) }, 30, "a", "opened"},
		"it does not answer":             {func(r *roster) { r.join("a", at(0)); r.join("b", at(20)) }, 30, "b", "lost"},
		"it answers too late":            {func(r *roster) { r.join("a", at(0)); r.join("b", at(20)); r.expire(at(30)); r.answered("a", at(31)) }, 32, "b", "lost"},
		"the agent moved it":             {func(r *roster) { r.join("a", at(0)); r.join("b", at(1)); r.claim("b", at(2)) }, 3, "b", "moved"},
		"the one with a console": {func(r *roster) {
			r.join("a", at(0))
			r.join("b", at(1))
			r.join("c", at(1)).console = true
			r.leave("a", at(2))
		}, 3, "c", "lost"},
		"all are gone":                  {func(r *roster) { r.join("a", at(0)); r.leave("a", at(1)) }, 2, "", ""},
		"a new one after all were gone": {func(r *roster) { r.join("a", at(0)); r.leave("a", at(1)); r.join("b", at(2)) }, 3, "b", "opened"},
	} {
		t.Run(name, func(t *testing.T) {
			r := roster{lease: 30 * time.Second}
			test.story(&r)
			r.expire(at(test.now))
			got := ""
			if r.primary != nil {
				got = r.primary.id
			}
			if got != test.want || got != "" && r.reason != test.reason {
				t.Errorf("primary is %q (%s), want %q (%s)", got, r.reason, test.want, test.reason)
			}
		})
	}
}

func TestAgentsLeaseOutlivesAPageThatIsLoadedAnew(t *testing.T) {
	now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	r := roster{lease: 30 * time.Second}
	r.join("a", now)
	r.leave("a", now.Add(time.Second))
	if !r.alive(now.Add(29 * time.Second)) {
		t.Error("lapsed with the page")
	}
	if r.alive(now.Add(30 * time.Second)) {
		t.Error("did not lapse")
	}
}
