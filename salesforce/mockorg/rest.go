package mockorg

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"omnibridge/salesforce/mockorg/soql"
)

// The API versions the org serves. Older ones are retired (salesforce-apis,
// version landscape), newer ones do not exist yet.
const (
	minVersion = 31
	maxVersion = 68
)

// reply is what a call answers: a JSON body, or none.
type reply struct {
	status   int
	body     []byte
	location string
}

// call is one request to the REST API, whether it came alone or inside a
// composite one.
type call struct {
	o       *Org
	t       *tx // of the surrounding composite request, nil when there is none
	user    string
	method  string
	path    string // escaped, without the query
	version string // such as v67.0
	params  url.Values
	header  http.Header
	body    []byte

	object, soql string // what it is about, for the recording
}

// change runs fn in the surrounding transaction, or in one of its own. When fn
// fails only what fn did is undone.
func (c *call) change(fn func(*tx) error) error {
	if c.t == nil {
		return c.o.changeAs(caller{user: c.user, origin: c.origin()}, fn)
	}
	mark := c.t.savepoint()
	err := fn(c.t)
	if err != nil {
		c.t.rollback(mark)
	}
	return err
}

// view runs fn on the records as the surrounding transaction sees them.
func (c *call) view(fn func(*tx) error) error {
	if c.t == nil {
		return c.o.view(fn)
	}
	return fn(c.t)
}

// origin is the changeOrigin of the change events the call causes.
func (c *call) origin() string {
	origin := "com/salesforce/api/rest/" + strings.TrimPrefix(c.version, "v")
	for option := range strings.SplitSeq(c.header.Get("Sforce-Call-Options"), ",") {
		if name, value, _ := strings.Cut(strings.TrimSpace(option), "="); strings.EqualFold(name, "client") {
			origin += ";client=" + strings.TrimSuffix(value, ":")
		}
	}
	return origin
}

// only refuses methods other than those named.
func (c *call) only(methods ...string) error {
	if slices.Contains(methods, c.method) || c.method == http.MethodHead && slices.Contains(methods, http.MethodGet) {
		return nil
	}
	return &APIError{Status: http.StatusMethodNotAllowed, Code: "METHOD_NOT_ALLOWED",
		Message: fmt.Sprintf("HTTP Method '%s' not allowed. Allowed are %s", c.method, strings.Join(methods, ","))}
}

func errNotFound() *APIError {
	return &APIError{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "The requested resource does not exist"}
}

// answer carries out the call. Its error, if any, is an *APIError or a fault of
// the mock itself.
func (c *call) answer() (reply, error) {
	segments := strings.FieldsFunc(c.path, func(r rune) bool { return r == '/' })
	if len(segments) < 3 { // services/data, in a spelling that is not the plain one
		return reply{}, errNotFound()
	}
	segments = segments[2:]
	if err := c.checkVersion(segments[0]); err != nil {
		return reply{}, err
	}
	c.version = segments[0]
	for i, s := range segments {
		if text, err := url.PathUnescape(s); err == nil {
			segments[i] = text
		}
	}
	if len(segments) == 1 {
		return c.resources()
	}
	rest := segments[2:]
	switch segments[1] {
	case "limits":
		return c.limits(rest)
	case "query":
		return c.query(rest, false)
	case "queryAll":
		return c.query(rest, true)
	case "sobjects":
		return c.sobjects(rest)
	case "composite":
		return c.composite(rest)
	}
	return reply{}, errNotFound()
}

// checkVersion refuses versions that are retired or not known.
func (c *call) checkVersion(segment string) error {
	switch n := numberOf(segment); {
	case n > maxVersion || n < 1:
		return errNotFound()
	case n < minVersion:
		return &APIError{Status: http.StatusGone, Code: "UNSUPPORTED_API_VERSION",
			Message: fmt.Sprintf("The requested API version %d.0 is retired; use %d.0 or later", n, minVersion)}
	}
	return nil
}

// numberOf is 67 for v67.0, and 0 for what is no version.
func numberOf(version string) int {
	text, ok := strings.CutPrefix(version, "v")
	major, minor, _ := strings.Cut(text, ".")
	n, err := strconv.Atoi(major)
	if !ok || err != nil || minor != "0" {
		return 0
	}
	return n
}

