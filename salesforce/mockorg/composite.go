package mockorg

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Bounds of the composite resources (salesforce-apis 2.5).
const (
	maxSubrequests = 25
	maxHeavy       = 5 // of them queries and collections
	maxRows        = 200
	maxChunks      = 10
)

// composite answers everything below /composite.
func (c *call) composite(rest []string) (reply, error) {
	switch {
	case len(rest) == 0:
		return c.compositeRequest()
	case rest[0] == "sobjects":
		return c.rows(rest[1:])
	case len(rest) == 1 && rest[0] == "batch":
		return c.batch()
	}
	return reply{}, errNotFound()
}

// subrequest is one part of a composite request.
type subrequest struct {
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	ReferenceID string            `json:"referenceId"`
	Body        json.RawMessage   `json:"body"`
	HTTPHeaders map[string]string `json:"httpHeaders"`
}

// compositeRequest answers POST /composite. With allOrNone everything happens
// in one transaction, else each part in its own.
func (c *call) compositeRequest() (reply, error) {
	if err := c.only(http.MethodPost); err != nil {
		return reply{}, err
	}
	var in struct {
		AllOrNone          bool         `json:"allOrNone"`
		CollateSubrequests bool         `json:"collateSubrequests"` // an optimisation that changes no result
		CompositeRequest   []subrequest `json:"compositeRequest"`
	}
	if err := decode(c.body, &in); err != nil {
		return reply{}, err
	}
	if err := checkSubrequests(in.CompositeRequest); err != nil {
		return reply{}, err
	}
	x := &compositeRun{c: c, refs: map[string]any{}}
	run := func(t *tx) error { return x.run(t, in.CompositeRequest, in.AllOrNone) }
	if !in.AllOrNone {
		_ = run(nil) // the parts fail one by one, each in its own result
	} else if err := c.change(run); err != nil && !errors.Is(err, errHalted) {
		return reply{}, err
	}
	b := []byte(`{"compositeResponse":[`)
	for i, r := range x.results {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, encode(r)...)
	}
	return reply{status: http.StatusOK, body: append(b, "]}"...)}, nil
}

func checkSubrequests(list []subrequest) error {
	seen := map[string]bool{}
	heavy := 0
	for i, s := range list {
		switch {
		case s.ReferenceID == "" || strings.ContainsAny(s.ReferenceID, "@{}.[] "):
			return refuse("JSON_PARSER_ERROR", fmt.Sprintf("Subrequest %d needs a referenceId of letters, digits and underscores", i+1))
		case seen[s.ReferenceID]:
			return refuse("JSON_PARSER_ERROR", "Duplicate referenceId provided: "+clip(s.ReferenceID))
		case s.URL == "" || s.Method == "":
			return refuse("JSON_PARSER_ERROR", "Subrequest "+clip(s.ReferenceID)+" needs a method and a url")
		}
		seen[s.ReferenceID] = true
		if strings.Contains(s.URL, "/query") || strings.Contains(s.URL, "/composite/sobjects") {
			heavy++
		}
	}
	switch {
	case len(list) == 0:
		return refuse("JSON_PARSER_ERROR", "compositeRequest is missing or empty")
	case len(list) > maxSubrequests:
		return refuse("LIMIT_EXCEEDED", fmt.Sprintf("The composite request has %d subrequests; the maximum is %d", len(list), maxSubrequests))
	case heavy > maxHeavy:
		return refuse("LIMIT_EXCEEDED", fmt.Sprintf("The composite request has %d queries and collections; the maximum is %d", heavy, maxHeavy))
	}
	return nil
}

// errHalted ends the transaction of an all-or-none request; the results tell why.
var errHalted = errors.New("a part of an all-or-none request failed")

// compositeRun is a composite request on its way.
type compositeRun struct {
	c       *call
	refs    map[string]any // bodies of the parts that succeeded
	results []subresult
}

// subresult is what became of one part.
type subresult struct {
	Body        json.RawMessage   `json:"body"`
	HTTPHeaders map[string]string `json:"httpHeaders"`
	Status      int               `json:"httpStatusCode"`
	ReferenceID string            `json:"referenceId"`
}

// run carries out the parts in order. t is nil unless all share a transaction.
func (x *compositeRun) run(t *tx, list []subrequest, allOrNone bool) error {
	failed := -1
	for i, s := range list {
		result := x.part(t, s)
		x.results = append(x.results, result)
		if result.Status >= http.StatusBadRequest && allOrNone {
			failed = i
			break
		}
	}
	if failed < 0 {
		return nil
	}
	cause := x.results[failed]
	x.results = x.results[:0]
	for i, s := range list {
		if i == failed {
			x.results = append(x.results, cause)
			continue
		}
		x.results = append(x.results, halted(s, "The transaction was rolled back since another operation in the same transaction failed."))
	}
	return errHalted
}

func halted(s subrequest, why string) subresult {
	return subresult{Body: errorList(refuse("PROCESSING_HALTED", why)), HTTPHeaders: map[string]string{},
		Status: http.StatusBadRequest, ReferenceID: s.ReferenceID}
}

