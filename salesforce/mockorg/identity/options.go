package identity

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

// User is who may log in, as the org knows them at that moment.
type User struct {
	ID            string // 18 characters
	Username      string
	Email         string
	FirstName     string
	LastName      string
	Password      string // without the security token
	SecurityToken string // appended to the password by API clients; empty if none is needed
	Active        bool
	Locked        bool // refused whatever the password
	PasswordOld   bool // the password has expired: SOAP login says so
}

// App is a connected app: a program that the org has been told about.
type App struct {
	ClientID  string
	Secret    string                     // for client credentials, password and refresh token
	PublicKey *rsa.PublicKey             // verifies JWT assertions; nil refuses them
	RunAs     string                     // username that client credentials act as; empty refuses them
	Scopes    []string                   // default: api, refresh_token
	Permits   func(username string) bool // pre-authorised users; nil permits all
}

// Options is what a Service needs from the org around it. Clock, BaseURL, OrgID
// and Users are required.
type Options struct {
	Clock   *clock.Clock
	BaseURL func() string // own address without a final slash: login host and instance in one
	OrgID   string        // 18 characters
	Sandbox bool

	// Users finds a user by name, in the spelling of the request. It is called
	// without a lock of the service.
	Users func(username string) (User, bool)

	Apps []App

	// Audiences are accepted in a JWT's aud besides the own address. Default:
	// https://login.salesforce.com and https://test.salesforce.com.
	Audiences []string

	SessionLife time.Duration // without use; default 2 h
	NoSOAPLogin bool          // refuse SOAP login, as new orgs do (salesforce-apis 1.4)

	Log *slog.Logger // logins and refusals, at debug level; default discards
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Clock == nil:
		return o, errors.New("identity: Options.Clock is missing; pass the org's clock")
	case o.BaseURL == nil:
		return o, errors.New("identity: Options.BaseURL is missing; pass a function that tells the org's address")
	case len(o.OrgID) != 18:
		return o, fmt.Errorf("identity: Options.OrgID %q must have 18 characters", o.OrgID)
	case o.Users == nil:
		return o, errors.New("identity: Options.Users is missing; pass a function that finds users")
	case o.SessionLife < 0:
		return o, fmt.Errorf("identity: Options.SessionLife %v must not be negative", o.SessionLife)
	}
	if o.SessionLife == 0 {
		o.SessionLife = 2 * time.Hour
	}
	if o.Audiences == nil {
		o.Audiences = []string{"https://login.salesforce.com", "https://test.salesforce.com"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	seen := map[string]bool{}
	for i, app := range o.Apps {
		if app.ClientID == "" || seen[app.ClientID] {
			return o, fmt.Errorf("identity: Options.Apps[%d] has a client id that is empty or used twice: %q", i, app.ClientID)
		}
		seen[app.ClientID] = true
	}
	return o, nil
}
