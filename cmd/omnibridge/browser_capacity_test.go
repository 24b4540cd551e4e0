package main

import (
	"log/slog"
	"testing"

	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// client is the org's REST API, for what a person or a program does there.
func (o *office) client() *salesforce.Client {
	o.t.Helper()
	_, client, _, err := o.cfg.connect(slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	return client
}

// edits changes fields of a record.
func (o *office) edits(object, id string, fields map[string]any) {
	o.t.Helper()
	if err := o.client().Update(o.t.Context(), object, id, fields); err != nil {
		o.t.Fatal(err)
	}
}

// TestStatusEndsCase: in the demo's org (status-based capacity) a case stays with its
// agent though its tab is closed, and ends when its status says that it is done; an
// admin can switch the channel to tab-based, and back, while all runs (salesforce-omni 4).
func TestStatusEndsCase(t *testing.T) {
	t.Parallel()
	o := offers(t, nil) // has the demo's channels
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.takes(card)
	ada.tab("Case " + w.Name)
	ada.closesTab(w.Name)
	ada.load(6) // it is still held, there and here
	ada.card(card, vcc.CardConnected)
	o.edits("Case", w.ID, map[string]any{"Status": "Closed"})
	ada.card(card, vcc.CardWrapUp)
	ada.sees("Ready (Idle)")
	ada.load(0)
	if got := o.works(w.ID)[0]; got["Status"] != "Closed" || got["CapacityModel"] != "StatusBased" {
		t.Errorf("the AgentWork is %v by the %v model", got["Status"], got["CapacityModel"])
	}
	if got := o.tally("Cases"); got.Handled != 1 {
		t.Errorf("counted %+v, want it handled", got)
	}

	// Release in ContactPad closes it, too, where only the console can.
	w, card = o.ticket("Exchange")
	ada.takes(card)
	ada.acts("Release case")
	ada.card(card, vcc.CardWrapUp)
	if got := o.works(w.ID)[0]["Status"]; got != "Closed" {
		t.Errorf("the AgentWork is %v", got)
	}
	ada.sees("Ready (Idle)")

	o.capacity("Case", "TabBased")
	w, card = o.ticket("Invoice")
	ada.takes(card)
	ada.turnsTo(w.Name)
	ada.closesTab(w.Name)
	ada.card(card, vcc.CardWrapUp)
	ada.sees("Ready (Idle)")
	o.capacity("Case", "StatusBased")
	w, card = o.ticket("Complaint")
	ada.takes(card)
	ada.closesTab(w.Name)
	ada.card(card, vcc.CardConnected)
}

// capacity switches the capacity model of the service channel that routes an object.
func (o *office) capacity(object, model string) {
	o.t.Helper()
	for _, row := range o.org.Records("ServiceChannel") {
		if row["RelatedEntity"] == object {
			o.edits("ServiceChannel", row["Id"].(string), map[string]any{"CapacityModel": model})
			return
		}
	}
	o.t.Fatalf("no service channel routes %s", object)
}
