package mockorg_test

import (
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
)

func TestDescribe(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	var all struct {
		SObjects []struct{ Name, KeyPrefix string }
	}
	decode(t, s.call(200, "GET", "sobjects/", ""), &all)
	prefixes := map[string]string{}
	for _, ob := range all.SObjects {
		prefixes[ob.Name] = ob.KeyPrefix
	}
	for name, prefix := range map[string]string{"PendingServiceRouting": "0JR", "AgentWork": "0Bz", "Case": "500", "MessagingSession": "0Mw", "PushTopic": "0IF"} {
		if prefixes[name] != prefix {
			t.Errorf("prefix of %s is %q, want %q", name, prefixes[name], prefix)
		}
	}
	var d struct {
		Name   string
		Fields []struct {
			Name, Type                                           string
			Length                                               int
			Createable, Updateable, Nillable, RestrictedPicklist bool
			ReferenceTo                                          []string
			RelationshipName                                     *string
			PicklistValues                                       []struct{ Value string }
		}
	}
	decode(t, s.call(200, "GET", "sobjects/agentwork/describe", ""), &d)
	if d.Name != "AgentWork" {
		t.Fatalf("describe is of %s", d.Name)
	}
	for _, f := range d.Fields {
		switch f.Name {
		case "Status":
			if f.Createable || f.Updateable || !f.RestrictedPicklist || len(f.PicklistValues) != 8 || f.Type != "picklist" {
				t.Errorf("Status is %+v", f)
			}
		case "UserId":
			if !f.Createable || f.Updateable || f.Nillable || *f.RelationshipName != "User" || !slices.Equal(f.ReferenceTo, []string{"User"}) {
				t.Errorf("UserId is %+v", f)
			}
		}
	}
}

// TestPresencePrefix: what the ids of presence rows begin with can be moved, and
// rows from before are found all the same (salesforce-omni 11.8).
func TestPresencePrefix(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for _, prefix := range []string{"0Sv", "0Mz"} {
		set := s.o.Settings()
		set.PresencePrefix = prefix
		if err := s.o.SetSettings(set); err != nil {
			t.Fatal(err)
		}
		if err := s.o.Agent("ada").Online("Available"); err != nil {
			t.Fatal(err)
		}
		if err := s.o.Agent("ada").Offline(); err != nil {
			t.Fatal(err)
		}
		if got := s.call(200, "GET", "sobjects/UserServicePresence/describe", ""); !strings.Contains(got, `"keyPrefix":"`+prefix+`"`) {
			t.Errorf("described as %s", got)
		}
	}
	rows := s.o.Records("UserServicePresence")
	for i, prefix := range []string{"0Sv", "0Mz"} {
		id := rows[i].ID()
		if !strings.HasPrefix(id, prefix) {
			t.Errorf("row %d is %s", i, id)
		}
		s.call(200, "GET", "sobjects/UserServicePresence/"+id, "")
	}
}
