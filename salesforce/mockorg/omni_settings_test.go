package mockorg

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestEverySwitchIsChecked: a position that does not exist is refused by the
// switch's name, and nothing moves.
func TestEverySwitchIsChecked(t *testing.T) {
	w := newWorld(t, nil)
	stand := w.o.Settings()
	for i := range reflect.TypeFor[Settings]().NumField() {
		f := reflect.TypeFor[Settings]().Field(i)
		s := stand
		switch v := reflect.ValueOf(&s).Elem().Field(i); v.Kind() {
		case reflect.String:
			v.SetString("sideways")
		default:
			v.SetInt(-1)
		}
		if err := w.o.SetSettings(s); err == nil || !strings.Contains(err.Error(), f.Tag.Get("json")+" is ") || w.o.Settings() != stand {
			t.Errorf("%s: %v, and it stands at %+v", f.Name, err, w.o.Settings())
		}
	}
}

// TestStateFromBeforeASwitch: what a saved state does not name stands as in a fresh
// org, and what it names need not.
func TestStateFromBeforeASwitch(t *testing.T) {
	w := newWorld(t, nil)
	w.switches(func(s *Settings) { s.GapFilter, s.Busy = "withhold", "release" })
	text := string(w.saved())
	older := regexp.MustCompile(`\s*"gap_filter": "withhold",`).ReplaceAllString(text, "")
	if older == text {
		t.Fatal("nothing was taken away")
	}
	w.becomes([]byte(older))
	if s := w.o.Settings(); s.GapFilter != "pass" || s.Busy != "release" {
		t.Errorf("it goes on with %+v", s)
	}
	if _, err := ReadState([]byte(strings.Replace(text, `"gap_filter"`, `"gap_fitler"`, 1))); err == nil {
		t.Error("a switch that does not exist was read")
	}
}

// TestSessionKey checks what LastDeclinedAgentSession may tell: the same agent
// in the same session, and nothing after the next login (salesforce-omni 3.4).
func TestSessionKey(t *testing.T) {
	for look, form := range map[string]string{"uuid": `^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, "text": `^[!-~]{200}$`} {
		w := newWorld(t, nil)
		w.switches(func(s *Settings) { s.SessionKey = look })
		w.online("ada")
		c := w.work("Case")
		decline := func() string {
			t.Helper()
			w.push(c.ID, "ada")
			w.must(w.o.Agent("ada").Decline("", ""))
			return w.get(c.PSR).str("LastDeclinedAgentSession")
		}
		first := decline()
		w.must(w.o.Agent("ada").Online("Available_Chat"))
		w.must(w.o.Agent("ada").Online("Available"))
		if again := decline(); !regexp.MustCompile(form).MatchString(first) || again != first {
			t.Errorf("within a session: %q, then %q", first, again)
		}
		w.must(w.o.Agent("ada").Offline())
		w.online("ada")
		if next := decline(); next == first {
			t.Errorf("after a new login the key is still %q", next)
		}
	}
}
