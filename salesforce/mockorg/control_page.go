package mockorg

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

// The first page of the control plane, GET /mock/v1/, tells what there is to call
// and to set and how it stands: as a page to browsers, as JSON to everybody else.

//go:embed control_page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// aboutCalls says what each call is for. Those of one agent are shown as one.
var aboutCalls = map[string]string{
	"POST /mock/v1/work":            "a customer comes: a record enters a queue",
	"POST /mock/v1/work/{id}/leave": "the customer goes away",
	"POST /mock/v1/work/{id}/close": "the record is closed",
	"DELETE /mock/v1/work/{id}":     "the record is deleted",
	"POST /mock/v1/work/{id}/owner": "the record is given to a queue or user",
	"GET /mock/v1/agents":           "the agents: status, load, work",
	"GET /mock/v1/agents/{agent}":   "one agent",

	"POST /mock/v1/agents/{agent}/online":     "logs in, or changes the status",
	"POST /mock/v1/agents/{agent}/offline":    "logs out",
	"POST /mock/v1/agents/{agent}/drop":       "loses the connection",
	"POST /mock/v1/agents/{agent}/accept":     "accepts work",
	"POST /mock/v1/agents/{agent}/decline":    "declines work",
	"POST /mock/v1/agents/{agent}/close":      "closes the tab of work",
	"POST /mock/v1/agents/{agent}/transfer":   "transfers work to a queue or agent",
	"POST /mock/v1/agents/{agent}/capacity":   "sets the capacity",
	"POST /mock/v1/agents/{agent}/autoaccept": "switches auto-accept",
	"POST /mock/v1/agents/{agent}/autopilot":  "makes the agent act by itself",

	"GET /mock/v1/settings":         "the switches of the Omni-Channel behaviour",
	"POST /mock/v1/settings":        "moves switches",
	"POST /mock/v1/pushtimeout":     "sets the push timeout of all routing configurations",
	"GET /mock/v1/clock":            "the org's time",
	"POST /mock/v1/clock":           "moves the org's time forward",
	"GET /mock/v1/limits":           "the allowances and what is used of them",
	"POST /mock/v1/limits":          "sets allowances, or those of an edition",
	"POST /mock/v1/dailyrequests":   "sets the allowance of API requests alone",
	"GET /mock/v1/state":            "all there is, to be gone on with",
	"POST /mock/v1/state":           "makes the org what a state says",
	"GET /mock/v1/console":          "what the console page frames",
	"POST /mock/v1/console":         "sets what the console page frames",
	"GET /mock/v1/await":            "waits until a query gives so many rows",
	"GET /mock/v1/history":          "the committed changes",
	"GET /mock/v1/verdict":          "what became of each work item",
	"GET /mock/v1/faults":           "the faults armed, and those there are",
	"POST /mock/v1/faults":          "arms a fault: at once, later, by chance or by script",
	"DELETE /mock/v1/faults":        "disarms faults",
	"POST /mock/v1/faults/seed":     "sets what the chances of faults are drawn from",
	"GET /mock/v1/requests":         "the requests received",
	"DELETE /mock/v1/requests":      "forgets the requests received",
	"GET /mock/v1/counts":           "how often what was asked",
	"POST /mock/v1/sessions/revoke": "ends logins",
	"POST /mock/v1/sessions/life":   "sets how long a login lives",
	"GET /mock/v1/stream":           "the streaming clients",
	"POST /mock/v1/stream/forget":   "forgets streaming clients",
	"POST /mock/v1/stream/purge":    "forgets retained events",
	"POST /mock/v1/stream/timeout":  "sets how long a connect is held",
	"POST /mock/v1/capture":         "selects objects for change data capture",
	"POST /mock/v1/channels":        "makes a custom channel of change events",
}

// getFirst answers GET /mock/v1/.
func (o *Org) getFirst(w http.ResponseWriter, r *http.Request, patterns []string) {
	w.Header().Set("Vary", "Accept")
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		reply := o.limitsReply()
		faults, err := o.getFaults(r)
		reply["calls"], reply["about"], reply["faults"], reply["settings"], reply["now"] = patterns, aboutCalls, faults, o.Settings(), o.clock.Now().UTC()
		controlReply(w, reply, err)
		return
	}
	var page bytes.Buffer
	view, err := o.pageView(patterns)
	if err == nil {
		err = pageTemplate.Execute(&page, view)
	}
	if err != nil {
		controlReply(w, nil, fmt.Errorf("make the page: %w", err))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = w.Write(page.Bytes()) // the client is gone if this fails
}

// pageLine is one line of a table of the page.
type pageLine struct {
	Name, Value, About string
	Counted            bool // a limit: Used of Most
	Used, Most         int
	Link               string // of a call that a browser can make
}

// pageView is what the page shows.
type pageView struct {
	URL, Now                              string
	Limits, Settings, Armed, Known, Calls []pageLine
	Requests, Agents, Clients             int
}

func (o *Org) pageView(patterns []string) (*pageView, error) {
	v := &pageView{URL: o.URL(), Now: o.clock.Now().UTC().Format(time.DateTime), Agents: len(o.Agents()), Clients: len(o.streaming.Clients())}
	for _, n := range o.Counts() {
		v.Requests += n
	}
	limits, err := lines(o.Limits())
	if err != nil {
		return nil, err
	}
	used, err := lines(o.LimitsUsed())
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		line := pageLine{Name: name, Value: unquoted(limits[name])}
		if n, ok := used[name]; ok { // both are numbers
			line.Counted = true
			_, _ = fmt.Sscan(string(n), &line.Used)
			_, _ = fmt.Sscan(string(limits[name]), &line.Most)
		}
		v.Limits = append(v.Limits, line)
	}
	settings, err := lines(o.Settings())
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		v.Settings = append(v.Settings, pageLine{Name: name, Value: unquoted(settings[name])})
	}
	for _, f := range o.armedFaults() {
		text, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		v.Armed = append(v.Armed, pageLine{Name: f.Name, Value: string(text)})
	}
	v.Known = append(namedLines(FaultNames(), ""), namedLines(cometd.FaultNames(), "streaming")...)
	for _, pattern := range patterns {
		line := pageLine{Name: pattern, About: aboutCalls[pattern]}
		if path, ok := strings.CutPrefix(pattern, "GET "); ok && !strings.Contains(path, "{") {
			line.Link = path
		}
		v.Calls = append(v.Calls, line)
	}
	slices.SortStableFunc(v.Calls, func(a, b pageLine) int { return strings.Compare(pathOf(a.Name), pathOf(b.Name)) })
	return v, nil
}

// lines are the members of what JSON writes as an object.
func lines(v any) (map[string]json.RawMessage, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	return members, json.Unmarshal(text, &members)
}

func unquoted(value json.RawMessage) string { return strings.Trim(string(value), `"`) }

func pathOf(pattern string) string {
	_, path, _ := strings.Cut(pattern, " ")
	return path
}

func namedLines(about map[string]string, value string) (list []pageLine) {
	for _, name := range slices.Sorted(maps.Keys(about)) {
		list = append(list, pageLine{Name: name, About: about[name], Value: value})
	}
	return list
}