// versions lists the API versions; it needs no login.
func (c *call) versions() (reply, error) {
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	b := []byte{'['}
	for n := minVersion; n <= maxVersion; n++ {
		if n > minVersion {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"label":"%s","url":"/services/data/v%d.0","version":"%d.0"}`, releaseOf(n), n, n)
	}
	return reply{status: http.StatusOK, body: append(b, ']')}, nil
}

// releaseOf names the release of an API version: 66 is Spring '26.
func releaseOf(version int) string {
	year := (version-30)/3 + 14
	switch version % 3 {
	case 0:
		return fmt.Sprintf("Spring '%d", year)
	case 1:
		return fmt.Sprintf("Summer '%d", year)
	}
	return fmt.Sprintf("Winter '%d", year+1)
}

// resources maps the names of what lies below a version to addresses.
func (c *call) resources() (reply, error) {
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	b := []byte{'{'}
	for _, name := range [...]string{"composite", "limits", "query", "queryAll", "sobjects"} {
		b = fmt.Appendf(b, `"%s":"/services/data/%s/%s",`, name, c.version, name)
	}
	b = fmt.Appendf(b, `"identity":%s}`, appendText(nil, c.o.URL()+"/id/"+c.o.organization()+"/"+c.user))
	return reply{status: http.StatusOK, body: b}, nil
}

// limits shows the allowances that clients look at; those that Limits has are
// really counted.
func (c *call) limits(rest []string) (reply, error) {
	if len(rest) > 0 {
		return reply{}, errNotFound()
	}
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	used, most := c.o.usage.read(c.o.clock.Now())
	b := fmt.Appendf(nil, `{"DailyApiRequests":{"Max":%d,"Remaining":%d}`, most, max(0, most-used))
	stream := c.o.streaming.Usage()
	for _, l := range [...]struct {
		name       string
		most, used int
	}{
		{"ConcurrentAsyncGetReportInstances", 200, 0}, {"DailyAsyncApexExecutions", 250_000, 0}, {"DailyBulkApiBatches", 15_000, 0},
		{"DailyDeliveredPlatformEvents", stream.MaxDeliveredEvents, stream.DeliveredEvents},
		{"DailyStreamingApiEvents", stream.MaxDelivered, stream.Delivered},
		{"DurableStreamingApiConcurrentClients", stream.MaxClients, stream.Clients},
		{"HourlyPublishedPlatformEvents", 250_000, 0}, {"MonthlyPlatformEventsUsageEntitlement", 0, 0},
		{"StreamingApiConcurrentClients", stream.MaxClients, stream.Clients},
		{"DataStorageMB", 1_024, 0}, {"FileStorageMB", 1_024, 0},
	} {
		b = fmt.Appendf(b, `,"%s":{"Max":%d,"Remaining":%d}`, l.name, l.most, max(0, l.most-l.used))
	}
	return reply{status: http.StatusOK, body: append(b, '}')}, nil
}

// asRefusal makes an API error of whatever went wrong: refusals as they are,
// bad queries and values as a refusal, anything else as a fault of the server.
func asRefusal(err error) *APIError {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e
	}
	if e, ok := errors.AsType[*soql.Error](err); ok {
		return refuse(e.Code, e.Message)
	}
	return &APIError{Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION", Message: "An unexpected error occurred: " + err.Error()}
}

// errorList is the body of a failed call (salesforce-apis 2.2).
func errorList(e *APIError) []byte {
	b := append([]byte(`[{"message":`), appendText(nil, e.Message)...)
	b = append(b, `,"errorCode":`...)
	b = appendText(b, e.Code)
	if len(e.Fields) > 0 {
		b = append(b, `,"fields":`...)
		b = appendTexts(b, e.Fields)
	}
	return append(b, "}]"...)
}

func appendTexts(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, text := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, text)
	}
	return append(b, ']')
}

// appendRowErrors appends the errors member of a row's result, where the code
// is called statusCode (salesforce-apis 2.5).
func appendRowErrors(b []byte, e *APIError) []byte {
	b = append(b, `"errors":[{"statusCode":`...)
	b = appendText(b, e.Code)
	b = append(b, `,"message":`...)
	b = appendText(b, e.Message)
	b = append(b, `,"fields":`...)
	b = appendTexts(b, e.Fields)
	return append(b, "}]"...)
}
