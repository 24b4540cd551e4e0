package setup_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/setup"
	"omnibridge/vcc"
)

const agent = vcc.AgentID("005000000000001AAA")

// goodState is an org in which nothing is missing.
func goodState() (setup.State, setup.Wanted) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	heard := func(object string) setup.Delivery {
		return setup.Delivery{Object: object, Listened: true, Since: now.Add(-23 * time.Hour), Records: 2, Delivered: 3}
	}
	return setup.State{
			Login: setup.Login{Org: "Acme", OrgID: "00D000000000001AAA", Instance: "https://acme.example", Username: "omni@acme.example"},
			At:    now, ByTopic: true, Needs: "the user needs PushTopic",
			Topics:      []salesforce.TopicChange{{Name: "OmnibridgePSR", What: "unchanged"}},
			Channels:    []setup.Channel{{Name: "Cases", Object: "Case"}, {Name: "Calls", Object: "VoiceCall"}},
			Statuses:    []setup.Status{{Name: "Available", Channels: []string{"Cases"}}, {Name: "Break"}},
			Queues:      []setup.Queue{{Name: "Support", Routing: "External", External: true, PushTimeout: 20 * time.Second, Objects: []string{"Case"}, Members: 3}},
			Users:       map[vcc.AgentID]setup.User{agent: {Name: "Ada", Active: true}},
			CreatesWork: true, Calls: salesforce.Usage{Used: 100, Max: 15_000},
			Stream: setup.Stream{Channels: []string{"/topic/OmnibridgePSR"}, Up: true},
			Events: []setup.Delivery{heard("PendingServiceRouting"), heard("AgentWork"), heard("UserServicePresence")},
			Faults: map[setup.Part]setup.Fault{},
		}, setup.Wanted{
			Policy: omnichannel.Policy{Plans: map[string]vcc.PlanID{"Support": "Help"}, Channels: map[vcc.Channel]omnichannel.ChannelPolicy{"Cases": {Class: vcc.NonLive}}},
			Agents: []vcc.AgentID{agent},
		}
}

// find returns the findings of one check that are not ok.
func find(findings []setup.Finding, check string) (found []setup.Finding) {
	for _, f := range findings {
		if f.Check == check && f.Verdict != setup.OK {
			found = append(found, f)
		}
	}
	return found
}

