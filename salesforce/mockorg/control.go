package mockorg

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// The control plane, /mock/v1/…, moves the world around the org: customers,
// agents, faults, time. It is no part of the Salesforce API, has no login, and
// is meant for loopback. Everything it does can be done from Go by the method
// that each call names.
//
// Requests and replies are JSON. Unknown keys are refused. A refusal is
// {"error": "what was wrong and what to do instead"} with status 400 (bad
// input, or over a limit of the org), 404 (no such thing), 409 (not possible in the present state) or 408
// (waited in vain), and nothing changed. Agents are named by username, by its
// part before the @, or by id; queues and statuses by developer name or id.
// Durations are text with a unit: "250ms", "20s".
//
// Customers (Org.AddWork, LeaveWork, CloseWork, OwnWork, DeleteWork):
//
//	POST   /mock/v1/work              {"object":"LiveChatTranscript","queue":"Support_Chat","name":"Iris","fields":{"Browser":"Firefox"}}
//	                                  → {"id":"570…","psr":"0JR…","name":"00000001"}
//	POST   /mock/v1/work/{id}/leave   the customer goes away
//	POST   /mock/v1/work/{id}/close   the record is closed
//	POST   /mock/v1/work/{id}/owner   {"owner":"Sales_Leads"} or {"owner":"ada"}
//	DELETE /mock/v1/work/{id}
//
// Agents (Org.Agents, Org.Agent and the methods of Agent); each answers with
// the agent's state. A call without "work" means the oldest; "work" is the id
// of the AgentWork or of its record:
//
//	GET  /mock/v1/agents                     → {"agents":[{"username":"ada@acme.example","status":"Available","load":51,…}]}
//	GET  /mock/v1/agents/ada
//	POST /mock/v1/agents/ada/online          {"status":"Available"}
//	POST /mock/v1/agents/ada/offline
//	POST /mock/v1/agents/ada/drop            the connection is lost; Salesforce notices after a while
//	POST /mock/v1/agents/ada/accept          {"work":"0Bz…"} or nothing
//	POST /mock/v1/agents/ada/decline         {"reason":"Not my skill"}
//	POST /mock/v1/agents/ada/close           the tab is closed
//	POST /mock/v1/agents/ada/transfer        {"to":"ben"} or {"to":"Support_Chat"}
//	POST /mock/v1/agents/ada/capacity        {"capacity":100}
//	POST /mock/v1/agents/ada/autoaccept      {"on":true}
//	POST /mock/v1/agents/ada/autopilot       {"mode":"decline","every":3,"after":"2s","handle":"30s","reason":"On a break"};
//	                                         modes accept, decline, ignore, drop (with "rejoin":"1m") and off
//
// Behaviour (Org.Settings, SetSettings, SetPushTimeout, Clock): the switches are
// documented at Settings; those not named keep their positions:
//
//	GET  /mock/v1/settings                   → {"undeliverable":"reject",…}
//	POST /mock/v1/settings                   {"undeliverable":"unavailable","disconnect_after":"5s"}
//	POST /mock/v1/pushtimeout                {"seconds":5}
//	GET  /mock/v1/clock                      → {"now":"2026-03-01T09:30:00Z"}
//	POST /mock/v1/clock                      {"advance":"20s"}
//
// Watching (Org.Await, History, Verdict):
//
//	GET  /mock/v1/await?soql=SELECT+Id+FROM+AgentWork+WHERE+Status='Opened'&min=2&timeout=10s
//	                                         held until the query gives exactly count, or at least min, rows (min=1 when
//	                                         neither is given) → {"count":2,"rows":[…]}; 408 with the rows seen otherwise
//	GET  /mock/v1/history?object=AgentWork&after=120&limit=100
//	                                         → {"changes":[{"seq":121,"object":"AgentWork","op":"updated","fields":{…}}]}
//	GET  /mock/v1/verdict                    → {"work":[{"work":"570…","pushes":2,"max_assigned":1,"outcome":"opened",…}]}
//
// GET /mock/v1/ lists all calls, faults, settings and limits with their present
// values, to a browser as a page.
//
// The calls for faults, recorded requests and sessions are documented in
// control_rig.go, those for limits in control_limits.go, those that save the org and
// bring it back in control_state.go.

