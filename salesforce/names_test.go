package salesforce_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/mockorg"
)

// TestNames holds that records get the names that people call them by, in one call,
// and that what has none is left out.
func TestNames(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	b := ok[omnichannel.Baseline](t)(m.bridge.Baseline(t.Context()))
	channel := map[string]omnichannel.ChannelID{}
	for id, c := range b.Directory.Channels {
		channel[c.Entity] = id
	}
	contact := ok[string](t)(m.client.Create(t.Context(), "Contact", map[string]any{"FirstName": "Maria", "LastName": "Lopez"}))
	want := map[omnichannel.RecordID]string{}
	ask := map[omnichannel.RecordID]omnichannel.ChannelID{}
	add := func(object, name string, fields map[string]any) {
		t.Helper()
		id := omnichannel.RecordID(omnichannel.Long(ok[string](t)(m.client.Create(t.Context(), object, fields))))
		want[id], ask[id] = name, channel[object]
	}
	add("Case", "00000001 Refund not received", map[string]any{"Subject": "Refund not received"})
	add("Case", "00000002", map[string]any{})
	add("Lead", "Tom Baker", map[string]any{"FirstName": "Tom", "LastName": "Baker", "Company": "Acme"})
	visitor := ok[string](t)(m.client.Create(t.Context(), "LiveChatVisitor", map[string]any{}))
	add("LiveChatTranscript", "Maria Lopez", map[string]any{"LiveChatVisitorId": visitor, "ContactId": contact})
	add("LiveChatTranscript", "visitor 00000002", map[string]any{"LiveChatVisitorId": visitor})
	gone := omnichannel.RecordID("500Mk000000099AIAA")
	ask[gone] = channel["Case"]
	before := m.client.Stats().Attempts
	got, err := m.bridge.Names(t.Context(), ask)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("names: %v (-want +got)\n%s", err, diff)
	}
	if n := m.client.Stats().Attempts - before; n != 1 {
		t.Errorf("naming took %d requests, want 1", n)
	}
}