func TestJudge(t *testing.T) {
	type fault = setup.Fault
	for name, c := range map[string]struct {
		spoil   func(*setup.State, *setup.Wanted)
		check   string
		verdict setup.Verdict
		says    string // in the detail
		fix     string // in the fix; "" where nobody has to do anything
	}{
		"topic created": {func(s *setup.State, _ *setup.Wanted) { s.Topics[0].What = "created" }, "PushTopic OmnibridgePSR", setup.Fixed, "created", ""},
		"topic planned": {func(s *setup.State, _ *setup.Wanted) { s.Topics[0].What, s.DryRun = "updated", true }, "PushTopic OmnibridgePSR", setup.WouldFix, "would be corrected", ""},
		"canary channel created": {func(s *setup.State, _ *setup.Wanted) {
			s.Canary = salesforce.TopicChange{Name: "/u/Omnibridge", What: "created"}
		}, "streaming channel /u/Omnibridge", setup.Fixed, "created", ""},
		"canary channel planned": {func(s *setup.State, _ *setup.Wanted) {
			s.Canary, s.DryRun = salesforce.TopicChange{Name: "/u/Omnibridge", What: "created"}, true
		}, "streaming channel /u/Omnibridge", setup.WouldFix, "would be created", ""},
		"canary refused": {func(s *setup.State, _ *setup.Wanted) { s.Faults[setup.Canary] = fault{"INVALID_TYPE", "not supported"} },
			"canary", setup.Warning, "not available: not supported", "Streaming Channels"},
		"topics refused": {func(s *setup.State, _ *setup.Wanted) {
			s.Faults[setup.Topics] = fault{"INSUFFICIENT_ACCESS", "no access"}
		}, "PushTopics", setup.Missing, "no access", "needs PushTopic"},
		"no external queue":   {func(s *setup.State, w *setup.Wanted) { s.Queues, w.Policy.Plans = nil, nil }, "external routing", setup.Missing, "External Routing", "Setup > Routing Configurations > New"},
		"no push time-out":    {func(s *setup.State, _ *setup.Wanted) { s.Queues[0].PushTimeout = 0 }, "queue Support", setup.Missing, "External has no push time-out", "Push Time-Out (seconds)"},
		"queue of no object":  {func(s *setup.State, _ *setup.Wanted) { s.Queues[0].Objects = nil }, "queue Support", setup.Missing, "no object", "Supported Objects"},
		"queue of no members": {func(s *setup.State, _ *setup.Wanted) { s.Queues[0].Members = 0 }, "queue Support", setup.Warning, "no members", "Queue Members"},
		"object without a channel": {func(s *setup.State, _ *setup.Wanted) { s.Queues[0].Objects = []string{"Case", "Lead"} },
			"queue Support", setup.Missing, "Lead, which no service channel", "Setup > Service Channels > New"},
		"no Omni-Channel": {func(s *setup.State, _ *setup.Wanted) { s.Faults[setup.Queues] = fault{"INVALID_TYPE", "not supported"} },
			"queues", setup.Missing, "not supported", "Enable Omni-Channel"},
		"queue details unread": {func(s *setup.State, _ *setup.Wanted) {
			s.Faults[setup.QueueDetail] = fault{"INSUFFICIENT_ACCESS", "hidden"}
		}, "members and objects of queues", setup.Missing, "hidden", "Omnibridge Integration"},
		"planned queue that is not there": {func(_ *setup.State, w *setup.Wanted) { w.Policy.Plans["Suport"] = "Help" },
			"plan Help, queue Suport", setup.Missing, "no queue", "routing file"},
		"planned queue routed by Omni": {func(s *setup.State, w *setup.Wanted) {
			s.Queues = append(s.Queues, setup.Queue{Name: "Own", Routing: "Internal"})
			w.Policy.Plans["Own"] = "Help"
		}, "plan Help, queue Own", setup.Missing, "not routed externally", "Routing Configuration"},
		"channel without a class": {func(s *setup.State, w *setup.Wanted) {
			s.Channels = append(s.Channels, setup.Channel{Name: "Tickets", Object: "Ticket__c"})
			s.Queues[0].Objects = append(s.Queues[0].Objects, "Ticket__c")
		}, "service channel Tickets", setup.Missing, "Ticket__c has no class", `"channels": {"Tickets"`},
		"channel that nobody can serve": {func(s *setup.State, _ *setup.Wanted) { s.Statuses = s.Statuses[1:] }, "service channel Cases", setup.Missing, "no presence status", "Selected Channels"},
		"channel only in the file": {func(_ *setup.State, w *setup.Wanted) {
			w.Policy.Channels["Cassess"] = omnichannel.ChannelPolicy{Class: vcc.Live}
		}, "service channel Cassess", setup.Missing, "no service channel", "routing file"},
		"mixed routing": {func(s *setup.State, _ *setup.Wanted) {
			s.Queues = append(s.Queues, setup.Queue{Name: "Own", Routing: "Internal", Objects: []string{"Case"}})
		}, "queue Own", setup.Warning, "Cases", "Routing Configuration"},
		"agent unknown":     {func(s *setup.State, _ *setup.Wanted) { s.Users = nil }, "agent " + string(agent), setup.Missing, "no such user", "routing file"},
		"agent inactive":    {func(s *setup.State, _ *setup.Wanted) { s.Users[agent] = setup.User{Name: "Ada"} }, "agent " + string(agent), setup.Missing, "Ada", "tick Active"},
		"no AgentWork":      {func(s *setup.State, _ *setup.Wanted) { s.CreatesWork = false }, "creating AgentWork", setup.Missing, "may not", "Service Cloud"},
		"calls run out":     {func(s *setup.State, _ *setup.Wanted) { s.Calls.Used = 10_500 }, "API calls", setup.Warning, "4500 of 15000", "Company Information"},
		"calls not told":    {func(s *setup.State, _ *setup.Wanted) { s.Calls = salesforce.Usage{} }, "API calls", setup.NotProven, "does not tell", "Company Information"},
		"channel refused":   {func(s *setup.State, _ *setup.Wanted) { s.Stream.Up, s.Stream.Reason = false, "403::denied" }, "subscription", setup.Missing, "403::denied", "needs PushTopic"},
		"records unread":    {func(s *setup.State, _ *setup.Wanted) { s.Faults["AgentWork"] = fault{"INVALID_TYPE", "not supported"} }, "events of AgentWork", setup.Missing, "not supported", "Enable Omni-Channel"},
		"nothing there yet": {func(s *setup.State, _ *setup.Wanted) { s.Events[0] = setup.Delivery{Object: "PendingServiceRouting"} }, "events of PendingServiceRouting", setup.NotProven, "nothing to listen to", "without --dry-run"},
		"nothing happened": {func(s *setup.State, _ *setup.Wanted) { s.Events[0].Records, s.Events[0].Delivered = 0, 0 },
			"events of PendingServiceRouting", setup.NotProven, "nothing was made since 2026-11-21 13:00:00", "owner of a case to queue Support"},
		"new topic": {func(s *setup.State, _ *setup.Wanted) {
			s.Events[2] = setup.Delivery{Object: "UserServicePresence", Listened: true, Since: s.At.Add(time.Second)}
		}, "events of UserServicePresence", setup.NotProven, "new", "choose a presence status"},
		"withheld by a topic": {func(s *setup.State, _ *setup.Wanted) { s.Events[1].Missing, s.Events[1].Delivered = 2, 0 },
			"events of AgentWork", setup.Withheld, "2 records made since", "Setup > Sharing Settings > Agent Work"},
		"withheld in part": {func(s *setup.State, _ *setup.Wanted) { s.Events[1].Missing = 1 }, "events of AgentWork", setup.Withheld, "no event came of 1", "Sharing"},
		"withheld by CDC": {func(s *setup.State, _ *setup.Wanted) {
			s.ByTopic, s.Events[1].Missing, s.Events[1].Delivered = false, 2, 0
		},
			"events of AgentWork", setup.Withheld, "no event came of 2", "View All Data"},
		"cannot be understood": {func(s *setup.State, _ *setup.Wanted) {
			s.Events[0].Missing, s.Events[0].Undecoded = 2, "Serial is missing"
		}, "events of PendingServiceRouting", setup.Missing, "Serial is missing", "Field Accessibility"},
		"nothing subscribed": {func(s *setup.State, _ *setup.Wanted) {
			s.Events[0].Missing, s.Events[0].Delivered, s.Stream.Up = 2, 0, false
		},
			"events of PendingServiceRouting", setup.NotProven, "does not stand", "mend the subscription"},
		"listening was cut": {func(s *setup.State, _ *setup.Wanted) {
			s.Events[0].Missing, s.Events[0].Delivered, s.Events[0].Cut = 2, 0, true
		}, "events of PendingServiceRouting", setup.NotProven, "more than 5000 events", "quieter"},
	} {
		t.Run(name, func(t *testing.T) {
			s, w := goodState()
			c.spoil(&s, &w)
			findings := setup.Judge(s, w)
			found := find(findings, c.check)
			if len(found) != 1 {
				t.Fatalf("%d findings of %s: %+v", len(found), c.check, findings)
			}
			f := found[0]
			if f.Verdict != c.verdict || !strings.Contains(f.Detail, c.says) || !strings.Contains(f.Fix, c.fix) || (f.Fix == "") != (c.fix == "") {
				t.Errorf("%+v", f)
			}
			ready := !slices.Contains([]setup.Verdict{setup.Missing, setup.Withheld, setup.WouldFix}, c.verdict)
			if r := setup.NewReport(s, w); r.Ready != (ready && s.Stream.Up) {
				t.Errorf("ready %v with %+v", r.Ready, f)
			}
			for _, f := range findings {
				if act := f.Verdict != setup.OK && f.Verdict != setup.Fixed && f.Verdict != setup.WouldFix; act != (f.Fix != "") || act != (f.Why != "") {
					t.Errorf("a person is told too much or too little: %+v", f)
				}
			}
		})
	}
}

