package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"omnibridge/connector"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// get asks the program for a page.
func (s *story) get(ctx context.Context, path string, reply any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if reply != nil {
		err = json.NewDecoder(resp.Body).Decode(reply)
	}
	return resp.StatusCode, err
}

// readiness is what /readyz says.
func (s *story) readiness(ctx context.Context) (ok bool, reasons string, err error) {
	var said struct {
		Ready   bool
		Reasons []string
	}
	status, err := s.get(ctx, "/readyz", &said)
	if err == nil && said.Ready != (status == http.StatusOK) {
		err = finalError{fmt.Errorf("/readyz says ready %v with status %d", said.Ready, status)}
	}
	return said.Ready, strings.Join(said.Reasons, "; "), err
}

func (s *story) ready(args []string) error {
	return until(func(ctx context.Context) error {
		ok, reasons, err := s.readiness(ctx)
		if err == nil && !ok {
			err = fmt.Errorf("not ready: %s", reasons)
		}
		return err
	})
}

func (s *story) notReady(args []string) error {
	if len(args) != 1 {
		return usage("not-ready REGEXP")
	}
	re, err := regexp.Compile(args[0])
	if err != nil {
		return err
	}
	return until(func(ctx context.Context) error {
		ok, reasons, err := s.readiness(ctx)
		if err == nil && (ok || !re.MatchString(reasons)) {
			err = fmt.Errorf("ready %v: %q", ok, reasons)
		}
		return err
	})
}

const expectUsage = "expect NAME waiting [REGEXP] | alerting AGENT[|AGENT] | opened AGENT[|AGENT] | gone closed|withdrawn|elsewhere"

// expectation is where a work item must stand.
type expectation struct {
	name, id string
	state    string   // waiting, alerting, opened or gone
	agents   []string // alerting, opened: with one of these
	outcome  string   // gone
	why      *regexp.Regexp
}

