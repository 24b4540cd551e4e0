package streaming

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// remedy is what heals a fault.
type remedy string

const (
	rehandshake    remedy = "rehandshake"    // new session, same token
	reauthenticate remedy = "reauthenticate" // new token, then a new session
	wait           remedy = "wait"           // nothing to repair here: wait, then a new session
	fallBack       remedy = "fall back"      // the channel's replay ID was refused: next position
	config         remedy = "config"         // an admin must change something: slow retry
	bug            remedy = "bug"            // our request was wrong: stop the channel, retry very slowly
)

// verdict says what a class of faults means. Verdicts are data: see rules.go.
type verdict struct {
	name  string        // stable word for logs and metrics, as "unknown-client"
	do    remedy        //
	wait  time.Duration // shortest pause before the next attempt
	hint  string        // what a person can do; "" if nothing is asked of anybody
	parks bool          // on a subscribe the channel waits alone; the session goes on
	held  bool          // the server may still hold the session: say goodbye to it
}

// fault is one occurrence of a verdict.
type fault struct {
	verdict
	detail string // what the server or the network said
}

func (f *fault) String() string {
	if f.detail == "" {
		return f.name
	}
	return f.name + ": " + f.detail
}

// request names the kind of request a fault answers.
type request string

const (
	onHandshake request = "handshake"
	onConnect   request = "connect"
	onSubscribe request = "subscribe"
)

// bayeuxError is the parsed form of an error member, "code:args:text".
type bayeuxError struct {
	code int    // 0 if there is none
	text string // arguments and text, lower case
}

// parseError splits an error into code and text. The middle part may be full
// ("403:denied_by_security_policy:create_denied", "401:client:Unknown client"),
// so both parts take part in matching (salesforce-apis 3.5).
func parseError(s string) bayeuxError {
	head, rest, found := strings.Cut(s, ":")
	code, err := strconv.Atoi(strings.TrimSpace(head))
	if !found || err != nil {
		return bayeuxError{text: strings.ToLower(s)}
	}
	return bayeuxError{code: code, text: strings.ToLower(rest)}
}

// classify judges an unsuccessful reply. The failureReason comes first: it
// holds the real cause while error may claim another one, and logging in again
// because of "401::Authentication invalid" when the server is only too busy
// makes things worse (salesforce-apis 5, rows 8 and 9).
func classify(on request, m message) *fault {
	detail := m.fault
	if m.reason != "" && m.reason != m.fault {
		detail = strings.TrimSpace(m.reason + " (" + m.fault + ")")
	}
	for _, s := range []string{m.reason, m.fault} {
		if v, ok := match(on, parseError(s)); ok && s != "" {
			return &fault{v, detail}
		}
	}
	if m.advice.reconnect == "handshake" {
		return &fault{advisedHandshake, detail}
	}
	return &fault{unknown[on], detail}
}

func match(on request, e bayeuxError) (verdict, bool) {
	for _, r := range rules {
		if r.matches(on, e) {
			return r.verdict, true
		}
	}
	return verdict{}, false
}

// rule matches errors by code and words; the first rule that matches wins.
type rule struct {
	on       request  // "" matches every request
	from, to int      // range of codes; 0 matches every code, also none
	words    []string // each must occur, lower case
	verdict  verdict
}

func (r rule) matches(on request, e bayeuxError) bool {
	if r.on != "" && r.on != on || r.from != 0 && (e.code < r.from || e.code > r.to) {
		return false
	}
	for _, word := range r.words {
		if !strings.Contains(e.text, word) {
			return false
		}
	}
	return true
}

// classifyHTTP judges a response whose body holds no Bayeux reply. A Retry-After
// wins over a shorter wait of the table.
func classifyHTTP(status int, header http.Header) *fault {
	v := unknownStatus
	for _, r := range statuses {
		if status >= r.from && status <= r.to {
			v = r.verdict
			break
		}
	}
	v.wait = max(v.wait, min(retryAfter(header), time.Hour))
	return &fault{v, fmt.Sprintf("HTTP %d %s", status, http.StatusText(status))}
}

// retryAfter reads the header of that name, seconds or a date, which is by the
// clock of the server; 0 or less if there is nothing to wait for.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(seconds, 3600)) * time.Second
	}
	at, err := http.ParseTime(value)
	sent, unsent := http.ParseTime(h.Get("Date"))
	if err != nil || unsent != nil {
		return 0
	}
	return at.Sub(sent)
}

// classifyTransport judges a request that brought no response, or a broken one.
func classifyTransport(err error) *fault {
	if errors.Is(err, errTooLarge) {
		return &fault{oversized, err.Error()}
	}
	return &fault{network, err.Error()}
}

// classifyToken judges a failure of the token source. Errors that say they are
// retryable, by a method Retryable() bool or by coming from the network, take
// the ordinary backoff; all others count as a refused login.
func classifyToken(err error) *fault {
	if answer, ok := errors.AsType[interface {
		error
		Retryable() bool
	}](err); ok {
		if answer.Retryable() {
			return &fault{tokenUnavailable, err.Error()}
		}
		return &fault{loginRefused, err.Error()}
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, context.DeadlineExceeded) {
		return &fault{tokenUnavailable, err.Error()}
	}
	return &fault{loginRefused, err.Error()}
}
