package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
	"omnibridge/vcc/contactpad/login"
)

// checkPad reports every fault of the settings of ContactPad and the calls.
func (c config) checkPad() []error {
	var errs []error
	wrong := func(name, format string, args ...any) {
		errs = append(errs, fmt.Errorf("  %s_%s %s", prefix, name, fmt.Sprintf(format, args...)))
	}
	if c.PublicURL == "" {
		for name, set := range map[string]bool{"PAD_CLIENT_ID": c.PadClientID != "", "PAD_CLIENT_SECRET": c.PadSecret != "", "PAD_CONSOLES": len(c.PadConsoles) > 0, "PAD_ICE": c.PadICE != ""} {
			if set {
				wrong(name, "is set, but %s_PUBLIC_URL is not, so there is no ContactPad: set it, or unset this", prefix)
			}
		}
		return errs
	}
	if err := checkOrgURL(c.PublicURL); err != nil {
		wrong("PUBLIC_URL", "is %q: %v", withoutPassword(c.PublicURL), err)
	}
	if c.PadClientID == "" {
		wrong("PAD_CLIENT_ID", "is not set: people log in to ContactPad by an External Client App of their own (salesforce/package, Omnibridge_Login)")
	}
	for _, origin := range c.PadConsoles {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			wrong("PAD_CONSOLES", "names %q, which is no origin: write it as https://acme.lightning.force.com", origin)
		}
	}
	if _, err := c.ice(); err != nil {
		wrong("PAD_ICE", "is not WebRTC's list of servers: %v", err)
	}
	return errs
}

func (c config) ice() (servers []contactpad.ICEServer, err error) {
	if c.PadICE == "" {
		return nil, nil
	}
	d := json.NewDecoder(strings.NewReader(c.PadICE.Reveal()))
	d.DisallowUnknownFields()
	if err := d.Decode(&servers); err != nil {
		return nil, errors.New("it must be as [{\"urls\":[\"stun:stun.acme.com\"]}]") // its words could hold a credential
	}
	for i, s := range servers {
		for _, u := range s.URLs {
			if scheme, _, _ := strings.Cut(u, ":"); !slices.Contains([]string{"stun", "stuns", "turn", "turns"}, scheme) {
				return nil, fmt.Errorf("none of stun:, stuns:, turn:, turns: begins an address of server %d", i+1)
			}
		}
		if len(s.URLs) == 0 {
			return nil, fmt.Errorf("server %d has no urls", i+1)
		}
	}
	return servers, nil
}

// consoles returns the origins of the pages that may frame ContactPad. Those of an
// org are named after its My Domain (salesforce-package 1.4).
func (c config) consoles() []string {
	if len(c.PadConsoles) > 0 {
		return c.PadConsoles
	}
	u, err := url.Parse(c.OrgURL)
	if err != nil {
		return nil // check has refused it
	}
	origin := u.Scheme + "://" + u.Host
	if name, ok := strings.CutSuffix(u.Host, ".my.salesforce.com"); ok {
		return []string{u.Scheme + "://" + name + ".lightning.force.com", origin}
	}
	return []string{origin}
}

// newPad wires ContactPad.
func newPad(ctx context.Context, c config, rt routing, org *reachedOrg, desks contactpad.Desks, st *store.Store, log *slog.Logger) (*contactpad.Server, error) {
	ice, err := c.ice()
	if err != nil {
		return nil, err
	}
	people, err := login.New(login.Options{
		Issuer: strings.TrimSuffix(c.OrgURL, "/"), ClientID: c.PadClientID, ClientSecret: c.PadSecret.Reveal(),
		Callback: strings.TrimSuffix(c.PublicURL, "/") + "/pad/callback", Org: org.ID, Log: log.With("component", "login"),
	})
	if err != nil {
		return nil, err
	}
	return contactpad.New(ctx, contactpad.Options{
		URL: strings.TrimSuffix(c.PublicURL, "/"), FrameAncestors: c.consoles(), Desks: desks, Login: people,
		Org: org.ID, Agent: rt.agentOf, Gone: rt.gone(org), Sessions: sessions{st}, StatusID: org.StatusID, ICE: ice, Lease: time.Duration(rt.ContactPad.Lease), AskEvery: time.Duration(rt.ContactPad.Lease) / 3, Log: log.With("component", "contactpad"),
		FindCaller: func(ctx context.Context, number string) ([]contactpad.Record, error) {
			found, err := org.FindCaller(ctx, number)
			records := make([]contactpad.Record, len(found))
			for i, f := range found {
				records[i] = contactpad.Record{ID: omnichannel.Long(f.ID), Name: f.Name, Kind: f.Kind}
			}
			return records, err
		},
	})
}

// agentOf maps a user of the org to an agent: the same id. Where the routing file
// lists agents, nobody else is one.
func (r routing) agentOf(_ context.Context, user string, _ login.Claims) (vcc.AgentID, error) {
	if !r.isAgent()(vcc.AgentID(user)) {
		return "", contactpad.ErrNoAgent
	}
	return vcc.AgentID(user), nil
}

// gone tells why a user who logged in to ContactPad may not go on there.
func (r routing) gone(org *reachedOrg) func(contactpad.Session) string {
	isAgent := r.isAgent()
	return func(one contactpad.Session) string {
		user := vcc.AgentID(one.User)
		switch {
		case !isAgent(user):
			return "You were logged out: you are not an agent here any more. If that is wrong, ask your administrator."
		case org.leftSince(user, one.Since):
			return "You were logged out: your Salesforce user is not active any more. If that is wrong, ask your administrator."
		}
		return ""
	}
}

// sessions keeps logins in the daemon's store.
type sessions struct{ store *store.Store }

const sessionKind = "contactpad session"

func (s sessions) Load(ctx context.Context) ([]contactpad.Session, error) {
	docs, err := s.store.Kept(ctx, sessionKind)
	if err != nil {
		return nil, err
	}
	var all []contactpad.Session
	for name, doc := range docs {
		var one contactpad.Session
		if err := json.Unmarshal(doc, &one); err != nil {
			return nil, fmt.Errorf("stored session %s: %w", name, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func (s sessions) Save(ctx context.Context, one contactpad.Session) error {
	doc, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return s.store.Keep(ctx, sessionKind, one.Hash, doc)
}

func (s sessions) Drop(ctx context.Context, hashes ...string) error {
	return s.store.Discard(ctx, sessionKind, hashes...)
}
