package identity

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// toLoopback is what a browser takes for an address on this machine, written
// without the parser that the service uses.
var toLoopback = regexp.MustCompile(`^http://(127\.0\.0\.1|localhost|\[::1\])(:[1-9][0-9]{0,4})?([/?].*)?$`)

// Whatever address an app asks to be called back at, people are sent to a listed
// one or to this machine.
func FuzzCallback(f *testing.F) {
	for _, seed := range []string{
		"", "http://127.0.0.1", "http://127.0.0.1:1/x?y=z", "http://localhost:80/back", "http://[::1]:9/", "https://pad.test/callback", "http://127.0.0.1@evil.test/",
		"http://127.0.0.1:80@evil.test", "http://evil.test\\@127.0.0.1/", "http://127.0.0.1\t.evil.test", "//127.0.0.1", "http:127.0.0.1", "http:///127.0.0.1", "HTTP://LOCALHOST/back",
		"http://127.0.0.1:/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.1/", "http://[::ffff:127.0.0.1]/", "http://localhost./back", "http://127.0.0.1/%2f%2fevil", "http://127.0.0.1#@evil.test",
		"http://127.0.0.1/\x00", "http://[::1%25eth0]/", "javascript:alert(1)", "http://127.0.0.1/?code=planted&state=planted",
	} {
		f.Add(seed)
	}
	app := App{Callbacks: []string{"https://pad.test/callback", "http://127.0.0.1", "http://localhost/back", "http://[::1]"}}
	f.Fuzz(func(t *testing.T, address string) {
		u, ok := app.calledBackAt(address)
		if !ok {
			return
		}
		to := withParams(u, url.Values{"code": {"c"}, "state": {"s"}})
		if !strings.HasPrefix(to, "https://pad.test/callback?") && !toLoopback.MatchString(to) {
			t.Fatalf("%q leads to %q", address, to)
		}
		if address != "https://pad.test/callback" && strings.Contains(strings.ToLower(address), "localhost") && !strings.Contains(to, "/back?") && u.Hostname() == "localhost" {
			t.Fatalf("%q leads to another path of localhost: %q", address, to)
		}
		back, err := url.Parse(to)
		if err != nil || !slices.Equal(back.Query()["code"], []string{"c"}) || !slices.Equal(back.Query()["state"], []string{"s"}) {
			t.Fatalf("%q: the answer does not arrive as it left: %q", address, to)
		}
	})
}

// An answer is added to what the callback's query holds, and nothing is lost.
func TestAnswersKeepTheCallbacksQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 12, -1)
		query := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "parameters") {
			query.Add("p"+text.Draw(t, "name"), text.Draw(t, "value"))
		}
		address := fmt.Sprintf("http://127.0.0.1:%d/%s?%s", rapid.IntRange(1, 65535).Draw(t, "port"), url.PathEscape(text.Draw(t, "path")), query.Encode())
		u, ok := App{Callbacks: []string{"http://127.0.0.1"}}.calledBackAt(address)
		if !ok {
			t.Fatalf("%q is refused", address)
		}
		state := text.Draw(t, "state")
		back, err := url.Parse(withParams(u, url.Values{"state": {state}}))
		if err != nil || back.Host != u.Host || back.Path != u.Path {
			t.Fatalf("%v, %v", back, err)
		}
		got := back.Query()
		if got.Get("state") != state {
			t.Fatalf("state %q came back as %q", state, got.Get("state"))
		}
		got.Del("state")
		if got.Encode() != query.Encode() {
			t.Fatalf("query %q became %q", query.Encode(), got.Encode())
		}
	})
}

// A listed loopback address opens its own host and path and no other, whatever
// the port.
func TestOnlyThePortOfAListedAddressIsFree(t *testing.T) {
	hosts := []string{"127.0.0.1", "127.0.0.2", "localhost", "[::1]", "evil.test"}
	paths := []string{"", "/", "/back", "/back/", "/Back", "/b%61ck", "/back?x=1"}
	rapid.Check(t, func(t *rapid.T) {
		host, path := rapid.SampledFrom(hosts).Draw(t, "host"), rapid.SampledFrom(paths).Draw(t, "path")
		askedHost, askedPath := rapid.SampledFrom(hosts).Draw(t, "asked host"), rapid.SampledFrom(paths).Draw(t, "asked path")
		app := App{Callbacks: []string{"http://" + host + ":8080" + path}}
		_, ok := app.calledBackAt(fmt.Sprintf("http://%s:%d%s", askedHost, rapid.IntRange(1, 65535).Filter(func(n int) bool { return n != 8080 }).Draw(t, "port"), askedPath))
		if want := host != "evil.test" && host == askedHost && (path == "" || path == askedPath); ok != want {
			t.Fatalf("%s%s for %s%s: %v", askedHost, askedPath, host, path, ok)
		}
	})
}

func TestOtherSchemesOfAListedAddressStayShut(t *testing.T) {
	app := App{Callbacks: []string{"https://localhost/back", "https://127.0.0.1", "ftp://[::1]/back"}}
	for _, address := range []string{"http://localhost/back", "http://127.0.0.1/back", "http://[::1]/back", "https://localhost:1/back"} {
		if _, ok := app.calledBackAt(address); ok {
			t.Errorf("%s is allowed", address)
		}
	}
}

// Requests to log in never make more than an answer, and what is accepted is what
// was asked for.
func FuzzRequest(f *testing.F) {
	challenge := base64.RawURLEncoding.EncodeToString(make([]byte, sha256.Size))
	good := "response_type=code&client_id=pad&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&state=s&code_challenge=" + challenge
	for _, seed := range []string{"", good, good + "&scope=openid+email", good + "&prompt=none+login", good + "&state=t", good + "&scope=full", strings.Replace(good, "code&", "token&", 1), good + "&%zz"} {
		f.Add(seed)
	}
	s := &Service{apps: map[string]App{"pad": App{ClientID: "pad", Callbacks: []string{"http://127.0.0.1"}, Scopes: []string{"openid", "email"}, PKCERequired: true}.withDefaults()}}
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a, _, d := s.request(form)
		if a == nil {
			if d == nil {
				t.Fatalf("%q: neither a login nor an error", query)
			}
			return
		}
		if a.redirect != form.Get("redirect_uri") || a.state != form.Get("state") || !toLoopback.MatchString(a.callback.String()) {
			t.Fatalf("%q became %+v", query, a)
		}
		if d != nil {
			return
		}
		for _, name := range a.scopes {
			if !slices.Contains([]string{"openid", "email"}, name) {
				t.Fatalf("%q: scope %s", query, name)
			}
		}
		if form.Get("response_type") != "code" || len(a.challenge) != 43 || len(a.scopes) == 0 {
			t.Fatalf("%q is accepted: %+v", query, a)
		}
	})
}
