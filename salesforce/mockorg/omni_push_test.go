package mockorg

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// wantRefused checks that an error is an API refusal with a code.
func (w *world) wantRefused(err error, code string) {
	w.Helper()
	e, ok := errors.AsType[*APIError](err)
	switch {
	case !ok:
		w.Errorf("got %v, want a refusal with %s", err, code)
	case e.Code != code || e.Status != 400 || e.Message == "":
		w.Errorf("refused with %d %s %q, want 400 %s and a text", e.Status, e.Code, e.Message, code)
	}
}

// TestPushRefused gives every reason of salesforce-omni 2 ("Errors on invalid
// create") for which a push is refused, and checks that nothing changes.
func TestPushRefused(t *testing.T) {
	cases := []struct {
		name, code string
		spoil      func(w *world, body Row)
	}{
		{"no PSR", "REQUIRED_FIELD_MISSING", func(_ *world, body Row) { delete(body, "PendingServiceRoutingId") }},
		{"PSR gone", "INVALID_CROSS_REFERENCE_KEY", func(w *world, body Row) {
			w.push(body.str("WorkItemId"), "ben")
			w.must(w.o.Agent("ben").Accept(""))
		}},
		{"work item gone", "INVALID_CROSS_REFERENCE_KEY", func(w *world, body Row) { w.must(w.o.DeleteWork(body.str("WorkItemId"))) }},
		{"PSR of another work item", "FIELD_INTEGRITY_EXCEPTION", func(w *world, body Row) {
			body["PendingServiceRoutingId"] = w.agentWork(w.work("LiveChatTranscript").ID, "ada")["PendingServiceRoutingId"]
		}},
		{"channel of another object", "FIELD_INTEGRITY_EXCEPTION", func(w *world, body Row) {
			body["ServiceChannelId"] = w.agentWork(w.work("Case").ID, "ada")["ServiceChannelId"]
		}},
		{"user inactive", "INVALID_CROSS_REFERENCE_KEY", func(w *world, body Row) {
			w.must(w.o.change("", func(t *tx) error { return t.set(body.str("UserId"), Row{"IsActive": false}) }))
		}},
		{"already pushed", "FIELD_INTEGRITY_EXCEPTION", func(w *world, body Row) { w.push(body.str("WorkItemId"), "ben") }},
		{"agent offline", "FIELD_INTEGRITY_EXCEPTION", func(w *world, _ Row) { w.must(w.o.Agent("ada").Offline()) }},
		{"agent busy", "FIELD_INTEGRITY_EXCEPTION", func(w *world, _ Row) { w.must(w.o.Agent("ada").Online("Busy")) }},
		{"agent full", "FIELD_INTEGRITY_EXCEPTION", func(w *world, _ Row) { w.must(w.o.Agent("ada").SetCapacity(50)) }},
		{"declined in this session", "FIELD_INTEGRITY_EXCEPTION", func(w *world, body Row) {
			w.switches(func(s *Settings) { s.Repush = "reject" })
			w.push(body.str("WorkItemId"), "ada")
			w.must(w.o.Agent("ada").Decline("", ""))
		}},
		{"Salesforce routes the queue", "FIELD_INTEGRITY_EXCEPTION", func(w *world, body Row) {
			c, err := w.o.AddWork(NewWork{Object: "Case", Queue: "Internal_Cases"})
			w.must(err)
			for k, v := range w.agentWork(c.ID, "ada") {
				body[k] = v
			}
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.online("ada", "ben")
			body := w.agentWork(w.work("LiveChatTranscript").ID, "ada")
			c.spoil(w, body)
			w.told()
			_, err := w.api("AgentWork", body)
			w.wantRefused(err, c.code)
			w.expect()
		})
	}
}

