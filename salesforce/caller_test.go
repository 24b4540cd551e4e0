package salesforce_test

import (
	"slices"
	"testing"

	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
)

// TestFindCaller holds that a number finds its records however people wrote it, and
// that too short a number finds nobody.
func TestFindCaller(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	for _, r := range []struct {
		object string
		fields map[string]any
	}{
		{"Contact", map[string]any{"LastName": "Lopez", "FirstName": "Maria", "Phone": "(020) 7946 0018"}},
		{"Contact", map[string]any{"LastName": "Weber", "MobilePhone": "+44 20 7946 0018"}},
		{"Lead", map[string]any{"LastName": "Roth", "Company": "Acme", "Phone": "020-79460018"}},
		{"Lead", map[string]any{"LastName": "Gone", "Company": "Acme", "Phone": "02079460018", "IsConverted": true}},
		{"Contact", map[string]any{"LastName": "Other", "Phone": "020 7946 0019"}},
	} {
		if _, err := m.client.Create(t.Context(), r.object, r.fields); err != nil {
			t.Fatalf("%v: %v", r.fields, err)
		}
	}
	for number, want := range map[string][]string{
		"+442079460018":  {"Contact Maria Lopez", "Contact Weber", "Lead Roth"},
		"020 7946 0019":  {"Contact Other"},
		"+1 555 010 999": nil,
		"0018":           nil,
		"":               nil,
		"anonymous":      nil,
	} {
		found, err := m.bridge.FindCaller(t.Context(), number)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range found {
			got = append(got, c.Kind+" "+c.Name)
			if len(c.ID) != 18 {
				t.Errorf("%+v has no long id", c)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", number, got, want)
		}
	}
	var _ []salesforce.Caller
}
