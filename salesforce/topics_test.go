package salesforce

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestTopics(t *testing.T) {
	store := map[string]map[string]any{} // by name
	writes := 0
	racing := false
	o, _ := orgOf(t, func(w http.ResponseWriter, r *http.Request, body string) {
		var row map[string]any
		switch r.Method {
		case "GET":
			var rows []map[string]any
			for _, row := range store {
				rows = append(rows, row)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"done": true, "records": append([]map[string]any{}, rows...)})
			return
		case "POST":
			_ = json.Unmarshal([]byte(body), &row)
			row["Id"] = fmt.Sprintf("0IF00000000000%dGAA", len(store))
			store[row["Name"].(string)] = row
			if racing {
				answer(w, 400, errBody("DUPLICATE_VALUE", "duplicate value found: Name duplicates value on record"))
				return
			}
			answer(w, 201, `{"id":"`+row["Id"].(string)+`","success":true}`)
		case "PATCH":
			_ = json.Unmarshal([]byte(body), &row)
			for _, have := range store {
				if strings.HasSuffix(r.URL.Path, have["Id"].(string)) {
					for k, v := range row {
						have[k] = v
					}
				}
			}
			w.WriteHeader(204)
		}
		writes++
	})
	run := func(want string) {
		t.Helper()
		got, err := o.Topics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		words := ""
		for _, c := range got {
			words += c.Name + " " + c.What + "; "
		}
		if words != want {
			t.Errorf("got %s", words)
		}
	}
	run("OmnibridgePSR created; OmnibridgeWork created; OmnibridgePresence created; ")
	run("OmnibridgePSR unchanged; OmnibridgeWork unchanged; OmnibridgePresence unchanged; ")
	store["OmnibridgeWork"]["Query"] = "SELECT Id FROM AgentWork"
	store["OmnibridgePSR"]["IsActive"] = false
	run("OmnibridgePSR updated; OmnibridgeWork updated; OmnibridgePresence unchanged; ")
	run("OmnibridgePSR unchanged; OmnibridgeWork unchanged; OmnibridgePresence unchanged; ")
	if writes != 5 {
		t.Errorf("%d writes", writes)
	}
	clear(store)
	racing = true // another daemon was a moment faster
	run("OmnibridgePSR created; OmnibridgeWork created; OmnibridgePresence created; ")
	for _, topic := range topics {
		if len(topic.name()) > 25 || len(topic.query) > 1300 {
			t.Errorf("%s: name or query is longer than Salesforce takes (salesforce-omni 9)", topic.name())
		}
	}
}
