package mockorg

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestIDChecksum(t *testing.T) {
	// Seen in a record of a real org (salesforce-omni 10).
	const long = "0JR5i000001OXSgGAO"
	if got := longID(long[:15]); got != long {
		t.Errorf("longID(%s) is %s, want %s", long[:15], got, long)
	}
}

func TestParseID(t *testing.T) {
	for text, want := range map[string]string{
		"0JR5i000001OXSg":     "0JR5i000001OXSgGAO",
		"0JR5i000001OXSgGAO":  "0JR5i000001OXSgGAO",
		"0jr5I000001oxsGGAO":  "0JR5i000001OXSgGAO", // the check characters bring the case back
		"0JR5i000001OXSgGAA":  "0JR5i000001oxsgGAA", // another id, and a well-formed one
		"0JR5i000001OXSgZAO":  "",                   // says that the digit 5 is upper case
		"0JR5i000001OXSg!AO":  "",
		"0JR5i000001OXS":      "",
		"0JR5i000001OXSgGAO1": "",
		"":                    "",
		"0JR5i0000-1OXSg":     "",
	} {
		got, ok := parseID(text)
		if got != want || ok != (want != "") {
			t.Errorf("parseID(%q) is %q, %v; want %q", text, got, ok, want)
		}
	}
}

func TestIDsSurviveLossOfCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := makeID("0Bz", rapid.Uint64Range(0, 1<<47).Draw(t, "number"))
		spoiled := strings.ToLower(id[:15]) + id[15:]
		if rapid.Bool().Draw(t, "upper") {
			spoiled = strings.ToUpper(id)
		}
		if got, ok := parseID(spoiled); !ok || got != id {
			t.Fatalf("parseID(%s) is %s, %v; want %s", spoiled, got, ok, id)
		}
	})
}

// FuzzParseID holds that whatever passes for an id is written in one way only, and
// that a long one is taken back whatever became of its case.
func FuzzParseID(f *testing.F) {
	for _, seed := range []string{"", "0JR5i000001OXSg", "0JR5i000001OXSgGAO", "0jr5I000001oxsgGAO", "0JR5i000001OXSgZZZ", "00G\x00é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, ok := parseID(text)
		if !ok {
			if id != "" {
				t.Fatalf("parseID(%q) refuses, and is %q", text, id)
			}
			return
		}
		if len(id) != 18 || longID(id[:15]) != id || !strings.EqualFold(id[:15], text[:15]) {
			t.Fatalf("parseID(%q) is %q", text, id)
		}
		if again, ok := parseID(strings.ToLower(id[:15]) + id[15:]); !ok || again != id {
			t.Fatalf("parseID of %q without its case is %q, %v", id, again, ok)
		}
	})
}
