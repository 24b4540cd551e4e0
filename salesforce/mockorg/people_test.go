package mockorg_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/identity"
)

// What apps of the tests prove themselves with.
const (
	appVerifier = "a-verifier-of-at-least-forty-three-characters-x"
	appCallback = "http://127.0.0.1:49152/oauth/callback"
	ada         = "ada@acme.example"
)

// loginAddress is where a login for an app starts.
func (s *site) loginAddress(clientID, scope string) string {
	sum := sha256.Sum256([]byte(appVerifier))
	return s.url + "/services/oauth2/authorize?" + url.Values{"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {appCallback}, "scope": {scope},
		"state": {"s"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}.Encode()
}

// personLogsIn goes through the page and the token endpoint and returns what the
// org says of the person, or the error that the app was sent.
func (s *site) personLogsIn(b *identity.Browser, clientID, secret, username string) (claims map[string]any, refusal string) {
	s.t.Helper()
	at, err := b.LogIn(s.t.Context(), s.loginAddress(clientID, ""), username)
	if err != nil {
		s.t.Fatal(err)
	}
	if e := at.Query().Get("error"); e != "" {
		return nil, e
	}
	r, err := http.PostForm(s.url+"/services/oauth2/token", url.Values{"grant_type": {"authorization_code"}, "code": {at.Query().Get("code")}, "client_id": {clientID},
		"client_secret": {secret}, "redirect_uri": {appCallback}, "code_verifier": {appVerifier}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	var token struct {
		Access  string `json:"access_token"`
		IDToken string `json:"id_token"`
		Error   string `json:"error"`
		Detail  string `json:"error_description"`
	}
	if err := json.NewDecoder(r.Body).Decode(&token); err != nil || token.Error != "" || token.IDToken == "" {
		s.t.Fatalf("token: %s %s %v", token.Error, token.Detail, err)
	}
	_, text, err := s.send("GET", "/services/oauth2/userinfo", "", "Authorization", "Bearer "+token.Access)
	if err != nil {
		s.t.Fatal(err)
	}
	decode(s.t, text, &claims)
	return claims, ""
}

// TestInitialValuesWithSpacesAndUnderscores holds that both come out as the real
// org writes them, in records, in describes and for picklists' own checks.
func TestInitialValuesWithSpacesAndUnderscores(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	user := s.query("SELECT LocaleSidKey, LanguageLocaleKey FROM User WHERE Username = '" + ada + "'").Records[0]
	if user["LocaleSidKey"] != "en_GB" || user["LanguageLocaleKey"] != "en_US" {
		t.Errorf("a user has the locale %v and the language %v", user["LocaleSidKey"], user["LanguageLocaleKey"])
	}
	task := s.create("Task", `{"Subject":"Call back"}`)
	if row := s.query("SELECT Status FROM Task WHERE Id = '" + task + "'").Records[0]; row["Status"] != "Not Started" {
		t.Errorf("a task begins as %v", row["Status"])
	}
	var d struct {
		Fields []struct {
			Name           string
			PicklistValues []struct{ Value string }
		}
	}
	decode(t, s.call(200, "GET", "sobjects/ServiceChannel/describe", ""), &d)
	for _, f := range d.Fields {
		if f.Name == "Language" && (len(f.PicklistValues) != 1 || f.PicklistValues[0].Value != "en_US") {
			t.Errorf("languages of service channels: %v", f.PicklistValues)
		}
	}
	s.create("Ticket__c", `{"Subject__c":"x","Status__c":"In Progress"}`) // a restricted picklist
}

func TestPeopleLogInToTheDefaultApp(t *testing.T) {
	for name, apps := range map[string][]identity.App{"no apps": nil, "other apps": {{ClientID: mockorg.DefaultClientID, Secret: mockorg.DefaultClientSecret, RunAs: mockorg.IntegrationUser}}} {
		s := newSite(t, mockorg.Options{Apps: apps})
		claims, refusal := s.personLogsIn(identity.NewBrowser(), mockorg.DefaultLoginID, "", ada)
		if refusal != "" {
			t.Fatalf("%s: %s", name, refusal)
		}
		user := s.query("SELECT Id, Email FROM User WHERE Username = '" + ada + "'").Records[0]
		org := s.query("SELECT Id FROM Organization").Records[0]["Id"]
		for claim, want := range map[string]any{"user_id": user["Id"], "organization_id": org, "preferred_username": ada, "name": "Ada Okafor", "email": user["Email"],
			"locale": "en_GB", "sub": s.url + "/id/" + org.(string) + "/" + user["Id"].(string)} {
			if claims[claim] != want {
				t.Errorf("%s: %s is %v, want %v", name, claim, claims[claim], want)
			}
		}
	}
}

func TestOnlyPeopleLogInAtThePage(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	ben := s.query("SELECT Id FROM User WHERE Username = 'ben@acme.example'").Records[0]["Id"].(string)
	s.call(http.StatusNoContent, "PATCH", "sobjects/User/"+ben, `{"IsActive":false}`)
	for _, username := range []string{mockorg.IntegrationUser, "autoproc@acme.example", "ben@acme.example"} {
		if at, err := identity.NewBrowser().LogIn(t.Context(), s.loginAddress(mockorg.DefaultLoginID, ""), username); err == nil {
			t.Errorf("%s was sent to %s", username, at)
		}
	}
}

// TestPackagedAppLogsPeopleIn deploys the two ways in which an administrator can
// let people use an app.
func TestPackagedAppLogsPeopleIn(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	app := func(policy string) []component {
		return []component{secrets, anApp, aSet.with("<label>Set</label>", "<customPermissions><enabled>true</enabled><name>Sup</name></customPermissions><label>Set</label>"),
			{"CustomPermission", "customPermissions/Sup.customPermission", "<externalClientApplication>A</externalClientApplication><isLicensed>false</isLicensed><label>Supervisor</label>"},
			{"CustomPermission", "customPermissions/Other.customPermission", "<isLicensed>false</isLicensed><label>Other</label>"},
			{"PermissionSet", "permissionsets/O.permissionset", "<customPermissions><enabled>true</enabled><name>Other</name></customPermissions><label>O</label>"},
			{"ExtlClntAppOauthSettings", "extlClntAppOauthSettings/A.ecaOauth", "<commaSeparatedOauthScopes>OpenID, Profile, CustomPermissions</commaSeparatedOauthScopes><externalClientApplication>A</externalClientApplication>"},
			{"ExtlClntAppGlobalOauthSettings", "extlClntAppGlobalOauthSets/A.ecaGlblOauth", "<callbackUrl>https://pad.example/cb\n" + appCallback + "</callbackUrl><externalClientApplication>A</externalClientApplication><isConsumerSecretOptional>true</isConsumerSecretOptional><isPkceRequired>true</isPkceRequired>"},
			{"ExtlClntAppOauthConfigurablePolicies", "extlClntAppOauthPolicies/A_defaultPolicy.ecaOauthPlcy",
				"<commaSeparatedPermissionSet>P</commaSeparatedPermissionSet><externalClientApplication>A</externalClientApplication><permittedUsersPolicyType>" + policy + "</permittedUsersPolicyType>"},
		}
	}
	s.deployed(app("AdminApprovedPreAuthorized")...)
	clientID := s.consumerKey("A")
	if _, refusal := s.personLogsIn(identity.NewBrowser(), clientID, "", ada); refusal != "OAUTH_APP_ACCESS_DENIED" {
		t.Errorf("without the permission set: %q", refusal)
	}
	for _, set := range []string{"P", "O"} {
		id := s.query("SELECT Id FROM PermissionSet WHERE Name = '" + set + "'").Records[0]["Id"].(string)
		user := s.query("SELECT Id FROM User WHERE Username = '" + ada + "'").Records[0]["Id"].(string)
		s.create("PermissionSetAssignment", `{"AssigneeId":"`+user+`","PermissionSetId":"`+id+`"}`)
	}
	claims, refusal := s.personLogsIn(identity.NewBrowser(), clientID, "", ada)
	if text, _ := json.Marshal(claims["custom_permissions"]); refusal != "" || string(text) != `{"Sup":true}` {
		t.Errorf("with the permission set: %q %v", refusal, claims)
	}
	s.deployed(app("AllSelfAuthorized")...)
	claims, refusal = s.personLogsIn(identity.NewBrowser(), clientID, "", "chloe@acme.example")
	if text, _ := json.Marshal(claims["custom_permissions"]); refusal != "" || string(text) != `{}` {
		t.Errorf("self-authorised: %q %v", refusal, claims)
	}
	s.deployed(component{"ExtlClntAppConfigurablePolicies", "extlClntAppPolicies/A_defaultPolicy.ecaPlcy",
		"<externalClientApplication>A</externalClientApplication><isEnabled>false</isEnabled>"})
	if _, refusal := s.personLogsIn(identity.NewBrowser(), clientID, "", ada); refusal != "OAUTH_APP_BLOCKED" {
		t.Errorf("switched off: %q", refusal)
	}
}

// Faults on paths strike logins too: that is how a test makes the org refuse.
func TestFaultsStrikeLoginsOfPeople(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for _, path := range []string{"/services/oauth2/authorize", "/setup/secur/", "/.well-known/", "/id/keys"} {
		if err := s.o.Arm(mockorg.Fault{Name: "unavailable", Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	b := identity.NewBrowser()
	for _, want := range []string{"503", "503", ""} {
		_, err := b.LogIn(t.Context(), s.loginAddress(mockorg.DefaultLoginID, "openid"), ada)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("log in: %v, want %q", err, want)
		}
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/id/keys"} {
		s.call(http.StatusServiceUnavailable, "GET", path, "")
		s.call(http.StatusOK, "GET", path, "")
	}
}