// maxControlBody bounds a request's body.
const maxControlBody = 1 << 20

// maxAwait bounds how long a call may be held.
const maxAwait = 10 * time.Minute

// controlCalls maps a pattern of http.ServeMux to what it does. What a function
// returns is the reply.
func (o *Org) controlCalls() map[string]func(*http.Request) (any, error) {
	calls := map[string]func(*http.Request) (any, error){
		"POST /mock/v1/work":            o.postWork,
		"POST /mock/v1/work/{id}/leave": o.workCall(o.LeaveWork),
		"POST /mock/v1/work/{id}/close": o.workCall(o.CloseWork),
		"DELETE /mock/v1/work/{id}":     o.workCall(o.DeleteWork),
		"POST /mock/v1/work/{id}/owner": o.postOwner,
		"GET /mock/v1/settings":         func(*http.Request) (any, error) { return o.Settings(), nil },
		"POST /mock/v1/settings":        o.postSettings,
		"POST /mock/v1/pushtimeout":     o.postPushTimeout,
		"GET /mock/v1/clock":            func(*http.Request) (any, error) { return o.clockReply(), nil },
		"POST /mock/v1/clock":           o.postClock,
		"GET /mock/v1/await":            o.getAwait,
		"GET /mock/v1/history":          o.getHistory,
		"GET /mock/v1/verdict":          func(*http.Request) (any, error) { return map[string]any{"work": o.Verdict()}, nil },
		"GET /mock/v1/agents":           func(*http.Request) (any, error) { return map[string]any{"agents": o.Agents()}, nil },
		"GET /mock/v1/agents/{agent}":   o.agentCall(func(Agent, *http.Request) error { return nil }),
	}
	for deed, do := range agentDeeds {
		calls["POST /mock/v1/agents/{agent}/"+deed] = o.agentCall(do)
	}
	maps.Copy(calls, o.rigCalls())
	maps.Copy(calls, o.limitCalls())
	maps.Copy(calls, o.stateCalls())
	maps.Copy(calls, o.consoleCalls())
	return calls
}

// control returns the handler of the control plane.
func (o *Org) control() http.Handler {
	mux := http.NewServeMux()
	calls := o.controlCalls()
	for pattern, call := range calls {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			most := int64(maxControlBody)
			if pattern == postStatePattern {
				most = maxStateBody
			}
			r.Body = http.MaxBytesReader(w, r.Body, most)
			reply, err := call(r)
			controlReply(w, reply, err)
		})
	}
	patterns := slices.Sorted(maps.Keys(calls))
	mux.HandleFunc("GET /mock/v1/{$}", func(w http.ResponseWriter, r *http.Request) { o.getFirst(w, r, patterns) })
	mux.HandleFunc("/mock/", func(w http.ResponseWriter, r *http.Request) {
		controlReply(w, nil, notFound("there is no call %s %s: GET /mock/v1/ lists those there are", r.Method, r.URL.Path))
	})
	return mux
}