// TestJudgeSaysNothingOfWhatIsUnread: that the queues cannot be read is one finding;
// those that the routing file names are not missing for that.
func TestJudgeSaysNothingOfWhatIsUnread(t *testing.T) {
	s, w := goodState()
	s.Queues, s.Faults[setup.Queues] = nil, setup.Fault{"INSUFFICIENT_ACCESS", "no access"}
	for _, f := range setup.Judge(s, w) {
		if f.Verdict == setup.Missing && f.Check != "queues" {
			t.Errorf("%+v", f)
		}
	}
	s, w = goodState()
	s.Queues[0].Objects, s.Faults[setup.QueueDetail] = nil, setup.Fault{"INSUFFICIENT_ACCESS", "no access"}
	w.Policy.Channels = map[vcc.Channel]omnichannel.ChannelPolicy{"Calls": {Class: vcc.NonLive}}
	s.Channels = append(s.Channels, setup.Channel{Name: "Odd", Object: "Odd__c"})
	if found := find(setup.Judge(s, w), "service channel Odd"); len(found) != 1 {
		t.Errorf("where it is not known which objects are routed, all are looked at: %+v", found)
	}
}

// TestJudgeLetsBe holds what is nobody's fault.
func TestJudgeLetsBe(t *testing.T) {
	for name, change := range map[string]func(*setup.State, *setup.Wanted){
		"all is well": func(*setup.State, *setup.Wanted) {},
		"the default classes do": func(_ *setup.State, w *setup.Wanted) {
			w.Policy.Channels = nil
		},
		"Omni-Channel routes another channel": func(s *setup.State, _ *setup.Wanted) {
			s.Queues = append(s.Queues, setup.Queue{Name: "Phone", Routing: "Internal", Objects: []string{"VoiceCall"}})
		},
		"a queue is routed by nobody": func(s *setup.State, _ *setup.Wanted) {
			s.Queues = append(s.Queues, setup.Queue{Name: "Plain", Objects: []string{"Case"}})
		},
		"an old event cannot be read": func(s *setup.State, _ *setup.Wanted) { s.Events[0].Undecoded = "CreatedDate is missing" },
		"more events than are taken":  func(s *setup.State, _ *setup.Wanted) { s.Events[0].Missing, s.Events[0].Cut = 1, true },
		"no routing file":             func(_ *setup.State, w *setup.Wanted) { *w = setup.Wanted{} },
	} {
		t.Run(name, func(t *testing.T) {
			s, w := goodState()
			change(&s, &w)
			for _, f := range setup.Judge(s, w) {
				if f.Verdict != setup.OK {
					t.Errorf("%+v", f)
				}
			}
		})
	}
}

