package cometd_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

func (o *org) arm(t testing.TB, f cometd.Fault) {
	t.Helper()
	if err := o.Arm(f); err != nil {
		t.Fatal(err)
	}
}

// Each fault that answers in Bayeux strikes a connect that is held already, at
// once, and only as often as it was armed.
func TestBayeuxFaultsStrikeHeldConnects(t *testing.T) {
	for _, test := range []struct {
		name, error, reason, advice string
		lost                        bool
	}{
		{"unknown-client", "403::Unknown client", "", "handshake", true},
		{"unknown-client-none", "403::Unknown client", "", "none", true},
		{"disconnect", "", "", "", true},
		{"auth-invalid", "401::Authentication invalid", "", "none", false},
		{"busy", "401::Authentication invalid", "503::Server is too busy.  Please try your request again later.", "none", false},
		{"event-limit", "403::Organization total events daily limit exceeded", "", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			bubble(t, nil, func(t *testing.T, o *org) {
				c := o.up(t, "ann", "/topic/A")
				got := c.held()
				time.Sleep(time.Second)
				o.arm(t, cometd.Fault{Name: test.name})
				a := <-got
				if a.after != time.Second || len(a.all) == 0 {
					t.Fatalf("%+v, want an answer at once", a)
				}
				if notice := a.all[0]; test.advice == "none" && test.lost || test.name == "disconnect" {
					if len(a.all) != 2 || notice.Channel != "/meta/disconnect" || len(notice.ID) != 0 {
						t.Errorf("%+v, want a /meta/disconnect first", a.all)
					}
				}
				e := a.all[len(a.all)-1]
				if e.Error != test.error || e.Ext.SFDC.FailureReason != test.reason || e.ok() != (test.error == "") {
					t.Errorf("%+v, want %q for %q", e, test.error, test.reason)
				}
				if (e.Advice == nil) != (test.advice == "") || e.Advice != nil && e.Advice.Reconnect != test.advice {
					t.Errorf("advice %+v, want %q", e.Advice, test.advice)
				}
				next := c.one("connect", poll+`,"advice":{"timeout":0}`)
				if next.ok() == test.lost {
					t.Errorf("the next connect: %+v, session lost %v", next, test.lost)
				}
				if left := o.Faults(); len(left) != 0 {
					t.Errorf("faults left %+v", left)
				}
			})
		})
	}
}

