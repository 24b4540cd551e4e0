package salesforce

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// class is what a failed attempt means for the next one.
type class int

const (
	fatal   class = iota // the same request will fail again
	relogin              // the token is no good: one re-login, one replay
	daily                // the org's allowance is used up: open the breaker
	busy                 // too many long calls at once: certainly not carried out
	locked               // somebody else holds the row: certainly not carried out
	outage               // the server failed, perhaps after it did the work
	noRoute              // Salesforce Edge knows no instance for the host
	offline              // nothing was sent: no connection, or no token
	later                // an allocation is used up for a while: not within this call
)

// pace says how often and how soon a class is tried again.
type pace struct {
	tries      int           // attempts in all
	first, max time.Duration // delays, before jitter
	certain    bool          // nothing was carried out, so creates may be repeated too
}

// paces is the right half of the retry table; a class that is not listed is
// not tried again.
var paces = map[class]pace{
	relogin: {tries: 2, certain: true},
	busy:    {tries: 4, first: 5 * time.Second, max: 30 * time.Second, certain: true},
	locked:  {tries: 5, first: 500 * time.Millisecond, max: 10 * time.Second, certain: true},
	outage:  {tries: 5, first: 500 * time.Millisecond, max: 15 * time.Second},
	noRoute: {tries: 3, first: time.Second, max: 10 * time.Second},
	offline: {tries: 6, first: 250 * time.Millisecond, max: 15 * time.Second, certain: true},
}

// retryable reports whether the same request may succeed later. A token that
// was refused twice and a used-up allowance may too, just not within the call.
func (c class) retryable() bool { return c == daily || c == later || paces[c].tries > 0 }

// rule is one row of the left half: what Salesforce said, what it means.
type rule struct {
	code  string // errorCode; a trailing * matches any rest
	words string // part of the message; empty matches any
	class class
	hint  string
}

// rules is salesforce-apis 2.6 and 1.5 as data, keyed on errorCode and not on
// status, since the statuses vary; the first rule that matches counts.
var rules = []rule{
	{"INVALID_SESSION_ID", "This session is not valid for use with the REST API", fatal,
		"give the connected app the scope \"Manage user data via APIs (api)\""},
	{"INVALID_SESSION_ID", "Connected app is not attached to Agent", fatal,
		"a new login cannot heal this: attach the connected app to the agent in Setup"},
	{"INVALID_SESSION_ID", "", relogin, "the session ended or was revoked"},
	{"INVALID_AUTH_HEADER", "", relogin, ""},
	{"REQUEST_LIMIT_EXCEEDED", "TotalRequests", daily,
		"the org's API requests of the last 24 hours are used up: see Setup, Company Information"},
	{"REQUEST_LIMIT_EXCEEDED", "", busy, "too many long-running API calls at once in this org"},
	{"SERVER_UNAVAILABLE", "", outage, ""},
	{"UNKNOWN_EXCEPTION", "", outage, ""},
	{"UNABLE_TO_LOCK_ROW", "", locked, "another transaction holds the record"},
	{"QUERY_TIMEOUT", "", fatal, "narrow the query"},
	{"TXN_SECURITY*", "", fatal, "a transaction security policy of the org forbids this"},
	{"DUPLICATE_VALUE", "", fatal, "such a record exists already"},
	{"DUPLICATES_DETECTED", "", fatal, "a duplicate rule of the org matches"},
	{"ENTITY_IS_DELETED", "", fatal, "the record was deleted meanwhile"},
	{"NOT_FOUND", "", fatal, "it does not exist, or the integration user may not see it"},
	{"INVALID_CROSS_REFERENCE_KEY", "", fatal, "a record it refers to does not exist, or the integration user may not see it"},
	{"MALFORMED_ID", "", fatal, ""},
	{"MALFORMED_QUERY", "", fatal, ""},
	{"INVALID_FIELD*", "", fatal, "the field does not exist in this API version, or the integration user may not see or write it"},
	{"INVALID_TYPE", "", fatal, "the object does not exist in this org, or the integration user may not see it"},
	{"REQUIRED_FIELD_MISSING", "", fatal, ""},
	{"STRING_TOO_LONG", "", fatal, ""},
	{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "", fatal, "a validation rule of the org refuses it"},
	{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "", fatal, ""},
	{"INSUFFICIENT_ACCESS*", "", fatal, "give the integration user access to the record: see the permission set that ships with the package"},
	{"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "", fatal, "the integration user may not write this object, or automation of the org refuses it"},
	{"API_DISABLED_FOR_ORG", "", fatal, "give the integration user the permission API Enabled"},
	{"API_CURRENTLY_DISABLED", "", fatal, "API access is switched off for the user or the org"},
	{"LIMIT_EXCEEDED", "", later, "an hourly or daily allocation is used up"},
	{"INVALID_QUERY_LOCATOR", "", fatal, "the pages of this query have expired: start it again"},
	{"URL_NOT_RESET", "", fatal, "use the host that the login named"},
}

// classify finds the rule for an error. Without a code the status decides.
func classify(status int, item ErrorItem) rule {
	for _, r := range rules {
		prefix, wild := strings.CutSuffix(r.code, "*")
		if (item.Code == r.code || wild && strings.HasPrefix(item.Code, prefix)) && strings.Contains(item.Message, r.words) {
			return r
		}
	}
	switch {
	case status == http.StatusUnauthorized:
		return rule{class: relogin}
	case status == statusNoRoute:
		return rule{class: noRoute, hint: "Salesforce Edge has no route to the host: check the login URL"}
	case status == http.StatusTooManyRequests:
		return rule{class: busy}
	case status >= 500, status == http.StatusRequestTimeout:
		return rule{class: outage}
	case status >= 300 && status < 400:
		return rule{class: fatal, hint: "the instance URL redirects: set the login URL to the org's My Domain"}
	}
	return rule{class: fatal}
}

// delays returns the pauses between the tries of a class: exponential, with
// jitter of one half either way.
func (p pace) delays() backoff.BackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(p.first),
		backoff.WithMaxInterval(p.max),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(0.5),
		backoff.WithMaxElapsedTime(0), // the call's deadline ends it, and the tries
	)
}

// retryAfter reads the header of that name: seconds or a date. It returns 0
// when there is none, and never more than an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	wait := time.Duration(0)
	if s, err := strconv.Atoi(v); err == nil {
		wait = time.Duration(min(max(s, 0), 3600)) * time.Second
	} else if at, err := http.ParseTime(v); err == nil {
		if sent, err := http.ParseTime(h.Get("Date")); err == nil {
			now = sent // its clock, not ours, is what the date is by
		}
		wait = at.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}
