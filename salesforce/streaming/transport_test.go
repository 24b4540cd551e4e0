package streaming

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
		{503, strings.Repeat(" ", maxReply+1), "server-fault"},
		{200, strings.Repeat(" ", maxReply+1), "oversized-reply"},
	}
	for _, tt := range tests {
		var usual atomic.Int64
		messages, f := read(&http.Response{StatusCode: tt.status, ContentLength: -1, Body: io.NopCloser(strings.NewReader(tt.body))}, &usual)
		if usual.Load() != int64(len(tt.body)) {
			t.Errorf("HTTP %d %.99q: the next reply is expected to have %d bytes", tt.status, tt.body, usual.Load())
		}
		got := ""
		if f != nil {
			got = f.name
		}
		if got != tt.want || f != nil && messages != nil {
			t.Errorf("HTTP %d %.99q: %q, want %q", tt.status, tt.body, got, tt.want)
		}
	}
}

// TestEncode: what is written without encoding/json is what it would write, and
// only where that is so.
func TestEncode(t *testing.T) {
	for _, clientID := range []string{"2bc9d4f1a7c04e5b8d3f6a9012345678", "Un1q31d3nt1f13r-._~:/?#[]@!$'()*+,;=% ", "", `a"b`, `a\b`, "<a>", "a&b", "tab\t", "é", "\xff", "\x7f", "\u2028"} {
		s := session{clientID: clientID, messages: 41}
		for _, messages := range [][]outgoing{
			{s.connect(false)}, {s.connect(true)}, {s.handshake()}, {s.connect(false), s.connect(false)}, {s.subscribe("/topic/A").at(7)}, {s.message("/meta/disconnect")},
		} {
			want, err := json.Marshal(messages)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := encode(messages); err != nil || string(got) != string(want) {
				t.Errorf("encode = %s, %v; want %s", got, err, want)
			}
		}
	}
}

// TestWhatIsAsked: the requests of a session as they go out. The handshake advertises
// replay, as Salesforce's own client does (salesforce-apis 3.3).
func TestWhatIsAsked(t *testing.T) {
	s := session{}
	shake := s.handshake()
	s.clientID = "2bc9"
	for _, tt := range []struct {
		message outgoing
		want    string
	}{
		{shake, `{"id":"1","channel":"/meta/handshake","version":"1.0","minimumVersion":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}}`},
		{s.connect(true), `{"id":"2","channel":"/meta/connect","clientId":"2bc9","connectionType":"long-polling","advice":{"timeout":0}}`},
		{s.subscribe("/topic/A?Type=1").at(8731), `{"id":"3","channel":"/meta/subscribe","clientId":"2bc9","subscription":"/topic/A?Type=1","ext":{"replay":{"/topic/A":8731}}}`},
		{s.connect(false), `{"id":"4","channel":"/meta/connect","clientId":"2bc9","connectionType":"long-polling"}`},
		{s.message("/meta/disconnect"), `{"id":"5","channel":"/meta/disconnect","clientId":"2bc9"}`},
	} {
		if got, err := encode([]outgoing{tt.message}); err != nil || string(got) != "["+tt.want+"]" {
			t.Errorf("asks\n%s (%v), want\n[%s]", got, err, tt.want)
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
		if f != nil || s.url.String() != want {
			t.Errorf("%s: %+v, %v", in, s, f)
		}
	}
}

// TestCookiesLiveByTheServersClock: an expiry is a distance from the server's
// date, and a past one deletes.
func TestCookiesLiveByTheServersClock(t *testing.T) { synctest.Test(t, cookiesLive) }

func cookiesLive(t *testing.T) {
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
		{"no date", "", http.Cookie{Expires: time.Now().Add(time.Hour + 900*time.Millisecond)}, 3600},
		{"deleted without a date", "", http.Cookie{Expires: time.Now().Add(-time.Hour)}, -1},
	}
	for _, tt := range tests {
		tt.cookie.Name, tt.cookie.Value = "sfdc-stream", "x"
		resp := &http.Response{Header: http.Header{"Set-Cookie": {tt.cookie.String()}, "Date": {tt.date}}}
		if got := lasting(resp); len(got) != 1 || got[0].MaxAge != tt.want {
			t.Errorf("%s: %v, want a life of %d s", tt.name, got, tt.want)
		}
	}
}

// TestHeaderFollowsTokenAndCookies: what is made once for many requests is made
// anew with another token, with a new cookie, and when a cookie has expired.
func TestHeaderFollowsTokenAndCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := (&transport{version: "67.0"}).newSession("https://acme.my.salesforce.com")
		if f != nil {
			t.Fatal(f)
		}
		want := func(token, cookies string) {
			t.Helper()
			h := s.header(token, "omnibridge", time.Now())
			if h.Get("Authorization") != "Bearer "+token || h.Get("Cookie") != cookies || h.Get("Content-Type") != "application/json" || h.Get("User-Agent") != "omnibridge" {
				t.Errorf("with token %s: %v, want the cookies %q", token, h, cookies)
			}
		}
		set := func(cookie string) { s.keep(&http.Response{Header: http.Header{"Set-Cookie": {cookie}}}) }
		want("a", "")
		set("sfdc-stream=1; Max-Age=10; Path=/")
		want("a", "sfdc-stream=1")
		want("b", "sfdc-stream=1")
		set("other=2; Path=/")
		want("b", "sfdc-stream=1; other=2")
		made := s.usualHeader.Load()
		s.keep(&http.Response{})
		want("b", "sfdc-stream=1; other=2")
		if s.usualHeader.Load() != made {
			t.Error("the header was made anew without need")
		}
		time.Sleep(9 * time.Second)
		want("b", "sfdc-stream=1; other=2")
		time.Sleep(2 * time.Second)
		want("b", "other=2")
	})
}