func TestFaultsAtHandshakeAndSubscribe(t *testing.T) {
	o := start(t, nil)
	c := o.client(t, "ann")
	for name, reason := range map[string]string{
		"auth-invalid": "401::Authentication invalid",
		"busy":         "503::Server is too busy.  Please try your request again later.",
		"client-limit": "403::Organization concurrent user limit exceeded",
		"crowded":      "403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections per server. Your request has been denied because this limit has been exceeded. Please try your request again later.",
	} {
		o.arm(t, cometd.Fault{Name: name, On: "handshake", Count: 2})
		for range 2 {
			if e := c.handshake(); e.Error != "403::Handshake denied" || e.Ext.SFDC.FailureReason != reason || e.Advice.Reconnect != "none" {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if e := c.handshake(); !e.ok() {
			t.Errorf("after %s: %+v", name, e)
		}
	}
	c.ready()
	for name, want := range map[string]string{
		"create-denied": "403:denied_by_security_policy:create_denied",
		"event-limit":   "403::Organization total events daily limit exceeded",
		"busy":          "401::Authentication invalid",
	} {
		o.arm(t, cometd.Fault{Name: name, On: "subscribe"})
		if e := c.subscribe("/topic/A", ""); e.Error != want || string(e.Subscription) != `"/topic/A"` {
			t.Errorf("%s: %+v", name, e)
		}
		if e := c.subscribe("/topic/A", ""); !e.ok() {
			t.Errorf("after %s: %+v", name, e)
		}
	}
	o.arm(t, cometd.Fault{Name: "unknown-client", On: "subscribe"})
	if e := c.subscribe("/topic/A", ""); e.Error != "403::Unknown client" || len(o.Clients()) == 0 {
		t.Errorf("unknown-client on subscribe: %+v", e)
	}
	if e := c.one("connect", poll); e.Error != "403::Unknown client" {
		t.Errorf("the session must be lost: %+v", e)
	}
}

func TestExpiredReplayFault(t *testing.T) {
	o := start(t, nil)
	id := o.publish("/topic/A", 1)
	c := o.up(t, "ann")
	o.arm(t, cometd.Fault{Name: "expired-replay", Count: 2})
	text := invalid(id)
	replay := strings.TrimSuffix(strings.TrimPrefix(text[strings.Index(text, "{"):strings.Index(text, "}")], "{"), "}")
	for _, want := range []string{text, text, ""} {
		for _, always := range []string{"-1", "-2"} {
			if e := c.subscribe("/topic/A", always); !e.ok() {
				t.Errorf("replay %s must not suffer: %+v", always, e)
			}
		}
		if e := c.subscribe("/topic/A", replay); e.Error != want {
			t.Errorf("replay %s: %q, want %q", replay, e.Error, want)
		}
	}
	o.Purge()
	if e := c.subscribe("/topic/A", replay); e.Error != text {
		t.Errorf("after Purge: %+v", e)
	}
	if e := c.subscribe("/topic/A", "-2"); !e.ok() {
		t.Errorf("-2 after Purge: %+v", e)
	}
	o.publish("/topic/A", 2)
	if got := events(c.connect()); !slices.Equal(got, []int64{2}) {
		t.Errorf("after Purge: events %v", got)
	}
}

func TestTransportFaults(t *testing.T) {
	o := start(t, nil)
	for _, test := range []struct {
		name   string
		status int
	}{{"http-503", 503}, {"http-500", 500}, {"tcp-reset", 0}} {
		c := o.up(t, "ann", "/topic/A")
		for _, held := range []bool{true, false} {
			if !held {
				o.arm(t, cometd.Fault{Name: test.name})
			}
			got := c.held()
			if held {
				o.await(t, func(c cometd.ClientInfo) bool { return c.Held })
				o.arm(t, cometd.Fault{Name: test.name})
			}
			a := <-got
			if a.status != test.status || (a.err != nil) != (test.status == 0) {
				t.Errorf("%s, held %v: %+v, want status %d", test.name, held, a, test.status)
			}
		}
		o.publish("/topic/A", 1)
		if got := events(c.connect()); !slices.Equal(got, []int64{1}) {
			t.Errorf("after %s: events %v, want the session to live on", test.name, got)
		}
		c.one("disconnect", "")
	}
}

// await returns when a client satisfies the condition.
func (o *org) await(t testing.TB, ok func(cometd.ClientInfo) bool) {
	t.Helper()
	for t.Context().Err() == nil {
		if slices.ContainsFunc(o.Clients(), ok) {
			return
		}
	}
	t.Fatal("the test ended first")
}

func TestDropReply(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	o.arm(t, cometd.Fault{Name: "drop-reply"})
	if all := c.send(c.message("connect", poll+`,"advice":{"timeout":0}`)); len(all) != 1 {
		t.Errorf("a reply without events must arrive: %+v", all)
	}
	first := o.publish("/topic/A", 1)
	_, text, _, err := c.post(t.Context(), "["+c.message("connect", poll)+"]")
	if err == nil {
		t.Fatalf("the reply arrived: %s", text)
	}
	o.publish("/topic/A", 2)
	if got := events(c.connect()); !slices.Equal(got, []int64{2}) {
		t.Errorf("events %v, want the first to be gone", got)
	}
	if o.Usage().Delivered != 2 {
		t.Errorf("usage %+v, want both counted", o.Usage())
	}
	_ = first
}

func TestSilence(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		ctx, giveUp := context.WithTimeout(t.Context(), 130*time.Second)
		defer giveUp()
		gone := make(chan error)
		go func() {
			_, _, _, err := c.post(ctx, "["+c.message("connect", poll)+"]")
			gone <- err
		}()
		synctest.Wait()
		o.arm(t, cometd.Fault{Name: "silence", Count: -1})
		o.publish("/topic/A", 1)
		if err := <-gone; !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a silent server said %v", err)
		}
		got := c.held()
		time.Sleep(20 * time.Second)
		if n := o.Disarm("silence"); n != 1 {
			t.Errorf("disarmed %d", n)
		}
		if a := <-got; a.after != 20*time.Second || !slices.Equal(events(a.all), []int64{1}) {
			t.Errorf("after silence: %+v, want the event", a)
		}
	})
}

