package login_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"omnibridge/vcc/contactpad/login"
	"omnibridge/vcc/contactpad/login/orgtest"
)

const own = "00D000000000001EAA"

func start(t *testing.T, o *orgtest.Org) *login.Org {
	o.Callback = "http://127.0.0.1:1/pad/callback"
	g, err := login.New(login.Options{Issuer: o.URL, ClientID: o.ClientID, ClientSecret: o.Secret, Callback: o.Callback, Org: func() string { return own }})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// visit goes to the org as a browser does, and returns what it comes back with.
func visit(t *testing.T, to string) url.Values {
	t.Helper()
	c := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), "GET", to, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatalf("%s: %v", resp.Status, err)
	}
	return back.Query()
}

func TestLoginTellsWho(t *testing.T) {
	for _, secret := range []string{"", "s3cret"} {
		o := orgtest.New(t)
		o.Secret = secret
		g := start(t, o)
		try := login.NewTry()
		to, err := g.Begin(t.Context(), try)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(to, try.Verifier) {
			t.Error("the verifier goes through the browser")
		}
		back := visit(t, to)
		if back.Get("state") != try.State {
			t.Errorf("state %q", back.Get("state"))
		}
		c, err := g.Finish(t.Context(), try, back.Get("code"))
		if err != nil {
			t.Fatal(err)
		}
		if c.User != o.User || c.Org != own || c.Username != "ana@example.com" {
			t.Errorf("claims %+v", c)
		}
		if n := o.Asked("/services/oauth2/token"); n != 1 {
			t.Errorf("the code was sent %d times: the org may take it only once", n)
		}
		if n := o.Good(); n != 0 {
			t.Errorf("%d tokens of the org are left: none is kept", n)
		}
		if _, err := g.Finish(t.Context(), try, back.Get("code")); !errors.Is(err, login.ErrNotGenuine) {
			t.Errorf("a code that was used: %v", err)
		}
	}
}

func TestLoginRefuses(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
	for name, test := range map[string]struct {
		rig  func(*orgtest.Org)
		try  func(*login.Try) // changed after the browser went
		want error
	}{
		"issuer of another":       {rig: func(o *orgtest.Org) { o.Token = set("iss", "https://evil.example") }, want: login.ErrNotGenuine},
		"issuer with a slash":     {rig: func(o *orgtest.Org) { o.Token = set("iss", o.URL+"/") }, want: login.ErrNotGenuine},
		"audience of another app": {rig: func(o *orgtest.Org) { o.Token = set("aud", "another-app") }, want: login.ErrNotGenuine},
		"expired":                 {rig: func(o *orgtest.Org) { o.Token = set("exp", time.Now().Add(-time.Minute).Unix()) }, want: login.ErrNotGenuine},
		"not signed":              {rig: func(o *orgtest.Org) { o.Method = jwt.SigningMethodNone }, want: login.ErrNotGenuine},
		"signed with the public":  {rig: func(o *orgtest.Org) { o.Method = jwt.SigningMethodHS256 }, want: login.ErrNotGenuine},
		"signed by another":       {rig: func(o *orgtest.Org) { o.Key = other }, want: login.ErrNotGenuine},
		"nonce replayed":          {rig: func(o *orgtest.Org) { o.Token = set("nonce", "old") }, want: login.ErrNotGenuine},
		"nonce missing":           {rig: func(o *orgtest.Org) { o.Token = func(m map[string]any) { delete(m, "nonce") } }, want: login.ErrNotGenuine},
		"token of another login":  {rig: func(o *orgtest.Org) { o.Token = set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA") }, want: login.ErrNotGenuine},
		"subject is no address":   {rig: func(o *orgtest.Org) { o.Token = set("sub", "ana"); o.Info = set("sub", "ana") }, want: login.ErrNotGenuine},
		"userinfo of another": {rig: func(o *orgtest.Org) {
			o.Info = set("sub", "https://login.salesforce.com/id/"+own+"/005000000000002AAA")
		}, want: login.ErrNotGenuine},
		"userinfo contradicts":  {rig: func(o *orgtest.Org) { o.Info = set("organization_id", "00D000000000002EAA") }, want: login.ErrNotGenuine},
		"another org":           {rig: func(o *orgtest.Org) { o.ID = "00D000000000002EAA" }, want: login.ErrOtherOrg},
		"PKCE verifier differs": {try: func(t *login.Try) { t.Verifier = login.NewTry().Verifier }, want: login.ErrNotGenuine},
	} {
		t.Run(name, func(t *testing.T) {
			o := orgtest.New(t)
			if test.rig != nil {
				test.rig(o)
			}
			g := start(t, o)
			try := login.NewTry()
			to, err := g.Begin(t.Context(), try)
			if err != nil {
				t.Fatal(err)
			}
			back := visit(t, to)
			if test.try != nil {
				test.try(&try)
			}
			c, err := g.Finish(t.Context(), try, back.Get("code"))
			if !errors.Is(err, test.want) {
				t.Errorf("got %+v, %v, want %v", c, err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), try.Verifier) || strings.Contains(err.Error(), back.Get("code"))) {
				t.Errorf("the error tells a secret: %v", err)
			}
			if c.User != "" || o.Good() != 0 {
				t.Errorf("claims %+v, %d tokens left", c, o.Good())
			}
		})
	}
}

func TestOrgMustBeTheOneThatIsConfigured(t *testing.T) {
	for name, test := range map[string]struct {
		rig  func(*orgtest.Org)
		want string
	}{
		"other issuer":   {func(o *orgtest.Org) { o.Issuer = "https://login.salesforce.com" }, "https://login.salesforce.com"},
		"keys elsewhere": {func(o *orgtest.Org) { o.Found = func(m map[string]any) { m["jwks_uri"] = "https://evil.example/keys" } }, "evil.example"},
		"token elsewhere": {func(o *orgtest.Org) {
			o.Found = func(m map[string]any) { m["token_endpoint"] = "https://evil.example/t" }
		}, "evil.example"},
		"prefix is not host": {func(o *orgtest.Org) {
			o.Found = func(m map[string]any) { m["token_endpoint"] = o.URL + ".evil.example/t" }
		}, "evil.example"},
		"down": {func(o *orgtest.Org) { o.Down = true }, "503"},
	} {
		t.Run(name, func(t *testing.T) {
			o := orgtest.New(t)
			test.rig(o)
			g := start(t, o)
			for range 3 {
				if _, err := g.Begin(t.Context(), login.NewTry()); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want a word of %s", err, test.want)
				}
			}
			if n := o.Asked("/.well-known/openid-configuration"); n != 1 {
				t.Errorf("asked %d times within seconds, want 1", n)
			}
		})
	}
}

func TestNobodyLogsInBeforeTheOwnOrgIsKnown(t *testing.T) {
	o := orgtest.New(t)
	g, err := login.New(login.Options{Issuer: o.URL, ClientID: "x", Callback: "http://localhost/pad/callback", Org: func() string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Begin(t.Context(), login.NewTry()); !errors.Is(err, login.ErrNotReady) {
		t.Errorf("begin: %v", err)
	}
	if _, err := g.Finish(context.Background(), login.NewTry(), "code"); !errors.Is(err, login.ErrNotReady) {
		t.Errorf("finish: %v", err)
	}
}

func TestOptionsNameWhatIsWrong(t *testing.T) {
	_, err := login.New(login.Options{Issuer: "http://acme.example/path", Callback: "pad"})
	for _, want := range []string{"must be https", "has a path", "Callback", "ClientID", "Org is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}