// controlReply writes a reply or a refusal.
func controlReply(w http.ResponseWriter, reply any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		body := map[string]any{"error": err.Error()}
		if e, ok := errors.AsType[*ControlError](err); ok {
			status = e.Status
		} else if e, ok := errors.AsType[*APIError](err); ok {
			status = e.Status
		}
		if extra, ok := reply.(map[string]any); ok {
			maps.Copy(body, extra)
		}
		reply = body
	}
	if reply == nil {
		reply = struct{}{}
	}
	b, err := json.Marshal(reply)
	if err != nil { // a reply of ours that JSON cannot say
		status, b = http.StatusInternalServerError, []byte(`{"error":"the reply could not be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // the client is gone if this fails
}

// readBody reads a request's body into v, strictly; an empty body leaves v alone.
func readBody(r *http.Request, v any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest("the body could not be read: %v", err)
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return badRequest("the body is not what %s %s takes: %v; see the package documentation for an example", r.Method, r.URL.Path, err)
	}
	if d.More() {
		return badRequest("the body holds more than one JSON value: send one")
	}
	return nil
}

func (o *Org) postWork(r *http.Request) (any, error) {
	var w NewWork
	if err := readBody(r, &w); err != nil {
		return nil, err
	}
	return o.AddWork(w)
}

// workCall makes a call of a step on the work item that the path names. The
// reply is the record as it is then.
func (o *Org) workCall(step func(id string) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		if err := readBody(r, &struct{}{}); err != nil {
			return nil, err
		}
		id := r.PathValue("id")
		if err := step(id); err != nil {
			return nil, err
		}
		return o.liveRow(id), nil
	}
}

// liveRow returns a copy of a live record, an empty one when it is gone.
func (o *Org) liveRow(id string) Row {
	row := Row{}
	_ = o.view(func(t *tx) error { // the function never fails
		found, _ := t.get(id)
		maps.Copy(row, found)
		return nil
	})
	return row
}

func (o *Org) postOwner(r *http.Request) (any, error) {
	var body struct {
		Owner string `json:"owner"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if err := o.OwnWork(r.PathValue("id"), body.Owner); err != nil {
		return nil, err
	}
	return o.liveRow(r.PathValue("id")), nil
}

func (o *Org) postSettings(r *http.Request) (any, error) {
	s := o.Settings()
	if err := readBody(r, (*bareSettings)(&s)); err != nil {
		return nil, err
	}
	if err := o.SetSettings(s); err != nil {
		return nil, err
	}
	return o.Settings(), nil
}

func (o *Org) postPushTimeout(r *http.Request) (any, error) {
	var body struct {
		Seconds *int64 `json:"seconds"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.Seconds == nil {
		return nil, badRequest(`seconds is missing: send {"seconds":20}, or 0 to switch the timeout off`)
	}
	return nil, o.SetPushTimeout(*body.Seconds)
}

func (o *Org) clockReply() any { return map[string]any{"now": o.clock.Now().UTC()} }

func (o *Org) postClock(r *http.Request) (any, error) {
	var body struct {
		Advance Duration `json:"advance"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	if body.Advance < 0 {
		return nil, badRequest("advance is %v: time does not go back", time.Duration(body.Advance))
	}
	o.clock.Advance(time.Duration(body.Advance))
	return o.clockReply(), nil
}

func (o *Org) getAwait(r *http.Request) (any, error) {
	q := r.URL.Query()
	exact, atLeast := -1, 1
	for name, n := range map[string]*int{"count": &exact, "min": &atLeast} {
		if text := q.Get(name); text != "" {
			v, err := strconv.Atoi(text)
			if err != nil || v < 0 {
				return nil, badRequest("%s is %q: use a whole number of rows", name, text)
			}
			*n = v
		}
	}
	if q.Has("count") && q.Has("min") {
		return nil, badRequest("count and min are both given: use count for exactly that many rows, min for at least")
	}
	timeout := 10 * time.Second
	if text := q.Get("timeout"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > maxAwait {
			return nil, badRequest("timeout is %q: use a duration such as 10s, at most %v", text, maxAwait)
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, fmt.Errorf("%v passed", timeout))
	defer cancel()
	rows, err := o.Await(ctx, q.Get("soql"), func(rows []Row) bool {
		if exact >= 0 {
			return len(rows) == exact
		}
		return len(rows) >= atLeast
	})
	if e, ok := errors.AsType[*ControlError](err); ok && e.Status != http.StatusRequestTimeout {
		return nil, err
	}
	return map[string]any{"count": len(rows), "rows": rows}, err
}

func (o *Org) getHistory(r *http.Request) (any, error) {
	q := r.URL.Query()
	var after uint64
	limit := 1000
	if text := q.Get("after"); text != "" {
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil, badRequest("after is %q: use the seq of a change", text)
		}
		after = v
	}
	if text := q.Get("limit"); text != "" {
		v, err := strconv.Atoi(text)
		if err != nil || v < 1 {
			return nil, badRequest("limit is %q: use a whole number from 1", text)
		}
		limit = v
	}
	if name := q.Get("object"); name != "" && o.schema.object(name) == nil {
		return nil, notFound("there is no object %q", name)
	}
	changes := o.History(q.Get("object"), after)
	return map[string]any{"changes": changes[:min(limit, len(changes))]}, nil
}