// part carries out one part with its references filled in.
func (x *compositeRun) part(t *tx, s subrequest) subresult {
	address, err := x.fill(s.URL)
	if err != nil {
		return halted(s, err.Error())
	}
	body := s.Body
	if len(body) > 0 {
		var value any
		if err := decode(body, &value); err == nil {
			if value, err = x.fillAll(value); err != nil {
				return halted(s, err.Error())
			}
			body = encode(value)
		}
	}
	answer, refusal := x.c.sub(t, s.Method, address, body, s.HTTPHeaders)
	result := subresult{Body: answer.body, HTTPHeaders: map[string]string{}, Status: answer.status, ReferenceID: s.ReferenceID}
	if refusal != nil {
		result.Body, result.Status = errorList(refusal), refusal.Status
		return result
	}
	if answer.location != "" {
		result.HTTPHeaders["Location"] = answer.location
	}
	var value any
	if len(answer.body) > 0 && decode(answer.body, &value) == nil {
		x.refs[s.ReferenceID] = value
	} else {
		result.Body = json.RawMessage("null")
	}
	return result
}

// fill replaces every @{reference.path} in a text.
func (x *compositeRun) fill(text string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "@{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "", fmt.Errorf("Invalid reference specified. @{%s is not closed", clip(after)) //lint:ignore ST1005 the service's words
		}
		value, err := x.refer(name)
		if err != nil {
			return "", err
		}
		b.WriteString(value)
		text = rest
	}
}

// refer finds the value of reference.path, such as a.id or q.records[0].Id.
func (x *compositeRun) refer(name string) (string, error) {
	id, path, _ := strings.Cut(name, ".")
	value, ok := x.refs[id]
	for step := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		switch v := value.(type) {
		case map[string]any:
			value, ok = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscanf(step, "%d", &i); err != nil || i < 0 || i >= len(v) {
				ok = false
				break
			}
			value = v[i]
		default:
			ok = false
		}
		if !ok {
			break
		}
	}
	switch value.(type) {
	case string, json.Number, bool:
		if ok {
			return fmt.Sprint(value), nil
		}
	}
	return "", fmt.Errorf("Invalid reference specified. No value for %s found in %s", clip(name), clip(id)) //lint:ignore ST1005 the service's words
}

// fillAll fills the references in every text of a JSON value.
func (x *compositeRun) fillAll(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case string:
		return x.fill(v)
	case map[string]any:
		for name := range v {
			if v[name], err = x.fillAll(v[name]); err != nil {
				return nil, err
			}
		}
	case []any:
		for i := range v {
			if v[i], err = x.fillAll(v[i]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// sub carries out a call inside this one and records it.
func (c *call) sub(t *tx, method, address string, body []byte, headers map[string]string) (reply, *APIError) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.EscapedPath(), "/services/data/v") {
		return reply{}, refuse("INVALID_URL", "The url of a subrequest must start with /services/data/vNN.0: "+clip(address))
	}
	header := c.header.Clone()
	for name, value := range headers {
		header.Set(name, value)
	}
	inner := &call{o: c.o, t: t, user: c.user, method: strings.ToUpper(method), path: u.EscapedPath(), params: u.Query(), header: header, body: body}
	if segments := strings.Split(u.Path, "/"); len(segments) > 4 && segments[4] == "composite" && (len(segments) < 6 || segments[5] != "sobjects") {
		return reply{}, refuse("INVALID_URL", "A composite request cannot hold another one")
	}
	answer, err := inner.answer()
	if err != nil {
		refusal := asRefusal(err)
		inner.note(refusal.Status)
		return reply{}, refusal
	}
	inner.note(answer.status)
	return answer, nil
}

// note records a part of a composite request.
func (c *call) note(status int) {
	c.o.requests.add(Request{At: c.o.clock.Now(), Method: c.method, Path: c.path, Object: c.object, SOQL: c.soql, User: c.user, Status: status, Part: true})
}

// batch answers POST /composite/batch: independent parts.
func (c *call) batch() (reply, error) {
	if err := c.only(http.MethodPost); err != nil {
		return reply{}, err
	}
	var in struct {
		HaltOnError   bool `json:"haltOnError"`
		BatchRequests []struct {
			Method    string          `json:"method"`
			URL       string          `json:"url"`
			RichInput json.RawMessage `json:"richInput"`
		} `json:"batchRequests"`
	}
	if err := decode(c.body, &in); err != nil {
		return reply{}, err
	}
	if n := len(in.BatchRequests); n == 0 || n > maxSubrequests {
		return reply{}, refuse("LIMIT_EXCEEDED", fmt.Sprintf("The batch has %d subrequests; it must have 1 to %d", n, maxSubrequests))
	}
	type result struct {
		Status int             `json:"statusCode"`
		Result json.RawMessage `json:"result"`
	}
	var out struct {
		HasErrors bool     `json:"hasErrors"`
		Results   []result `json:"results"`
	}
	for _, s := range in.BatchRequests {
		if out.HasErrors && in.HaltOnError {
			halted := refuse("BATCH_PROCESSING_HALTED", "Batch processing halted as requested by client because of a previous error")
			out.Results = append(out.Results, result{http.StatusPreconditionFailed, errorList(halted)})
			continue
		}
		address := s.URL
		if !strings.HasPrefix(address, "/services/data/") {
			address = "/services/data/" + strings.TrimPrefix(address, "/")
		}
		answer, refusal := c.sub(nil, s.Method, address, s.RichInput, nil)
		r := result{answer.status, answer.body}
		if refusal != nil {
			out.HasErrors = true
			r = result{refusal.Status, errorList(refusal)}
		}
		if len(r.Result) == 0 {
			r.Result = json.RawMessage("null")
		}
		out.Results = append(out.Results, r)
	}
	return reply{status: http.StatusOK, body: encode(out)}, nil
}