func TestShapeFaults(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	o.arm(t, cometd.Fault{Name: "connect-first"})
	for _, first := range []string{"/meta/connect", "/topic/A"} {
		o.publish("/topic/A", 1)
		if all := c.connect(); len(all) != 2 || all[0].Channel != first {
			t.Errorf("%+v, want %s first", all, first)
		}
	}
	o.arm(t, cometd.Fault{Name: "numeric-ids", On: "handshake"})
	for _, test := range [][2]string{{`"12"`, `12`}, {`"012"`, `"012"`}, {`"a"`, `"a"`}, {`"12"`, `"12"`}} {
		if test[0] == `"012"` || test[0] == `"a"` {
			o.arm(t, cometd.Fault{Name: "numeric-ids", On: "handshake"})
		}
		if e := c.send(`{"id":` + test[0] + `,"channel":"/meta/handshake"}`)[0]; string(e.ID) != test[1] {
			t.Errorf("id %s came back as %s, want %s", test[0], e.ID, test[1])
		}
	}
}

func TestFaultsOfOneUser(t *testing.T) {
	o := start(t, nil)
	ann, bob := o.up(t, "ann"), o.up(t, "bob")
	o.arm(t, cometd.Fault{Name: "auth-invalid", On: "connect", User: "bob", Count: -1})
	for range 3 {
		if e := ann.one("connect", poll+`,"advice":{"timeout":0}`); !e.ok() {
			t.Errorf("ann: %+v", e)
		}
		if e := bob.one("connect", poll); e.ok() {
			t.Errorf("bob: %+v", e)
		}
	}
	if left := o.Faults(); len(left) != 1 || left[0].Count != -1 {
		t.Errorf("faults %+v", left)
	}
	if n := o.Disarm(""); n != 1 {
		t.Errorf("disarmed %d", n)
	}
}

func TestFaultsThatAreNone(t *testing.T) {
	o := start(t, nil)
	for _, f := range []cometd.Fault{{Name: "nonsense"}, {Name: "busy", On: "nonsense"}, {Name: "expired-replay", On: "connect"}} {
		if err := o.Arm(f); err == nil || !strings.Contains(err.Error(), f.Name) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if len(o.Faults()) != 0 || len(cometd.FaultNames()) < 17 {
		t.Errorf("armed %v of %v", o.Faults(), cometd.FaultNames())
	}
}

func TestLargeRepliesAreCompressedWhenAsked(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	for n := range 30 {
		o.publish("/topic/A", n)
	}
	for _, asked := range []string{"gzip", "identity"} {
		c.subscribe("/topic/A", "-2")
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+c.path, strings.NewReader(c.message("connect", poll)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", c.auth)
		r.Header.Set("Accept-Encoding", asked)
		resp, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := resp.Header.Get("Content-Encoding"); (got == "gzip") != (asked == "gzip") {
			t.Errorf("asked for %s, got %q", asked, got)
		}
		if asked == "gzip" {
			body = unzip(t, body)
		}
		if n := len(events(decode(t, string(body)))); n != 30 {
			t.Errorf("%s: %d events", asked, n)
		}
	}
}
