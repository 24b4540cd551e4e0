package mockorg_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"omnibridge/salesforce/mockorg"
)

// secrets is the setting without which no global OAuth settings are deployed.
var secrets = component{"Settings", "settings/ExternalClientApp.settings", "<enableConsumerSecretApiAccess>true</enableConsumerSecretApiAccess>"}

// TestDeployedAppLogsIn plays the errors that a wrong setup shows one after the
// other, and the cure of each (salesforce-package 1.7).
func TestDeployedAppLogsIn(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	key, certificate := selfSigned(t)
	app := func(scopes, policy string) []component {
		return []component{secrets, anApp, aSet,
			{"ExtlClntAppOauthSettings", "extlClntAppOauthSettings/A.ecaOauth", "<commaSeparatedOauthScopes>" + scopes + "</commaSeparatedOauthScopes><externalClientApplication>A</externalClientApplication>"},
			{"ExtlClntAppGlobalOauthSettings", "extlClntAppGlobalOauthSets/A.ecaGlblOauth", "<certificate>" + certificate + "</certificate><externalClientApplication>A</externalClientApplication>"},
			{"ExtlClntAppOauthConfigurablePolicies", "extlClntAppOauthPolicies/A_defaultPolicy.ecaOauthPlcy",
				"<commaSeparatedPermissionSet>P</commaSeparatedPermissionSet><externalClientApplication>A</externalClientApplication><permittedUsersPolicyType>" + policy + "</permittedUsersPolicyType>"},
		}
	}
	s.deployed(app("Api", "AllSelfAuthorized")...)
	clientID := s.consumerKey("A")
	login := func() string {
		assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{"iss": clientID, "sub": mockorg.IntegrationUser, "aud": s.url,
			"exp": time.Now().Add(time.Minute).Unix()}).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.PostForm(s.url+"/services/oauth2/token", url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var reply struct {
			Error  string `json:"error"`
			Detail string `json:"error_description"`
			Scope  string `json:"scope"`
		}
		if err := json.NewDecoder(r.Body).Decode(&reply); err != nil {
			t.Fatal(err)
		}
		return reply.Error + reply.Detail + reply.Scope
	}
	const unapproved = "invalid_grantuser hasn't approved this consumer"
	if got := login(); got != unapproved {
		t.Errorf("self-authorised: %s", got)
	}
	s.deployed(app("Api", "AdminApprovedPreAuthorized")...)
	if got := login(); got != unapproved {
		t.Errorf("without the permission set: %s", got)
	}
	set := s.query("SELECT Id FROM PermissionSet WHERE Name = 'P'").Records[0]["Id"]
	user := s.query("SELECT Id FROM User WHERE Username = '" + mockorg.IntegrationUser + "'").Records[0]["Id"]
	assignment := fmt.Sprintf(`{"AssigneeId":"%s","PermissionSetId":"%s"}`, user, set)
	s.create("PermissionSetAssignment", assignment)
	s.refused(http.StatusBadRequest, "DUPLICATE_VALUE", "POST", "sobjects/PermissionSetAssignment", assignment)
	if got := login(); !strings.Contains(got, "refresh_token scope is required") {
		t.Errorf("without the scope: %s", got)
	}
	s.deployed(app("Api, RefreshToken", "AdminApprovedPreAuthorized")...)
	if got := login(); got != "api refresh_token" {
		t.Errorf("set up well: %s", got)
	}
	if again := s.consumerKey("A"); again != clientID {
		t.Error("another deploy changed the consumer key")
	}
	s.deployed(component{"ExtlClntAppConfigurablePolicies", "extlClntAppPolicies/A_defaultPolicy.ecaPlcy",
		"<externalClientApplication>A</externalClientApplication><isEnabled>false</isEnabled>"})
	if got := login(); got != unapproved {
		t.Errorf("switched off: %s", got)
	}
}

// consumerKey is that of a deployed app, as a retrieve shows it.
func (s *site) consumerKey(app string) string {
	s.t.Helper()
	for _, text := range s.o.Deployed("ExtlClntAppGlobalOauthSettings", app) {
		if m := regexp.MustCompile("<consumerKey>(3MVG9[^<]+)</consumerKey>").FindSubmatch(text); m != nil {
			return string(m[1])
		}
	}
	s.t.Fatalf("app %s has no consumer key", app)
	return ""
}

// selfSigned makes a key and its certificate.
func selfSigned(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
