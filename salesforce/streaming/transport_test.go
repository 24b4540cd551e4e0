package streaming

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestRead: the body decides where it is Bayeux, whatever the status; else the
// status decides.
func TestRead(t *testing.T) {
	tests := []struct {
		status int
		body   string
		want   string // name of the fault, "" if there are messages
	}{
		{200, `[{"channel":"/meta/connect","successful":true}]`, ""},
		{200, `[]`, ""},
		{200, `<html>`, "malformed-reply"},
		{200, ``, "malformed-reply"},
		{400, `[{"channel":"/meta/connect","error":"402::Unknown client"}]`, ""},
		{401, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`, "http-unauthorized"},
		{401, ``, "http-unauthorized"},
		{403, `[]`, "http-forbidden"},
		{503, `<html>`, "server-fault"},
	}
	for _, tt := range tests {
		messages, f := read(&http.Response{StatusCode: tt.status, ContentLength: -1, Body: io.NopCloser(strings.NewReader(tt.body))})
		got := ""
		if f != nil {
			got = f.name
		}
		if got != tt.want || f != nil && messages != nil {
			t.Errorf("HTTP %d %q: %q, want %q", tt.status, tt.body, got, tt.want)
		}
	}
}

// TestEndpoint: My Domain URLs come with and without a slash; nothing but
// scheme, host and path is taken over.
func TestEndpoint(t *testing.T) {
	tr := &transport{version: "67.0"}
	for in, want := range map[string]string{
		"https://acme.my.salesforce.com":           "https://acme.my.salesforce.com/cometd/67.0",
		"https://acme.my.salesforce.com/":          "https://acme.my.salesforce.com/cometd/67.0",
		"http://127.0.0.1:8181":                    "http://127.0.0.1:8181/cometd/67.0",
		"https://u:p@acme.my.salesforce.com?x=1#f": "https://acme.my.salesforce.com/cometd/67.0",
		"https://proxy.example/orgs/acme/":         "https://proxy.example/orgs/acme/cometd/67.0",
	} {
		s, f := tr.newSession(in)
		if f != nil || s.endpoint != want {
			t.Errorf("%s: %+v, %v", in, s, f)
		}
	}
}

// TestCookiesLiveByTheServersClock: an expiry is a distance from the server's
// date, and a past one deletes.
func TestCookiesLiveByTheServersClock(t *testing.T) {
	at := func(s string) time.Time {
		when, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	sent := at("2001-01-01T00:00:00Z") // far from the clock here
	tests := []struct {
		name, date string
		cookie     http.Cookie
		want       int
	}{
		{"expires", sent.Format(http.TimeFormat), http.Cookie{Expires: at("2001-01-01T03:00:00Z")}, 10800},
		{"deleted", sent.Format(http.TimeFormat), http.Cookie{Expires: at("2000-12-31T00:00:00Z")}, -1},
		{"max-age wins", sent.Format(http.TimeFormat), http.Cookie{Expires: at("2001-01-01T03:00:00Z"), MaxAge: 60}, 60},
		{"of the session", sent.Format(http.TimeFormat), http.Cookie{}, 0},
		{"no date", "", http.Cookie{Expires: at("2001-01-01T03:00:00Z")}, 0},
	}
	for _, tt := range tests {
		tt.cookie.Name, tt.cookie.Value = "sfdc-stream", "x"
		resp := &http.Response{Header: http.Header{"Set-Cookie": {tt.cookie.String()}, "Date": {tt.date}}}
		if got := lasting(resp); len(got) != 1 || got[0].MaxAge != tt.want {
			t.Errorf("%s: %v, want a life of %d s", tt.name, got, tt.want)
		}
	}
}
