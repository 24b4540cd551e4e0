package cometd_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg/cometd"
)

func TestLifeOfAClient(t *testing.T) {
	o := start(t, nil)
	c := o.client(t, "ann")
	h := c.handshake()
	if !h.ok() || h.ClientID == "" || h.Advice != nil || !h.Ext.Replay || !h.Ext.PayloadFormat {
		t.Errorf("handshake %+v: want success, a client id, no advice, ext replay and payload.format", h)
	}
	first := c.one("connect", poll)
	if a := first.Advice; !first.ok() || a == nil || a.Reconnect != "retry" || a.Interval == nil || *a.Interval != 0 || a.Timeout != 110_000 {
		t.Errorf("first connect %+v: want the advice retry, 0, 110000", first)
	}
	if s := c.subscribe("/topic/A", ""); !s.ok() || string(s.Subscription) != `"/topic/A"` {
		t.Errorf("subscribe %+v", s)
	}
	id := o.publish("/topic/A", 1)
	all := c.connect()
	if len(all) != 2 || all[0].Channel != "/topic/A" || all[0].Data.N != 1 || all[0].Data.Replay != id || all[0].ClientID != c.id {
		t.Fatalf("connect %+v: want the event first", all)
	}
	if !all[1].ok() || all[1].Channel != "/meta/connect" || all[1].Advice != nil {
		t.Errorf("connect reply %+v: want success without advice", all[1])
	}
	if got := o.Clients(); len(got) != 1 || got[0].User != "ann" || !slices.Equal(got[0].Channels, []string{"/topic/A"}) || got[0].Version != "67.0" {
		t.Errorf("clients %+v", got)
	}
	if u := c.one("unsubscribe", `,"subscription":"/topic/A"`); !u.ok() {
		t.Errorf("unsubscribe %+v", u)
	}
	o.publish("/topic/A", 2)
	if all := c.send(c.message("connect", poll+`,"advice":{"timeout":0}`)); len(all) != 1 || !all[0].ok() {
		t.Errorf("connect after unsubscribe %+v: want no event", all)
	}
	if d := c.one("disconnect", ""); !d.ok() {
		t.Errorf("disconnect %+v", d)
	}
	if e := c.one("connect", poll); e.Error != "403::Unknown client" || e.Advice.Reconnect != "handshake" || *e.Advice.Interval != 0 {
		t.Errorf("connect after disconnect %+v", e)
	}
}

func TestIdsComeBackAsTheyWere(t *testing.T) {
	o := start(t, nil)
	c := o.client(t, "ann")
	for _, id := range []string{`"1"`, `"a-1"`, `7`, `1.50`, ``} {
		member := ""
		if id != "" {
			member = `"id":` + id + `,`
		}
		for _, body := range []string{`{%s"channel":"/meta/handshake"}`, `[{%s"channel":"/meta/handshake"}]`} {
			_, text, _, err := c.post(t.Context(), fmt.Sprintf(body, member))
			if err != nil || string(decode(t, text)[0].ID) != id {
				t.Errorf("id %s came back in %s (%v)", id, text, err)
			}
		}
	}
}

func TestAuthorizationSchemes(t *testing.T) {
	o := start(t, nil)
	for _, auth := range []string{"Bearer 00D!ann", "OAuth 00D!ann", "00D!ann"} {
		c := o.client(t, "")
		c.auth = auth
		if e := c.handshake(); !e.ok() {
			t.Errorf("%s: %+v", auth, e)
		}
	}
	for auth, reason := range map[string]string{"": "401::Request requires authentication", "Bearer nonsense": "401::Authentication invalid"} {
		c := o.client(t, "")
		c.auth = auth
		e := c.handshake()
		if e.ok() || e.Error != "403::Handshake denied" || e.Ext.SFDC.FailureReason != reason || e.Advice.Reconnect != "none" {
			t.Errorf("handshake with %q: %+v, want denied for %s", auth, e, reason)
		}
		c = o.up(t, "ann")
		c.auth = auth
		e = c.one("connect", poll)
		if e.ok() || e.Error != reason || e.Advice.Reconnect != "none" || e.ClientID != c.id {
			t.Errorf("connect with %q: %+v, want %s", auth, e, reason)
		}
	}
	c := o.up(t, "ann")
	c.auth = "Bearer 00D!bob"
	if e := c.one("connect", poll); e.Error != "400::Authenticated user id does not match the session's user id" {
		t.Errorf("another user's token: %+v", e)
	}
	// No public source tells the HTTP status of such a refusal: it can be another one.
	if err := o.Set(func(s *cometd.Settings) { s.AuthStatus = 401 }); err != nil {
		t.Fatal(err)
	}
	c.auth = "Bearer nonsense"
	status, body, _, err := c.post(t.Context(), "["+c.message("connect", poll)+"]")
	if e := decode(t, body); err != nil || status != 401 || len(e) != 1 || e[0].Error != "401::Authentication invalid" {
		t.Errorf("status %d, %+v, %v", status, e, err)
	}
	if o.Set(func(s *cometd.Settings) { s.AuthStatus = 99 }) == nil {
		t.Error("an HTTP status of 99 is taken")
	}
}

