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
