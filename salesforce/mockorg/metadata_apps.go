package mockorg

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/identity"
	"omnibridge/salesforce/mockorg/metadata"
)

// External Client Apps come in five pieces: the app, its scopes, its global
// settings (callback, certificate, keys), its policies and its switch. An app
// that has the first three can log in as the policies allow; without policies
// it has those that an org makes by itself (salesforce-package 1.7).

// scopes are the names in metadata of what OAuth calls otherwise.
var scopes = map[string]string{
	"Address": "address", "Api": "api", "Basic": "id", "CustomPermissions": "custom_permissions", "Email": "email", "Full": "full", "Lightning": "lightning",
	"OfflineAccess": "offline_access", "OpenID": "openid", "Phone": "phone", "Profile": "profile", "RefreshToken": "refresh_token", "Web": "web",
}

// names splits a list of names that has commas between them.
func names(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

// app checks the app itself.
func (d *deployer) app(c *metadata.Component) (string, error) {
	if c.Get("orgScopedExternalApp") != "" && d.batch.Old(c.Type, c.Name) == nil {
		return "", metadata.Problemf("orgScopedExternalApp is given by the org: leave it out")
	}
	d.openApp(c.Name)
	return "", nil
}

// ofApp checks that a piece belongs to an app there is.
func (d *deployer) ofApp(c *metadata.Component) error {
	name := c.Get("externalClientApplication")
	if !d.batch.Has("ExternalClientApplication", name) {
		return missing("externalClientApplication", "ExternalClientApplication", name)
	}
	d.openApp(name)
	return nil
}

// appScopes checks the scopes of an app.
func (d *deployer) appScopes(c *metadata.Component) (string, error) {
	if c.Get("oauthLink") != "" {
		return "", metadata.Problemf("The OAuth link %s is not this org's: leave it out", c.Get("oauthLink"))
	}
	for _, scope := range names(c.Get("commaSeparatedOauthScopes")) {
		if scopes[scope] == "" {
			var all []string
			for name := range scopes {
				all = append(all, name)
			}
			slices.Sort(all)
			return "", metadata.Problemf("Invalid OAuth scope: %s. Valid scopes are: %s", scope, strings.Join(all, ", "))
		}
	}
	return "", d.ofApp(c)
}

// appGlobal checks where an app is called back and by what it is known, and
// gives it its consumer key.
func (d *deployer) appGlobal(c *metadata.Component) (string, error) {
	if !d.secrets {
		return "", metadata.Problemf("Global OAuth settings can be deployed only where Setup > External Client Apps > Settings allows access to OAuth consumer secrets via Metadata API")
	}
	for _, callback := range strings.Fields(c.Get("callbackUrl")) {
		if !safeCallback(callback) {
			return "", metadata.Problemf("The callback URL must be https, or http on localhost: %s", callback)
		}
	}
	if text := c.Get("certificate"); text != "" && publicKey(text) == nil {
		return "", metadata.Problemf("The certificate is no X.509 certificate with an RSA key in PEM")
	}
	given := c.Get("consumerKey")
	key, secret := "3MVG9"+rand.Text()+rand.Text(), rand.Text()+rand.Text()
	if old := d.batch.Old(c.Type, c.Name); old != nil {
		key, secret = old.Get("consumerKey"), old.Get("consumerSecret")
	}
	if given != "" && given != key {
		return "", metadata.Problemf("The consumer key is given by the org: leave it out")
	}
	c.Set("consumerKey", key)
	c.Set("consumerSecret", secret)
	return "", d.ofApp(c)
}

// appPolicies checks who may use an app.
func (d *deployer) appPolicies(c *metadata.Component) (string, error) {
	for _, name := range names(c.Get("commaSeparatedPermissionSet")) {
		if _, err := d.refer("commaSeparatedPermissionSet", "PermissionSet", "PermissionSet", name); err != nil {
			return "", err
		}
	}
	return "", d.ofApp(c)
}

// appSwitch says whether an app may be used at all.
func (d *deployer) appSwitch(c *metadata.Component) (string, error) { return "", d.ofApp(c) }

// openApp lets an app log in as its pieces say, once all is well.
func (d *deployer) openApp(name string) {
	piece := func(typ string) *metadata.Component {
		for _, c := range d.batch.All(typ) {
			if c.Get("externalClientApplication") == name {
				return c
			}
		}
		return nil
	}
	d.later = append(d.later, func() error {
		oauth, global := piece("ExtlClntAppOauthSettings"), piece("ExtlClntAppGlobalOauthSettings")
		if oauth == nil || global == nil {
			return nil
		}
		app := identity.App{ClientID: global.Get("consumerKey"), Secret: global.Get("consumerSecret"), PublicKey: publicKey(global.Get("certificate")),
			Callbacks: strings.Fields(global.Get("callbackUrl")), PKCERequired: global.Get("isPkceRequired") == "true",
			SecretOptional:   global.Get("isConsumerSecretOptional") == "true",
			SecretForRefresh: global.Get("isSecretRequiredForRefreshToken") == "true",
			IDTokenProfile:   global.Get("idTokenConfig", "idTokenIncludeStandardClaims") == "true"}
		if minutes, err := strconv.Atoi(global.Get("idTokenConfig", "idTokenValidityInMinutes")); err == nil {
			app.IDTokenLife = time.Duration(minutes) * time.Minute
		}
		if c := d.batch.Find("ExternalClientApplication", name); c != nil {
			app.Name = c.Get("label")
		}
		app.Scopes = []string{}
		for _, scope := range names(oauth.Get("commaSeparatedOauthScopes")) {
			app.Scopes = append(app.Scopes, scopes[scope])
		}
		policies := piece("ExtlClntAppOauthConfigurablePolicies")
		app.Permits = d.o.permits(policies)
		app.SelfAuthorize = policies == nil || policies.Get("permittedUsersPolicyType") != "AdminApprovedPreAuthorized"
		app.CustomPermissions = d.o.permissionsOf(name)
		if state := piece("ExtlClntAppConfigurablePolicies"); state != nil && (state.Get("isEnabled") == "false" || state.Get("isOauthPluginEnabled") == "false") {
			app.Blocked = true
		}
		return d.o.identity.SetApp(app)
	})
}

// permits makes the rule of who may use an app without approving it first. By
// the policies of an org's own making everybody may, but has to approve it at a
// browser.
func (o *Org) permits(policies *metadata.Component) func(username string) bool {
	if policies == nil || policies.Get("permittedUsersPolicyType") != "AdminApprovedPreAuthorized" {
		return func(string) bool { return false }
	}
	sets := names(policies.Get("commaSeparatedPermissionSet"))
	return func(username string) (permitted bool) {
		_ = o.view(func(t *tx) error {
			for _, user := range t.where("User", "Username", username) {
				for _, link := range t.where("PermissionSetAssignment", "AssigneeId", user.ID()) {
					set, ok := t.get(link.str("PermissionSetId"))
					permitted = permitted || ok && slices.Contains(sets, set.str("Name"))
				}
			}
			return nil
		})
		return permitted
	}
}

// permissionsOf makes the rule of which custom permissions of an app a user has.
func (o *Org) permissionsOf(app string) func(username string) map[string]bool {
	return func(username string) map[string]bool {
		had := o.customPermissions(username)
		maps.DeleteFunc(had, func(name string, _ bool) bool {
			permission := o.setup.metadata.Find("CustomPermission", name)
			return permission == nil || permission.Get("externalClientApplication") != app
		})
		return had
	}
}

// publicKey reads a certificate; nil when it is none.
func publicKey(text string) *rsa.PublicKey {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	key, _ := certificate.PublicKey.(*rsa.PublicKey)
	return key
}

// safeCallback tells whether an app may be called back at an address.
func safeCallback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}
