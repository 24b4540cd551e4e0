package mockorg_test

import (
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
)

// changes are the change events that came, as changeType and record ids.
func (l *listener) changes() (list []string) {
	l.s.t.Helper()
	for _, m := range l.events() {
		var e changeEvent
		decode(l.s.t, string(m.Data), &e)
		h := e.Payload["ChangeEventHeader"].(map[string]any)
		text := h["changeType"].(string)
		for _, id := range h["recordIds"].([]any) {
			text += " " + id.(string)
		}
		if strings.HasPrefix(text, "GAP_") && len(e.Payload) != 1 {
			l.s.t.Errorf("a gap event tells fields: %v", e.Payload)
		}
		list = append(list, text)
	}
	return list
}

// TestGapEvents holds that two faults put gap events in the place of the next
// change events of one object, on every channel, and of that object only.
func TestGapEvents(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if err := s.o.SelectForCapture("Ticket__c", "Account"); err != nil {
		t.Fatal(err)
	}
	if err := s.o.AddChannel("Routing__chn", mockorg.ChannelMember{Object: "Ticket__c", Filter: "Urgent__c = true"}); err != nil {
		t.Fatal(err)
	}
	all, custom := s.listen("/data/ChangeEvents"), s.listen("/data/Routing__chn")
	arm := func(f mockorg.Fault) {
		t.Helper()
		if err := s.o.Arm(f); err != nil {
			t.Fatal(err)
		}
	}
	arm(mockorg.Fault{Name: "change-gap", Object: "ticket__c", Count: 3})
	account := s.create("Account", `{"Name":"x"}`)
	s.create("Contact", `{"LastName":"nobody follows it"}`)
	id := s.create("Ticket__c", `{"Subject__c":"a"}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Subject__c":"b"}`)
	s.call(204, "DELETE", "sobjects/Ticket__c/"+id, "")
	next := s.create("Ticket__c", `{"Urgent__c":true}`)
	arm(mockorg.Fault{Name: "change-overflow", Object: "Ticket__c"})
	s.create("Ticket__c", `{"Subject__c":"a"}`)
	want := "GAP_CREATE " + id + ", GAP_UPDATE " + id + ", GAP_DELETE " + id + ", CREATE " + next + ", GAP_OVERFLOW 000000000000000AAA"
	if got := strings.Join(all.changes(), ", "); got != "CREATE "+account+", "+want {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(custom.changes(), ", "); got != want {
		t.Errorf("on the custom channel %s", got)
	}
	// The custom channel's member has a filter, which may withhold them.
	set := s.o.Settings()
	set.GapFilter = "withhold"
	if err := s.o.SetSettings(set); err != nil {
		t.Fatal(err)
	}
	arm(mockorg.Fault{Name: "change-gap", Object: "Ticket__c"})
	urgent := `{"Urgent__c":true}`
	told, withheld := s.create("Ticket__c", urgent), s.create("Ticket__c", urgent)
	if got := strings.Join(all.changes(), ", "); got != "GAP_CREATE "+told+", CREATE "+withheld {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(custom.changes(), ", "); got != "CREATE "+withheld {
		t.Errorf("through the filter %s", got)
	}
	for _, f := range []mockorg.Fault{{Name: "change-gap", Method: "POST"}, {Name: "change-overflow", Path: "/"}} {
		if err := s.o.Arm(f); err == nil {
			t.Errorf("%+v was armed", f)
		}
	}
	// Requests are none of its business.
	arm(mockorg.Fault{Name: "change-gap", Object: "Contact"})
	s.call(200, "GET", "sobjects/Contact", "")
	if n := s.o.Disarm("change-gap"); n != 1 {
		t.Errorf("%d faults were left", n)
	}
}

// TestFilterSeesWhatTheEventHolds holds that a filter on a field that an update
// does not change, or on any field of a deletion, withholds the event.
func TestFilterSeesWhatTheEventHolds(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if err := s.o.AddChannel("Routing__chn", mockorg.ChannelMember{Object: "Ticket__c", Filter: "Urgent__c = true"}); err != nil {
		t.Fatal(err)
	}
	l := s.listen("/data/Routing__chn")
	id := s.create("Ticket__c", `{"Urgent__c":true}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Subject__c":"b"}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Urgent__c":false}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Urgent__c":true}`)
	s.call(204, "DELETE", "sobjects/Ticket__c/"+id, "")
	if got := strings.Join(l.changes(), ", "); got != "CREATE "+id+", UPDATE "+id {
		t.Errorf("got %s", got)
	}
}
