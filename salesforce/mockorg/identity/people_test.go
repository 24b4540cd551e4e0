package identity_test

import (
	"omnibridge/salesforce/mockorg/identity"
)

const ops = "ops@acme.test"

// withPeople adds what logins of people need to the service of start.
func withPeople(o *identity.Options) {
	users := o.Users
	o.OrgName = "Acme"
	o.People = func() []identity.User {
		var all []identity.User
		for _, name := range []string{"ops@acme.test", "old@acme.test", "off@acme.test", "new@acme.test", "bad@acme.test"} {
			if u, ok := users(name); ok {
				all = append(all, u)
			}
		}
		return all
	}
	full := []string{"openid", "profile", "email", "custom_permissions", "refresh_token"}
	o.Apps = append(o.Apps,
		identity.App{ClientID: "pad", Name: "Pad", Secret: "pad-secret", Scopes: full, SelfAuthorize: true, SecretOptional: true, PKCERequired: true,
			Callbacks:         []string{"https://pad.test/callback", "https://pad.test/callback?tenant=1", "http://127.0.0.1", "http://localhost/back"},
			CustomPermissions: func(name string) map[string]bool { return map[string]bool{"Supervisor": name == ops} }},
		identity.App{ClientID: "wall", Secret: "wall-secret", Scopes: full, IDTokenProfile: true, SecretForRefresh: true, RotateRefresh: true,
			Permits: func(name string) bool { return name == ops }, Callbacks: []string{"http://127.0.0.1"}},
		identity.App{ClientID: "shut", Name: "Shut", Secret: "s", Scopes: full, Blocked: true, Callbacks: []string{"http://127.0.0.1"}},
		identity.App{ClientID: "jwt", PublicKey: &signing().PublicKey, SelfAuthorize: true, Permits: func(string) bool { return false },
			Scopes: []string{"api", "refresh_token"}, SecretOptional: true, Callbacks: []string{"http://127.0.0.1"}},
	)
}
