package interactions

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"omnibridge/vcc"
)

// Bounds of a request.
const (
	maxText    = 500
	maxSkills  = 50
	maxSeconds = 30 * 24 * 3600
)

// invocation is the body of an invoke request (vcc.md 10.2). Names are matched
// whatever their case.
type invocation struct {
	Provider string    `json:"provider"`
	Requests []request `json:"requests"`
}

type request struct {
	Action      string   `json:"action"`
	RequestID   string   `json:"requestid"`
	ExternalID  string   `json:"externalid"`
	Route       string   `json:"route"`
	LinkedData  []linked `json:"linkeddata"`
	RoutingData routing  `json:"routingdata"`
}

// linked is something to show, or to open.
type linked struct {
	Type  string `json:"type"` // clid, url, name, mediatype or object
	Label string `json:"label"`
	Owner string `json:"owner"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

type routing struct {
	InteractionType string         `json:"interactiontype"` // live, chat or nonlive
	PersonalQueue   *personalQueue `json:"personalqueue"`
	Skills          []skill        `json:"skills"`
}

type personalQueue struct {
	Agent            string `json:"agent"`
	LoggedInTimeout  *int   `json:"loggedintimeout"`  // seconds
	LoggedOutTimeout *int   `json:"loggedouttimeout"` // seconds
}

type skill struct {
	Name        string `json:"name"`
	ExpiryAfter *int   `json:"expiryafter"` // seconds; none: mandatory, 0: optional
}

// invoke dispatches and releases interactions: all that a request lists, or none.
func (s *Server) invoke(ctx context.Context, p pass, body []byte) error {
	var in invocation
	if err := decode(body, &in); err != nil {
		return err
	}
	if err := checkText("provider", in.Provider, maxName); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if !p.speaksFor(in.Provider) {
		return refuse(http.StatusForbidden, "the token may not speak for provider %q", in.Provider)
	}
	by, known := s.provider(in.Provider)
	switch {
	case in.Provider != "" && !known:
		return refuse(http.StatusBadRequest, "provider %q is not registered: POST it to /interactions/register first", in.Provider)
	case len(in.Requests) == 0:
		return refuse(http.StatusBadRequest, "requests is empty: list at least one")
	case slices.ContainsFunc(in.Requests, func(q request) bool { return q.RoutingData.PersonalQueue != nil }) && !s.o.Known():
		return refuse(http.StatusServiceUnavailable, "the agents are not known yet: send it again in a moment")
	}
	all := make([]vcc.Report, len(in.Requests))
	keys := make([]requestKey, len(in.Requests))
	for i, q := range in.Requests {
		r, err := s.report(by, q)
		if err != nil {
			return refuse(http.StatusBadRequest, "requests[%d].%v", i, err)
		}
		all[i], keys[i] = r, requestKey{in.Provider, q.RequestID}
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.PutWithin)
	defer cancel()
	first, done, err := s.recent.begin(ctx, keys)
	if err != nil {
		return s.unsure(err, in)
	}
	var reports []vcc.Report
	for i, r := range all {
		if first[i] { // only the first of a requestid is done
			reports = append(reports, r)
		}
	}
	if len(reports) > 0 {
		err = s.o.Put(ctx, reports)
	}
	done(err == nil)
	if err != nil {
		return s.unsure(err, in)
	}
	return nil
}

// unsure says that it is not known whether a request was done.
func (s *Server) unsure(err error, in invocation) error {
	err = fmt.Errorf("give %d interactions of provider %q to the engine: %w", len(in.Requests), in.Provider, err)
	if errors.Is(err, context.DeadlineExceeded) {
		s.o.Log.Warn("an interaction request took too long", "err", err)
		return refuse(http.StatusServiceUnavailable, "that takes too long now: send it again in a moment")
	}
	return err
}

// report turns one entry of a request into what the engine is told.
func (s *Server) report(by Provider, q request) (vcc.Report, error) {
	for _, f := range []struct{ name, text string }{{"requestid", q.RequestID}, {"externalid", q.ExternalID}, {"route", q.Route}} {
		if err := checkText(f.name, f.text, maxText); err != nil {
			return vcc.Report{}, err
		}
	}
	switch strings.ToLower(q.Action) {
	case "", "dispatch":
		return s.dispatch(by, q)
	case "release":
		if q.ExternalID == "" {
			return vcc.Report{}, fmt.Errorf("externalid is missing: it says what to release")
		}
		return vcc.Report{
			Kind: vcc.Withdrawn, Interaction: interactionID(by.Name, q), Reason: vcc.CustomerLeft, Detail: "released by " + cmp.Or(by.Name, "the API"),
		}, nil
	}
	return vcc.Report{}, fmt.Errorf("action is %q: must be dispatch or release", shorten(q.Action))
}

func (s *Server) dispatch(by Provider, q request) (vcc.Report, error) {
	r := vcc.Report{Kind: vcc.Arrived, Interaction: interactionID(by.Name, q), Work: &vcc.Work{}}
	r.Call = &vcc.Call{Direction: "in", Provider: by.Name, External: q.ExternalID, Request: q.RequestID}
	by.limits(r.Call)
	if q.Route == "" {
		return r, fmt.Errorf("route is missing: name the route to a plan")
	}
	plan, ok := s.o.Plan(q.Route)
	if !ok {
		return r, fmt.Errorf("route: there is no route %q", shorten(q.Route))
	}
	r.Work.Plan = plan
	if err := classify(q.RoutingData.InteractionType, r.Work); err != nil {
		return r, err
	}
	if err := link(q.LinkedData, r.Work); err != nil {
		return r, err
	}
	r.Call.Number = r.Work.Caller
	needs, err := needs(q.RoutingData.Skills)
	if err != nil {
		return r, err
	}
	r.Work.Needs = needs
	return r, s.reserve(q.RoutingData.PersonalQueue, &r)
}

// classify takes the type of an interaction (vcc.md 2, "How routing differs").
func classify(kind string, w *vcc.Work) error {
	switch strings.ToLower(kind) {
	case "live":
		w.Class, w.Medium = vcc.Live, "call"
	case "chat":
		w.Class, w.Medium = vcc.SemiLive, "chat"
	case "nonlive", "":
		w.Class, w.Medium = vcc.NonLive, "case"
	default:
		return fmt.Errorf("routingdata.interactiontype is %q: must be live, chat or nonlive", shorten(kind))
	}
	return nil
}

var (
	recordID   = regexp.MustCompile(`^[0-9A-Za-z]{15}([0-9A-Za-z]{3})?$`)
	recordLink = regexp.MustCompile(`/r/(?:[^/]+/)?([0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?)/`)
)

// link takes what the interaction is about: what to call it, who calls, and the
// record to open, by its id or by a link to it.
func link(list []linked, w *vcc.Work) error {
	byLink := ""
	for i, l := range list {
		field := fmt.Sprintf("linkeddata[%d]", i)
		for _, f := range []struct{ name, text string }{{"label", l.Label}, {"owner", l.Owner}, {"key", l.Key}, {"value", l.Value}} {
			most := maxText
			if f.name == "value" {
				most = maxURL
			}
			if err := checkText(field+"."+f.name, f.text, most); err != nil {
				return err
			}
		}
		switch strings.ToLower(l.Type) {
		case "clid":
			w.Caller = l.Value
		case "name":
			w.Name = l.Value
		case "mediatype":
			w.Medium = medium(l.Value, w.Medium)
		case "object":
			if recordID.MatchString(l.Value) {
				w.Record = l.Value
			}
		case "url":
			u, err := url.Parse(l.Value)
			if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
				return fmt.Errorf("%s.value is not the address of a page", field)
			}
			if m := recordLink.FindStringSubmatch(u.Path + "/"); m != nil {
				byLink = m[1]
			}
			if w.Name == "" {
				w.Name = l.Label
			}
		default:
			return fmt.Errorf("%s.type is %q: must be clid, url, name, mediatype or object", field, shorten(l.Type))
		}
	}
	w.Record = cmp.Or(w.Record, byLink)
	w.Name = cmp.Or(w.Name, w.Caller)
	return nil
}

// medium reads a media type like "Case-External", if it names a medium that pages
// know.
func medium(text string, otherwise vcc.Medium) vcc.Medium {
	word, _, _ := strings.Cut(strings.ToLower(text), "-")
	switch word {
	case "call", "chat", "messaging", "case", "email":
		return vcc.Medium(word)
	}
	return otherwise
}

func needs(skills []skill) ([]vcc.Need, error) {
	if len(skills) > maxSkills {
		return nil, fmt.Errorf("routingdata.skills has %d entries: must be at most %d", len(skills), maxSkills)
	}
	var list []vcc.Need
	for i, k := range skills {
		field := fmt.Sprintf("routingdata.skills[%d]", i)
		if err := checkText(field+".name", k.Name, maxText); err != nil {
			return nil, err
		}
		if k.Name == "" {
			return nil, fmt.Errorf("%s.name is missing: name the skill", field)
		}
		n := vcc.Need{Skill: vcc.Skill(k.Name)}
		if k.ExpiryAfter != nil {
			d, err := seconds(field+".expiryafter", *k.ExpiryAfter)
			if err != nil {
				return nil, err
			}
			n.For, n.Optional = d, d == 0
		}
		list = append(list, n)
	}
	return list, nil
}

// reserve takes the personal queue. A timeout of zero is over as soon as it begins.
func (s *Server) reserve(q *personalQueue, r *vcc.Report) error {
	if q == nil {
		return nil
	}
	if err := checkText("routingdata.personalqueue.agent", q.Agent, maxText); err != nil {
		return err
	}
	agent, ok := s.o.Agent(q.Agent)
	if !ok || q.Agent == "" {
		return fmt.Errorf("routingdata.personalqueue.agent: there is no agent %q", shorten(q.Agent))
	}
	r.Personal = &vcc.Personal{Agent: agent}
	for i, f := range []struct {
		name    string
		timeout *int
	}{{"loggedintimeout", q.LoggedInTimeout}, {"loggedouttimeout", q.LoggedOutTimeout}} {
		if f.timeout == nil {
			continue
		}
		d, err := seconds("routingdata.personalqueue."+f.name, *f.timeout)
		if err != nil {
			return err
		}
		r.PersonalFor[i] = max(d, time.Nanosecond)
	}
	return nil
}

func seconds(field string, n int) (time.Duration, error) {
	if n < 0 || n > maxSeconds {
		return 0, fmt.Errorf("%s is %d: must be 0 to %d seconds", field, n, maxSeconds)
	}
	return time.Duration(n) * time.Second, nil
}

// interactionID follows from who brings an interaction and its id there, so that a
// dispatch that comes again is about the same one. Without an id there, the request
// stands for it; without either it is new each time.
func interactionID(provider string, q request) vcc.InteractionID {
	kind, id := "external", q.ExternalID
	switch {
	case id != "":
	case q.RequestID != "":
		kind, id = "request", q.RequestID
	default:
		kind, id = "random", rand.Text()
	}
	h := sha256.New()
	for _, part := range []string{kind, provider, id} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return vcc.InteractionID("api-" + hex.EncodeToString(h.Sum(nil)[:16]))
}