func TestCapacity(t *testing.T) {
	w := newWorld(t, nil)
	w.online("ada")
	ada := w.o.Agent("ada")
	w.must(ada.SetCapacity(100))
	load := func(want float64) {
		t.Helper()
		if s, err := ada.State(); err != nil || s.Load != want {
			t.Errorf("load %v (%v), want %v", s.Load, err, want)
		}
	}
	chat, m, c := w.work("LiveChatTranscript"), w.work("MessagingSession"), w.work("Case")
	w.push(chat.ID, "ada") // 51, from the routing configuration: the PSR says nothing
	w.push(m.ID, "ada")    // 33
	load(84)
	_, err := w.api("AgentWork", w.agentWork(c.ID, "ada")) // 20
	w.wantRefused(err, "FIELD_INTEGRITY_EXCEPTION")

	body := w.agentWork(c.ID, "ada")
	body["ShouldSkipCapacityCheck"] = true
	id, err := w.api("AgentWork", body)
	w.must(err)
	load(104)
	if got := w.get(id)["CapacityWeight"]; got != 20.0 {
		t.Errorf("AgentWork has weight %v, want that of the routing configuration", got)
	}
	w.must(ada.Accept(c.ID))
	load(104)
	w.must(ada.Close(c.ID))
	load(84)
	w.must(ada.Decline(m.ID, ""))
	load(51)

	light := w.agentWork(m.ID, "ada")
	light["CapacityPercentage"] = 49.0
	_, err = w.api("AgentWork", light)
	w.must(err)
	load(100)
}

func TestUnavailableInsteadOfRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.switches(func(s *Settings) { s.Undeliverable = "unavailable" })
		c := w.work("Case")
		w.told()
		w.push(c.ID, "ada") // offline
		w.expect("work created Assigned ada", "psr updated +IsPushed Serial=2", "case updated ada")
		w.pass(0)
		w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases")
	})
}

func TestSecondPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.online("ada", "ben")
		w.switches(func(s *Settings) { s.SecondPush = "allow" })
		c := w.work("Case")
		w.push(c.ID, "ada")
		w.push(c.ID, "ben")
		w.must(w.o.Agent("ada").Accept(""))
		w.must(w.o.Agent("ben").Accept("")) // both can (salesforce-omni 2)
		v := w.o.Verdict()[0]
		if v.MaxAssigned != 2 || v.MaxOpened != 2 || v.Pushes != 2 {
			t.Errorf("the verdict hides the doubled work: %+v", v)
		}
	})
}

