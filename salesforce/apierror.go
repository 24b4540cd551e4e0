package salesforce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// statusNoRoute is Salesforce Edge's own status: it knows no instance for the host.
const statusNoRoute = 420

const (
	maxErrors   = 10  // errors kept of one reply
	maxErrorLen = 500 // bytes kept of one message
)

// ErrorItem is one element of Salesforce's error array.
type ErrorItem struct {
	Code    string   // e.g. UNABLE_TO_LOCK_ROW; empty when the reply was not Salesforce's own
	Message string   // Salesforce's words, clipped
	Fields  []string // the fields it is about, if it named any
}

// APIError is an answer of Salesforce that is not a success. The request was
// not carried out; only a server error (status 5xx or 420) leaves that open,
// and where it matters it comes wrapped in an [UnknownOutcomeError].
type APIError struct {
	Status     int           // HTTP status; 0 for a row of a collection
	Errors     []ErrorItem   // never empty
	Retryable  bool          // the same request may succeed later
	Hint       string        // what a person can do about it; may be empty
	RetryAfter time.Duration // what Salesforce asked for; 0 when it did not

	class class
}

// Code returns the code of the root cause, which is what to branch on; texts
// are for people.
func (e *APIError) Code() string { return e.root().Code }

// Error implements error.
func (e *APIError) Error() string {
	var b strings.Builder
	root := e.root()
	switch {
	case root.Code != "" && root.Message != "":
		b.WriteString(root.Code + ": " + root.Message)
	case root.Code != "" || root.Message != "":
		b.WriteString(root.Code + root.Message)
	default:
		b.WriteString("no reason given")
	}
	if len(root.Fields) > 0 {
		fmt.Fprintf(&b, " [fields %s]", strings.Join(root.Fields, ", "))
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %s)", strings.TrimSpace(strconv.Itoa(e.Status)+" "+http.StatusText(e.Status)))
	}
	if n := len(e.Errors) - 1; n > 0 {
		fmt.Fprintf(&b, " and %d more", n)
	}
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	return b.String()
}

// Advice returns the Hint.
func (e *APIError) Advice() string { return e.Hint }

// root returns the error that caused the others: a transaction that is rolled
// back marks its innocent parts with codes of their own (salesforce-apis 2.5).
func (e *APIError) root() ErrorItem {
	for _, item := range e.Errors {
		if item.Code != "ALL_OR_NONE_OPERATION_ROLLED_BACK" && item.Code != "PROCESSING_HALTED" {
			return item
		}
	}
	if len(e.Errors) > 0 {
		return e.Errors[0]
	}
	return ErrorItem{}
}

// newAPIError classifies errors by the retry table.
func newAPIError(status int, items []ErrorItem) *APIError {
	if len(items) == 0 {
		items = []ErrorItem{{}}
	}
	e := &APIError{Status: status, Errors: items}
	r := classify(status, e.root())
	e.class, e.Hint, e.Retryable = r.class, r.hint, r.class.retryable()
	return e
}

// readAPIError turns the body of a failed reply into an APIError. It copes
// with everything seen in the wild: the documented array, a bare object, the
// OAuth object, HTML of a gateway, nothing, null and an empty array.
func readAPIError(status int, body []byte) *APIError {
	type wire struct {
		Code        string   `json:"errorCode"`
		StatusCode  string   `json:"statusCode"` // rows of collections say it so
		Message     string   `json:"message"`
		Fields      []string `json:"fields"`
		OAuth       string   `json:"error"`
		Description string   `json:"error_description"`
	}
	var list []wire
	body = bytes.TrimSpace(body)
	if json.Unmarshal(body, &list) != nil {
		list = nil
		var one wire
		if json.Unmarshal(body, &one) == nil {
			list = []wire{one}
		}
	}
	items := make([]ErrorItem, 0, min(len(list), maxErrors))
	for _, w := range list[:min(len(list), maxErrors)] {
		items = append(items, ErrorItem{
			Code:    clip(first(w.Code, w.StatusCode, w.OAuth)),
			Message: clip(first(w.Message, w.Description)),
			Fields:  w.Fields[:min(len(w.Fields), 50)],
		})
	}
	if len(items) == 0 && len(body) > 0 && body[0] == '<' {
		items = []ErrorItem{{Message: clip(htmlText(body))}}
	}
	return newAPIError(status, items)
}

// first returns the first string that is not empty.
func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}

// clip makes foreign text safe for one line of a log: bounded, without
// control characters.
func clip(s string) string {
	if len(s) > maxErrorLen {
		cut := maxErrorLen
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
}

// htmlText returns the words of a gateway's page, good enough to recognise it.
func htmlText(page []byte) string {
	var b strings.Builder
	inTag := false
	for _, r := range string(page[:min(len(page), 4096)]) {
		switch {
		case r == '<':
			inTag = true
			b.WriteByte(' ')
		case r == '>':
			inTag = false
		case !inTag:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// UnknownOutcomeError says that a request which must not be repeated was sent,
// and that nobody knows whether Salesforce carried it out: the reply was lost,
// came too late, was unreadable or was a server error. Look before trying
// again.
type UnknownOutcomeError struct {
	Op  string // e.g. "create AgentWork"
	Err error  // what was seen instead of a reply
}

// Error implements error.
func (e *UnknownOutcomeError) Error() string {
	return e.Op + ": outcome unknown, look before trying again: " + e.Err.Error()
}

// Unwrap returns what was seen instead of a reply.
func (e *UnknownOutcomeError) Unwrap() error { return e.Err }