func TestReportReads(t *testing.T) {
	s, w := goodState()
	var all bytes.Buffer
	if err := setup.NewReport(s, w).Print(&all); err != nil {
		t.Fatal(err)
	}
	if text := all.String(); !strings.HasSuffix(text, "\nReady.\n") || strings.Contains(text, "person") ||
		!strings.HasPrefix(text, "Logged in to Acme (00D000000000001AAA, production or developer org) at https://acme.example as omni@acme.example\n") {
		t.Errorf("all is well:\n%s", text)
	}
	s.Queues[0].PushTimeout, s.DryRun, s.Topics[0].What = 0, true, "created"
	all.Reset()
	if err := setup.NewReport(s, w).Print(&all); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Dry run: nothing is changed.\n",
		"\n  would fix   PushTopic OmnibridgePSR: is not there: would be created\n",
		"\n  missing     queue Support: its routing configuration External has no push time-out\n",
		"\nWhat only a person can do:\n\n  1. queue Support: its routing configuration External has no push time-out\n      Why: an AgentWork cannot be taken back",
		"\n      Do: Setup > Routing Configurations > External > Edit > Push Time-Out",
		"\nNot ready: 2 to mend, 1 of them by setup without --dry-run.\n",
	} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %q in\n%s", want, all.String())
		}
	}
	for line := range strings.Lines(all.String()) {
		if strings.HasPrefix(line, "      ") && len(line) > 110 {
			t.Errorf("a line of %d characters: %s", len(line), line)
		}
	}
}