func TestSwitches(t *testing.T) {
	cases := []struct {
		name  string
		move  func(*Settings)
		story func(w *world)
	}{
		{"owner moves at accept", func(s *Settings) { s.OwnerMoves = "accept" }, func(w *world) {
			c := w.work("Case")
			w.told()
			w.push(c.ID, "ada")
			w.expect("work created Assigned ada", "psr updated +IsPushed Serial=2")
			w.must(w.o.Agent("ada").Accept(""))
			w.expect("work updated Opened", "case updated ada", "psr deleted")
		}},
		{"PSR copies the configuration", func(s *Settings) { s.PSRCapacity = "config" }, func(w *world) {
			psr := w.get(w.work("Case").PSR)
			if psr["CapacityWeight"] != 20.0 || psr["PushTimeout"] != int64(20) {
				w.Errorf("PSR has weight %v and timeout %v, want 20 and 20", psr["CapacityWeight"], psr["PushTimeout"])
			}
		}},
		{"deleted PSR keeps the push", func(s *Settings) { s.PSRDeleted = "keep" }, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.apiRemove(c.PSR))
			w.expect("psr deleted")
			w.must(w.o.Agent("ada").Accept(""))
			w.expect("work updated Opened")
		}},
		{"closed case keeps its PSR", func(s *Settings) { s.CaseClosed = "keep" }, func(w *world) {
			c := w.work("Case")
			w.told()
			w.must(w.o.CloseWork(c.ID))
			w.expect("case updated Closed")
		}},
		{"a case taken by hand keeps its PSR", func(s *Settings) { s.OwnerChange = "keep" }, func(w *world) {
			c := w.work("Case")
			w.told()
			w.must(w.o.OwnWork(c.ID, "ada"))
			w.expect("case updated ada")
			w.must(w.o.OwnWork(c.ID, "Support_Cases")) // a queue's work is waiting anew
			w.expect("case updated Support_Cases", "psr deleted", "psr created -IsPushed -IsTransfer Serial=1")
		}},
		{"busy releases", func(s *Settings) { s.Busy = "release" }, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Online("Busy"))
			w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases",
				"presence updated -IsCurrentState", "presence created +IsCurrentState Busy")
		}},
		{"chat ends with its agent", func(s *Settings) { s.ChatOffline = "close" }, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.told()
			w.must(w.o.Agent("ada").Offline())
			w.expect("work updated Closed", "chat updated Completed System", "presence updated -IsCurrentState")
		}},
		{"unavailable names the session", func(s *Settings) { s.UnavailableSession = "set"; s.Busy = "release" }, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Online("Busy"))
			if got := w.told()[1]; got != "psr updated -IsPushed Serial=3 declined-by=ada" {
				w.Errorf("PSR: %s", got)
			}
		}},
		{"accept bumps the serial", func(s *Settings) { s.AcceptSerial = "bump" }, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Accept(""))
			w.pass(0)
			w.expect("psr updated Serial=3", "work updated Opened", "psr deleted")
		}},
		{"presence makes noise", func(s *Settings) { s.CapacityNoise = "on" }, func(w *world) {
			w.pass(10 * time.Second)
			c := w.work("Case")
			w.told()
			w.push(c.ID, "ada")
			w.expect("work created Assigned ada", "psr updated +IsPushed Serial=2", "case updated ada", "presence updated")
			w.pass(10 * time.Second)
			w.must(w.o.Agent("ada").Decline("", ""))
			row := Row{}
			w.must(w.o.view(func(t *tx) error { row, _ = presenceOf(t, w.user("ada")); return nil }))
			if row["AverageCapacity"] != 10.0 || row["IdleDuration"] != int64(10) {
				w.Errorf("presence says mean %v, idle %v; want 10 and 10", row["AverageCapacity"], row["IdleDuration"])
			}
		}},
		{"gap between presence rows", func(s *Settings) { s.StatusGap = Duration(time.Second) }, func(w *world) {
			w.told()
			w.must(w.o.Agent("ada").Online("Busy"))
			w.expect("presence updated -IsCurrentState")
			w.pass(time.Second)
			w.expect("presence created +IsCurrentState Busy")
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.online("ada")
				w.switches(c.move)
				c.story(w)
			})
		})
	}
}

func TestPSRThroughREST(t *testing.T) {
	w := newWorld(t, nil)
	c := w.work("Case")
	w.must(w.apiRemove(c.PSR))
	body := Row{"WorkItemId": c.ID, "ServiceChannelId": w.agentWork(c.ID, "ada")["ServiceChannelId"], "RoutingModel": "ExternalRouting", "IsReadyForRouting": true}
	w.told()
	id, err := w.api("PendingServiceRouting", body)
	w.must(err)
	w.expect("psr created -IsPushed -IsTransfer Serial=1")
	if psr := w.get(id); psr.str("GroupId") == "" || psr["GroupId"] != psr["QueueId"] {
		t.Errorf("PSR has group %v and queue %v, want the owner of the case", psr["GroupId"], psr["QueueId"])
	}
	_, err = w.api("PendingServiceRouting", body)
	w.wantRefused(err, "FIELD_INTEGRITY_EXCEPTION")
}

func TestActiveAgentWorkStays(t *testing.T) {
	w := newWorld(t, nil)
	w.online("ada")
	id := w.push(w.work("Case").ID, "ada")
	w.wantRefused(w.apiRemove(id), "DELETE_FAILED")
	w.must(w.o.Agent("ada").Accept(""))
	w.wantRefused(w.apiRemove(id), "DELETE_FAILED")
	w.must(w.o.Agent("ada").Close(""))
	w.must(w.apiRemove(id))
}
