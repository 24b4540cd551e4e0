package identity

import (
	"cmp"
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

	// What only user information tells. Empty values mean GMT, en_US, en_US and
	// never.
	TimeZone, Locale, Language string
	Changed                    time.Time
}

// App is a connected app: a program that the org has been told about.
type App struct {
	ClientID  string
	Name      string                     // as people are asked about it; default: the client id
	Secret    string                     // for client credentials, password, refresh token and authorization code
	PublicKey *rsa.PublicKey             // verifies JWT assertions; nil refuses them
	RunAs     string                     // username that client credentials act as; empty refuses them
	Scopes    []string                   // default: api, refresh_token
	Permits   func(username string) bool // pre-authorised users; nil permits all

	// Callbacks are the addresses to which a person's login may return; without
	// one the authorization code flow is refused. They are compared character by
	// character, with the mock's one liberty for http on loopback hosts: the port
	// is free, and an address without a path stands for every path
	// (http://127.0.0.1 for http://127.0.0.1:49152/any/thing).
	Callbacks []string
	// SelfAuthorize lets people approve the app for themselves, who are then asked.
	// Those whom Permits does not know are refused without it.
	SelfAuthorize bool
	// Blocked refuses everybody's login, as an app that is switched off does.
	Blocked bool
	// PKCERequired refuses logins without a code challenge.
	PKCERequired bool
	// SecretOptional lets an app that cannot keep a secret exchange codes without.
	SecretOptional bool
	// SecretForRefresh makes it show the secret when it refreshes.
	SecretForRefresh bool
	// RotateRefresh gives a new refresh token with every refresh. The one before is
	// dead then, and using it again ends all that came from the same login.
	RotateRefresh bool
	// IDTokenLife is how long an ID token is good; 0 means 2 minutes.
	IDTokenLife time.Duration
	// IDTokenProfile puts name, address of email and so on into ID tokens, which
	// otherwise have them in user information only.
	IDTokenProfile bool
	// CustomPermissions tells which of the app's custom permissions a user has, for
	// the scope custom_permissions; nil tells none. It is called without a lock.
	CustomPermissions func(username string) map[string]bool
}

func (a App) withDefaults() App {
	if a.Scopes == nil {
		a.Scopes = []string{"api", "refresh_token"}
	}
	a.Name = cmp.Or(a.Name, a.ClientID)
	a.IDTokenLife = cmp.Or(a.IDTokenLife, 2*time.Minute)
	return a
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

	// People lists those who may log in at the org's page, in the order in which it
	// offers them; nil means nobody. It is called without a lock of the service.
	People func() []User

	OrgName string // on the page; default: Salesforce

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
	if o.People == nil {
		o.People = func() []User { return nil }
	}
	o.OrgName = cmp.Or(o.OrgName, "Salesforce")
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
