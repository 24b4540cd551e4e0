package mockorg

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/identity"
)

// person finds who may log in.
func (o *Org) person(username string) (user identity.User, ok bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	users := o.tables[o.schema.object("User")]
	found := users.lookup(users.object.field("username"), username)
	if len(found) == 0 {
		return identity.User{}, false
	}
	return o.userOf(found[0].row), true
}

// userOf is what logins need to know of a user.
func (o *Org) userOf(row Row) identity.User {
	changed, _ := row["LastModifiedDate"].(time.Time)
	return identity.User{
		ID: row.ID(), Username: row.str("Username"), Email: row.str("Email"), FirstName: row.str("FirstName"), LastName: row.str("LastName"),
		Password: o.options.Password, SecurityToken: o.options.SecurityToken, Active: row.flag("IsActive"),
		TimeZone: row.str("TimeZoneSidKey"), Locale: row.str("LocaleSidKey"), Language: row.str("LanguageLocaleKey"), Changed: changed,
	}
}

// people are those who log in at a browser, by name: all active users but the
// org's own and the daemon's.
func (o *Org) people() []identity.User {
	var all []identity.User
	_ = o.view(func(t *tx) error {
		t.each("User", func(row Row) bool {
			if row.flag("IsActive") && row.str("UserType") == "Standard" && row.str("Username") != IntegrationUser {
				all = append(all, o.userOf(row))
			}
			return true
		})
		return nil
	})
	slices.SortStableFunc(all, func(a, b identity.User) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.FirstName), strings.ToLower(b.FirstName)),
			strings.Compare(strings.ToLower(a.LastName), strings.ToLower(b.LastName)))
	})
	return all
}

// withLogin adds the app that people log in with, unless it is there.
func (o *Org) withLogin(apps []identity.App) []identity.App {
	if slices.ContainsFunc(apps, func(a identity.App) bool { return a.ClientID == DefaultLoginID }) {
		return apps
	}
	return append(slices.Clone(apps), identity.App{
		ClientID: DefaultLoginID, Name: "Omnibridge ContactPad", Secret: DefaultLoginSecret,
		Scopes:        []string{"openid", "profile", "email", "custom_permissions", "refresh_token"},
		Callbacks:     []string{"http://127.0.0.1", "http://localhost", "http://[::1]"},
		SelfAuthorize: true, SecretOptional: true, PKCERequired: true, RotateRefresh: true,
		CustomPermissions: o.customPermissions,
	})
}

// orgName is what the seed calls the organization.
func (p *Options) orgName() string {
	if p.Seed == nil {
		return DefaultSeed().Name
	}
	return p.Seed.Name
}

// customPermissions are those that a user has by permission sets, as far as
// deploys made them.
func (o *Org) customPermissions(username string) map[string]bool {
	var sets []string
	_ = o.view(func(t *tx) error {
		for _, user := range t.where("User", "Username", username) {
			for _, link := range t.where("PermissionSetAssignment", "AssigneeId", user.ID()) {
				if set, ok := t.get(link.str("PermissionSetId")); ok {
					sets = append(sets, set.str("Name"))
				}
			}
		}
		return nil
	})
	had := map[string]bool{}
	for _, name := range sets {
		set := o.setup.metadata.Find("PermissionSet", name)
		if set == nil {
			continue
		}
		for _, p := range set.Root.All("customPermissions") {
			if p.Get("enabled") == "true" {
				had[p.Get("name")] = true
			}
		}
	}
	return had
}