// expect waits until org and program both have a work item where it must stand.
func (s *story) expect(args []string) error {
	e, err := s.expectation(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.await(ctx, func() error { return s.inOrg(e) }); err != nil {
		return fmt.Errorf("org: %w", err)
	}
	return until(func(ctx context.Context) error { return s.inProgram(ctx, e) })
}

func (s *story) expectation(args []string) (e expectation, err error) {
	if len(args) < 2 || len(args) > 3 {
		return e, usage(expectUsage)
	}
	e.name, e.state = args[0], args[1]
	if e.id, err = s.item(e.name); err != nil {
		return e, err
	}
	third := ""
	if len(args) == 3 {
		third = args[2]
	}
	switch {
	case e.state == "waiting":
		e.why, err = regexp.Compile(third)
		return e, err
	case e.state == "gone" && slices.Contains([]string{"closed", "withdrawn", "elsewhere"}, third):
		e.outcome = third
		return e, nil
	case e.state == "alerting" || e.state == "opened":
		for name := range strings.SplitSeq(third, "|") {
			if s.agents[name] == "" {
				return e, fmt.Errorf("no agent is called %q", name)
			}
			e.agents = append(e.agents, s.agents[name])
		}
		return e, nil
	}
	return e, usage(expectUsage)
}

// verdictOf is what the org's records say became of a work item.
func (s *story) verdictOf(id string) (mockorg.WorkVerdict, error) {
	all := s.org.Verdict()
	if i := slices.IndexFunc(all, func(v mockorg.WorkVerdict) bool { return v.Work == id }); i >= 0 {
		return all[i], nil
	}
	return mockorg.WorkVerdict{}, errors.New("it was never announced")
}

// inOrg tells whether the org's records are as expected.
func (s *story) inOrg(e expectation) error {
	v, err := s.verdictOf(e.id)
	if err != nil {
		return err
	}
	assigned, opened := "", ""
	for _, w := range s.org.Records("AgentWork") {
		user, _ := w["UserId"].(string)
		switch {
		case w["WorkItemId"] != e.id:
		case w["Status"] == "Assigned":
			assigned = user
		case w["Status"] == "Opened":
			opened = user
		}
	}
	is := fmt.Sprintf("%s is %s, alerting %q, opened %q", e.name, v.Outcome, assigned, opened)
	ok := false
	switch e.state {
	case "waiting":
		ok = v.Outcome == "waiting" && assigned == ""
	case "alerting":
		ok = slices.Contains(e.agents, assigned)
	case "opened":
		ok = slices.Contains(e.agents, opened) && assigned == ""
	case "gone":
		ok = v.Outcome == e.outcome || e.outcome == "elsewhere" && assigned+opened == "" && !s.announced(e.id)
	}
	if !ok {
		return errors.New(is)
	}
	return nil
}

// announced tells whether a PSR of external routing is there for a work item.
func (s *story) announced(id string) bool {
	return slices.ContainsFunc(s.org.Records("PendingServiceRouting"), func(r mockorg.Row) bool {
		return r["WorkItemId"] == id && r["RoutingModel"] == "ExternalRouting" && r["IsDeleted"] != true
	})
}

// inProgram tells whether the program's status is as expected.
func (s *story) inProgram(ctx context.Context, e expectation) error {
	var v connector.View
	if _, err := s.get(ctx, "/api/status", &v); err != nil {
		return err
	}
	i := slices.IndexFunc(v.Interactions, func(x connector.InteractionView) bool { return x.Work.Record == e.id })
	if i < 0 {
		if e.state == "gone" {
			return nil
		}
		return fmt.Errorf("the program does not list %s", e.name)
	}
	x := v.Interactions[i]
	is := fmt.Errorf("the program has %s as %s (%s): %s %v", e.name, x.State, x.Delivery, x.Why, x.Legs)
	with := func(state vcc.State) error {
		if leg := x.Current(); x.State != state || leg == nil || !slices.Contains(e.agents, string(leg.Agent)) {
			return is
		}
		return nil
	}
	switch e.state {
	case "waiting":
		if x.State == vcc.Waiting && e.why.MatchString(x.Why) {
			return nil
		}
	case "alerting":
		return with(vcc.Alerted)
	case "opened":
		return with(vcc.Connected)
	}
	return is
}

func (s *story) pushes(args []string) error {
	if len(args) != 2 {
		return usage("pushes NAME COUNT")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	want, err := number(args[1])
	if err != nil {
		return err
	}
	v, err := s.verdictOf(id)
	if err == nil && v.Pushes != want {
		err = fmt.Errorf("%s was pushed %d times, not %d", args[0], v.Pushes, want)
	}
	return err
}

func (s *story) load(args []string) error {
	if len(args) != 2 || s.agents[args[0]] == "" {
		return usage("load AGENT PERCENT")
	}
	want, err := number(args[1])
	if err != nil {
		return err
	}
	return until(func(ctx context.Context) error {
		var v connector.View
		if _, err := s.get(ctx, "/api/status", &v); err != nil {
			return err
		}
		id := vcc.AgentID(s.agents[args[0]])
		if !slices.ContainsFunc(v.Agents, func(a vcc.Agent) bool { return a.ID == id && a.Omni.Online }) {
			return fmt.Errorf("the program does not know that %s is online", args[0])
		}
		if have := v.Loads[id]; have != want {
			return fmt.Errorf("the program says that %s has a load of %d percent, not %d", args[0], have, want)
		}
		return nil
	})
}

func (s *story) requests(args []string) error {
	if len(args) != 2 {
		return usage("requests 'METHOD RESOURCE [OBJECT]' COUNT")
	}
	want, err := number(args[1])
	if err != nil {
		return err
	}
	if have := s.org.Counts()[args[0]]; have != want {
		return fmt.Errorf("the org had %d requests %s, not %d", have, args[0], want)
	}
	return nil
}