func TestAddresses(t *testing.T) {
	o := start(t, nil)
	for path, want := range map[string]string{
		"/cometd/67.0": "", "/cometd/67.0/": "", "/cometd/37.0/handshake": "", "/cometd/68.0/handshake/": "", "/cometd/replay/43.0": "",
		"/cometd":           "400::API version in the URI is mandatory. URI format: '/cometd/68.0'",
		"/cometd/handshake": "400::API version in the URI is mandatory. URI format: '/cometd/68.0'",
		"/cometd/36.0":      "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/68.0'",
		"/cometd/69.0":      "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/68.0'",
	} {
		c := o.client(t, "ann")
		c.path = path
		if e := c.handshake(); e.Error != want || e.ok() != (want == "") {
			t.Errorf("%s: %+v, want %q", path, e, want)
		}
	}
	for _, path := range []string{"/cometdx/67.0", "/cometd/67.0/nonsense", "/cometd/67.0/connect/x"} {
		c := o.client(t, "ann")
		c.path = path
		if status, _, _, err := c.post(t.Context(), "[]"); err != nil || status != http.StatusNotFound {
			t.Errorf("%s: %d, %v", path, status, err)
		}
	}
}

func TestRequestsThatAreNone(t *testing.T) {
	o := start(t, nil)
	do := func(method, kind, body, encoding string) *http.Response {
		r, _ := http.NewRequestWithContext(t.Context(), method, o.url+"/cometd/67.0", strings.NewReader(body))
		if encoding == "gzip" {
			r, _ = http.NewRequestWithContext(t.Context(), method, o.url+"/cometd/67.0", zipped(body))
		}
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Content-Encoding", encoding)
		r.Header.Set("Authorization", "00D!ann")
		if method == http.MethodGet {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "websocket")
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	const json = "application/json"
	pad := func(n int) string { return "[{}" + strings.Repeat(" ", n-4) + "]" }
	for _, test := range []struct {
		method, kind, body, encoding string
		want                         int
	}{
		{"GET", json, "", "", 405},
		{"PUT", json, "[]", "", 405},
		{"POST", "text/plain", "[]", "", 400},
		{"POST", "", "[]", "", 400},
		{"POST", json, "", "", 400},
		{"POST", json, "   ", "", 400},
		{"POST", json, "7", "", 400},
		{"POST", json, `"x"`, "", 400},
		{"POST", json, "[7]", "", 400},
		{"POST", json, "[{]", "", 400},
		{"POST", json, "[{}]x", "", 400},
		{"POST", json, "[]", "", 200},
		{"POST", json, "[{}]", "", 200},
		{"POST", json, "[null]", "", 200},
		{"POST", json, pad(32_768), "", 200},
		{"POST", json, pad(32_769), "", 413},
		{"POST", json, pad(32_768), "gzip", 200},
		{"POST", json, pad(32_769), "gzip", 413},
		{"POST", json, pad(1 << 20), "gzip", 413},
	} {
		if resp := do(test.method, test.kind, test.body, test.encoding); resp.StatusCode != test.want {
			t.Errorf("%s %s, %d bytes %.10q: %d, want %d", test.method, test.kind, len(test.body), test.body, resp.StatusCode, test.want)
		}
	}
}

func TestCookies(t *testing.T) {
	o := start(t, nil)
	c := o.client(t, "ann")
	status, _, header, err := c.post(t.Context(), `[{"channel":"/meta/handshake"}]`)
	if err != nil || status != 200 {
		t.Fatal(status, err)
	}
	got := map[string]string{}
	for _, line := range header.Values("Set-Cookie") {
		name, rest, _ := strings.Cut(line, "=")
		got[name] = rest
		if strings.Contains(line, "Secure") || strings.Contains(line, "SameSite") {
			t.Errorf("cookie %q cannot be kept over plain http", line)
		}
	}
	for name, part := range map[string]string{"BAYEUX_BROWSER": "Path=/cometd/", "t": "HttpOnly", "sfdc-stream": "Expires=", "BrowserId": "Path=/"} {
		if !strings.Contains(got[name], part) {
			t.Errorf("cookie %s is %q, want %s", name, got[name], part)
		}
	}
	if !strings.HasPrefix(got["sfdc-stream"], "!") {
		t.Errorf("sfdc-stream is %q", got["sfdc-stream"])
	}
	c = o.up(t, "ann")
	id := c.id
	all := c.http.Jar
	for _, missing := range []string{"BAYEUX_BROWSER", "t"} {
		c.http.Jar = without(all, missing)
		want := fmt.Sprintf("400::Client %s has established a session, but no %s cookie present", id, missing)
		if e := c.one("connect", poll); e.Error != want {
			t.Errorf("without %s: %+v", missing, e)
		}
	}
	c.http.Jar = without(all, "sfdc-stream")
	_, text, header, _ := c.post(t.Context(), "["+c.message("connect", poll)+"]")
	if e := decode(t, text)[0]; e.Error != "403::Unknown client" || e.Advice.Reconnect != "handshake" {
		t.Errorf("without sfdc-stream: %s", text)
	}
	if !strings.HasPrefix(header.Get("Set-Cookie"), "sfdc-stream=!") {
		t.Errorf("without sfdc-stream: Set-Cookie %q, want a fresh one", header.Get("Set-Cookie"))
	}
	thief := o.up(t, "ann")
	thief.id = id
	if e := thief.one("connect", poll); e.Error != "403::Unknown client" {
		t.Errorf("another browser's client id: %+v", e)
	}
}

func TestMessagesThatFail(t *testing.T) {
	o := start(t, func(o *cometd.Options) {
		o.Channel = func(channel, user string) error {
			switch channel {
			case "/topic/Secret":
				return &cometd.Refusal{Code: 403, Args: "denied_by_security_policy", Text: "create_denied", FailureReason: "403::why"}
			case "/topic/Broken":
				return errToken
			}
			return nil
		}
		o.Filter = func(_ string, fields map[string]string) error {
			if _, ok := fields["Nope"]; ok {
				return &cometd.Refusal{Code: 400, Text: "Query fields {Nope} do not exist on the topic entity"}
			}
			return nil
		}
	})
	c := o.up(t, "ann")
	for _, test := range []struct{ channel, members, want string }{
		{"connect", `,"connectionType":"websocket"`, "400::Invalid connection type websocket"},
		{"connect", ``, "400::Invalid connection type "},
		{"subscribe", ``, "400::Channel name not specified"},
		{"subscribe", `,"subscription":""`, "400::Channel name not specified"},
		{"subscribe", `,"subscription":7`, "400::Channel name not specified"},
		{"subscribe", `,"subscription":"topic/A"`, "400::Channel subscriptions must start with a leading '/'"},
		{"subscribe", `,"subscription":"/meta/connect"`, "403::Restricted channel"},
		{"subscribe", `,"subscription":"/topic/*"`, "400::The channel you requested to subscribe to doesn't exist {/topic/*}"},
		{"subscribe", `,"subscription":"/event/A__e?x=1"`, "400::The channel you requested to subscribe to doesn't exist {/event/A__e?x=1}"},
		{"subscribe", `,"subscription":"/topic/A?"`, "400::The channel you requested to subscribe to doesn't exist {/topic/A?}"},
		{"subscribe", `,"subscription":"/topic/A?Nope=1"`, "400::Query fields {Nope} do not exist on the topic entity"},
		{"subscribe", `,"subscription":"/topic/Secret"`, "403:denied_by_security_policy:create_denied"},
		{"subscribe", `,"subscription":"/topic/Broken"`, "403::Restricted channel"},
		{"subscribe", `,"subscription":["/topic/A","/topic/Secret"]`, "403:denied_by_security_policy:create_denied"},
		{"subscribe", `,"subscription":"/topic/A","ext":{"replay":{}}`, "400::The replayId for channel {/topic/A} wasn't found using the provided replay ID map {{}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing."},
		{"subscribe", `,"subscription":"/topic/A","ext":{"replay":{"/topic/C":2,"/topic/B":"1"}}`, "400::The replayId for channel {/topic/A} wasn't found using the provided replay ID map {{/topic/B=1, /topic/C=2}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing."},
		{"unsubscribe", ``, "400::Channel name not specified"},
		{"nonsense", ``, "404::Unknown channel"},
	} {
		if e := c.one(test.channel, test.members); e.Error != test.want || e.ok() {
			t.Errorf("%s %s: %q, want %q", test.channel, test.members, e.Error, test.want)
		}
	}
	if e := c.one("subscribe", `,"subscription":"/topic/Secret"`); e.Ext.SFDC.FailureReason != "403::why" {
		t.Errorf("refusal %+v: want its failureReason", e)
	}
	if got := o.Clients()[0].Channels; len(got) != 0 {
		t.Errorf("subscribed to %v after nothing but refusals", got)
	}
	if e := c.send(`{"channel":"/topic/A","data":{},"clientId":"` + c.id + `"}`)[0]; e.Error != "403:denied_by_security_policy:publish_denied" {
		t.Errorf("publish: %+v", e)
	}
	c.id = ""
	if e := c.subscribe("/topic/A", ""); e.Error != "403::Client has not completed handshake" {
		t.Errorf("subscribe before handshake: %+v", e)
	}
}

// A faye client sends connect and subscribe in one POST, which is never held.
func TestSeveralMessagesAreNotHeld(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann")
	all := c.send(c.message("connect", poll), c.message("subscribe", `,"subscription":"/topic/A"`))
	if len(all) != 2 || !all[0].ok() || !all[1].ok() {
		t.Fatalf("answers %+v", all)
	}
	o.publish("/topic/A", 1)
	if got := events(c.connect()); !slices.Equal(got, []int64{1}) {
		t.Errorf("events %v", got)
	}
	if all := c.send(); len(all) != 0 {
		t.Errorf("an empty array is answered by %v", all)
	}
}
