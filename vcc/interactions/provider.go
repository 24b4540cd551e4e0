package interactions

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"omnibridge/vcc"
)

// providerKind is the kind under which providers are stored.
const providerKind = "interactions provider"

// Bounds of what a provider registers.
const (
	maxName      = 100
	maxURL       = 2000
	maxHeaders   = 20
	maxHeader    = 4000
	maxProviders = 100 // each has a goroutine
)

// Provider is who brings interactions. Headers may hold secrets.
type Provider struct {
	Name     string            `json:"provider"`
	Endpoint string            `json:"endpoint,omitempty"`
	Headers  map[string]string `json:"headers,omitempty"`
	// Permitted says what agents may do; nil means everything.
	Permitted map[string]int `json:"agentactionspermitted,omitzero"`
}

// What a provider may permit (vcc.md 10.2).
const (
	mayRelease         = "release"
	mayHold            = "hold"
	mayTransferToAgent = "transferToAgent"
	mayTransferToRoute = "transferToRoute"
)

var permissions = []string{mayRelease, mayHold, mayTransferToAgent, mayTransferToRoute}

// notOurs are headers that the connection sets, or that say what we send.
var notOurs = []string{"Host", "Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection", "Upgrade", "Te", "Trailer"}

// registers takes a provider; one that is known is replaced as a whole.
func (s *Server) registers(ctx context.Context, p pass, body []byte) error {
	var got Provider
	if err := decode(body, &got); err != nil {
		return err
	}
	if err := got.check(); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if !p.speaksFor(got.Name) {
		return refuse(http.StatusForbidden, "the token may not speak for provider %q", got.Name)
	}
	doc, err := json.Marshal(got)
	if err != nil {
		return fmt.Errorf("write down provider %q: %w", got.Name, err)
	}
	s.register.Lock()
	defer s.register.Unlock()
	s.mu.Lock()
	_, known := s.providers[got.Name]
	full := !known && len(s.providers) >= maxProviders
	s.mu.Unlock()
	if full {
		return refuse(http.StatusBadRequest, "there are %d providers already", maxProviders)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.PutWithin)
	defer cancel()
	if err := s.o.Store.Keep(ctx, providerKind, got.Name, doc); err != nil {
		return fmt.Errorf("store provider %q: %w", got.Name, err)
	}
	s.mu.Lock()
	s.providers[got.Name] = got
	t := s.tellers[got.Name]
	s.mu.Unlock()
	if t != nil {
		t.again() // perhaps it can be reached now
	}
	s.o.Log.Info("a provider registered", "provider", got.Name, "callbacks", got.Endpoint != "")
	return nil
}

func (s *Server) provider(name string) (Provider, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.providers[name]
	return p, ok
}

// check tells what is wrong with a registration.
func (p Provider) check() error {
	if err := checkText("provider", p.Name, maxName); err != nil {
		return err
	}
	if p.Name == "" {
		return fmt.Errorf("provider is missing: name the provider")
	}
	if err := checkEndpoint(p.Endpoint); err != nil {
		return err
	}
	if len(p.Headers) > maxHeaders {
		return fmt.Errorf("headers has %d entries: must be at most %d", len(p.Headers), maxHeaders)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		if err := checkHeader(name, p.Headers[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Permitted)) {
		if !slices.Contains(permissions, name) {
			return fmt.Errorf("agentactionspermitted.%s: there is no such action: use %s", shorten(name), strings.Join(permissions, ", "))
		}
		if v := p.Permitted[name]; v != 0 && v != 1 {
			return fmt.Errorf("agentactionspermitted.%s is %d: must be 0 or 1", name, v)
		}
	}
	return nil
}

// checkEndpoint takes https, and http to this machine, for tests and demos.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	if err := checkText("endpoint", endpoint, maxURL); err != nil {
		return err
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return fmt.Errorf("endpoint is not an absolute address")
	case u.User != nil:
		return fmt.Errorf("endpoint holds a user: put credentials into headers")
	case u.Fragment != "":
		return fmt.Errorf("endpoint has a fragment, which is never sent: remove it")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("endpoint must begin with https://")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkHeader never repeats a value: it may be a secret.
func checkHeader(name, value string) error {
	token := func(r rune) bool {
		return r > ' ' && r < 0x7f && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}
	switch {
	case name == "" || len(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return !token(r) }):
		return fmt.Errorf("headers holds %q, which is no name of a header", shorten(name))
	case slices.Contains(notOurs, http.CanonicalHeaderKey(name)):
		return fmt.Errorf("headers.%s is set by us: remove it", name)
	case len(value) > maxHeader || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return fmt.Errorf("the value of headers.%s is too long or holds control characters", name)
	}
	if scheme, rest, ok := strings.Cut(value, " "); strings.EqualFold(name, "Authorization") && (!ok || scheme == "" || rest == "") {
		return fmt.Errorf(`headers.%s must be "<type> <credentials>"`, name)
	}
	return nil
}

// limits writes what the provider does not permit into a call.
func (p Provider) limits(c *vcc.Call) {
	if p.Permitted == nil {
		return
	}
	deny := func(action string, do vcc.CommandKind) bool {
		denied := p.Permitted[action] == 0
		if denied && do != "" {
			c.Deny = append(c.Deny, do)
		}
		return denied
	}
	deny(mayRelease, vcc.Release)
	deny(mayHold, vcc.Hold)
	c.DenyAgents, c.DenyPlans = deny(mayTransferToAgent, ""), deny(mayTransferToRoute, "")
	if c.DenyAgents && c.DenyPlans {
		c.Deny = append(c.Deny, vcc.Transfer)
	}
}

// checkText bounds what others send, of which pages and logs show parts.
func checkText(field, text string, most int) error {
	switch {
	case len(text) > most:
		return fmt.Errorf("%s has %d bytes: must be at most %d", field, len(text), most)
	case strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\ufffd' }):
		return fmt.Errorf("%s holds control characters or is not UTF-8", field)
	}
	return nil
}

func shorten(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
