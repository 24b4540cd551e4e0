package mockorg

import (
	"fmt"
	"net/http"
	"slices"
)

const (
	maxExplained = 60     // steps of an explanation
	maxLooked    = 20_000 // changes looked through for one
)

// explained is one step in the life of a work item, in words.
type explained struct {
	At   int64  `json:"at"` // ms since 1970
	Text string `json:"text"`
	Fact string `json:"fact"` // the record that changed, and its id
}

// getExplain tells what happened to a record and to its routing, oldest first:
// what a person can see of it, and what external routing hears.
func (c *console) getExplain(_ string, r *http.Request) (any, error) {
	steps := []explained{}
	err := c.o.view(func(t *tx) error {
		rec := t.o.find(r.PathValue("id"))
		if rec == nil {
			return gone(r.PathValue("id"))
		}
		id := rec.row.ID()
		all := t.o.chronicle.changes
		for _, change := range slices.Backward(all[max(0, len(all)-maxLooked):]) {
			if change.ID != id && aboutWork(t, change) != id {
				continue
			}
			if text := explain(t, change); text != "" {
				steps = append(steps, explained{At: change.Time.UnixMilli(), Text: text, Fact: change.Object + " " + change.ID})
			}
			if len(steps) == maxExplained {
				break
			}
		}
		slices.Reverse(steps)
		return nil
	})
	return map[string]any{"steps": steps, "now": c.o.clock.Now().UnixMilli()}, err
}

// explain puts a change into words, "" if it says nothing to a person.
func explain(t *tx, change Change) string {
	name := func(id any) string {
		text, _ := id.(string)
		if rec := t.o.find(text); rec != nil {
			return rec.row.str("Name")
		}
		return "nobody"
	}
	rec := t.o.find(change.ID)
	if rec == nil {
		return ""
	}
	switch change.Object {
	case "PendingServiceRouting":
		return explainPSR(change)
	case "AgentWork":
		return explainAgentWork(change, name(rec.row["UserId"]))
	}
	status, owner := change.Fields["Status"], change.Fields["OwnerId"]
	switch {
	case change.Op == "created":
		return fmt.Sprintf("%s made, owner %s", rec.table.object.label, name(owner))
	case change.Op == "deleted":
		return rec.table.object.label + " deleted"
	case status != nil && owner != nil:
		return fmt.Sprintf("Owner is %s, status %v", name(owner), status)
	case owner != nil:
		return "Owner is " + name(owner)
	case status != nil:
		return fmt.Sprintf("Status is %v", status)
	}
	return ""
}

func explainPSR(change Change) string {
	switch pushed, known := change.Fields["IsPushed"].(bool); {
	case change.Op == "created" && change.Fields["IsTransfer"] == true:
		return "PSR made by a transfer: external routing is asked again"
	case change.Op == "created":
		return "PSR made: external routing is asked for an agent"
	case change.Op == "deleted":
		return "PSR deleted: nobody is looked for any more"
	case known && pushed:
		return fmt.Sprintf("PSR is pushed (serial %v)", change.Fields["Serial"])
	case known:
		return fmt.Sprintf("PSR is free again (serial %v): external routing must choose anew", change.Fields["Serial"])
	}
	return ""
}

func explainAgentWork(change Change, agent string) string {
	switch change.Fields["Status"] {
	case "Assigned":
		return "AgentWork Assigned: " + agent + " is asked"
	case "Opened":
		return "AgentWork Opened: " + agent + " has accepted"
	case "Declined":
		return "AgentWork Declined by " + agent
	case "DeclinedOnPushTimeout":
		return "AgentWork DeclinedOnPushTimeout: " + agent + " did not answer in time"
	case "Unavailable":
		return "AgentWork Unavailable: " + agent + " is not there"
	case "Canceled":
		return "AgentWork Canceled: no longer needed"
	case "Closed":
		return "AgentWork Closed: " + agent + " is done"
	case "Transferred":
		return "AgentWork Transferred: it has left " + agent
	}
	return ""
}
