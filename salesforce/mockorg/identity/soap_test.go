package identity_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg/identity"
)

func (o *org) soap(t testing.TB, path, action, body string) (int, string) {
	t.Helper()
	// A reader of unknown length makes the body chunked, as jsforce sends it.
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+path, io.MultiReader(strings.NewReader(body)))
	r.Header.Set("Content-Type", "text/xml")
	if action != "" {
		r.Header.Set("SOAPAction", action)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, _ := io.ReadAll(resp.Body)
	var any struct{ XMLName xml.Name }
	if strings.Contains(resp.Header.Get("Content-Type"), "xml") {
		if err := xml.Unmarshal(all, &any); err != nil {
			t.Errorf("answer %s: %v", all, err)
		}
	}
	return resp.StatusCode, string(all)
}

func envelope(user, password string) string {
	return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><login xmlns="urn:partner.soap.sforce.com"><username>` +
		user + `</username><password>` + password + `</password></login></e:Body></e:Envelope>`
}

const goodPassword = "pass&amp;wordTOKEN"

// field finds an unprefixed element as jsforce does.
func field(body, name string) string {
	m := regexp.MustCompile("<" + name + ">([^<]+)</" + name + ">").FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestSOAPLogin(t *testing.T) {
	o := start(t, nil)
	prefixed := `<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">
  <env:Header><n1:CallOptions xmlns:n1="urn:partner.soap.sforce.com"><n1:client>x</n1:client></n1:CallOptions></env:Header>
  <env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>ops@acme.test</n1:username><n1:password>` + goodPassword + `</n1:password></n1:login></env:Body>
</env:Envelope>`
	for _, test := range []struct{ path, action, body string }{
		{"/services/Soap/u/58.0", `""`, envelope("ops@acme.test", goodPassword)},
		{"/services/Soap/u/44.0/", `''`, envelope("ops@acme.test", goodPassword)},
		{"/services/Soap/u/54.0", "login", prefixed},
		{"/services/Soap/c/64.0/00D5e000000XyZ1", "login", prefixed},
	} {
		status, body := o.soap(t, test.path, test.action, test.body)
		if status != 200 {
			t.Errorf("%s: %d %s", test.path, status, body)
			continue
		}
		version := strings.Split(test.path, "/")[4]
		for name, want := range map[string]string{
			"serverUrl": o.url + "/services/Soap/u/" + version + "/00D5e000000XyZ1", "userId": "0055e000000AbCdAAK", "organizationId": orgID,
			"userEmail": "ops@acme.test", "userFullName": "Olive Ops", "userName": "ops@acme.test", "passwordExpired": "false", "sandbox": "true",
		} {
			if got := field(body, name); got != want {
				t.Errorf("%s: %s is %q, want %q", test.path, name, got, want)
			}
		}
		if s, err := o.Check("OAuth " + field(body, "sessionId")); err != nil || s.Grant != identity.GrantSOAP {
			t.Errorf("%s: session %+v, %v", test.path, s, err)
		}
	}
	if _, body := o.soap(t, "/services/Soap/u/58.0", "login", envelope("old@acme.test", "pass")); field(body, "passwordExpired") != "true" {
		t.Errorf("an expired password: %s", body)
	}
	if n := o.Logins()[identity.GrantSOAP]; n != 5 {
		t.Errorf("%d logins by SOAP", n)
	}
}

func TestSOAPFaults(t *testing.T) {
	const path = "/services/Soap/u/58.0"
	wrong := "INVALID_LOGIN: Invalid username, password, security token; or user locked out."
	for _, test := range []struct{ name, path, action, body, code, text string }{
		{"wrong password", path, "login", envelope("ops@acme.test", "x"), "sf:INVALID_LOGIN", wrong},
		{"unknown user", path, "login", envelope("x", "x"), "sf:INVALID_LOGIN", wrong},
		{"locked user", path, "login", envelope("bad@acme.test", "pass"), "sf:INVALID_LOGIN", wrong},
		{"inactive user", path, "login", envelope("off@acme.test", "pass"), "sf:INVALID_LOGIN", wrong},
		{"no security token", path, "login", envelope("ops@acme.test", "pass&amp;word"), "sf:LOGIN_MUST_USE_SECURITY_TOKEN", "LOGIN_MUST_USE_SECURITY_TOKEN: Invalid username"},
		{"empty password", path, "login", envelope("ops@acme.test", ""), "sf:INVALID_LOGIN", wrong},
		{"retired version", "/services/Soap/u/30.0", "login", envelope("ops@acme.test", goodPassword), "sf:UNSUPPORTED_API_VERSION", "API version 30.0 is retired"},
		{"version without login", "/services/Soap/u/65.0", "login", envelope("ops@acme.test", goodPassword), "sf:UNSUPPORTED_API_VERSION", "SOAP API login() is not available in API version 65.0"},
		{"no action", path, "", envelope("ops@acme.test", goodPassword), "soapenv:Client", "SOAPAction HTTP header missing"},
		{"no XML", path, "login", "hello", "soapenv:Client", "there is no Envelope"},
		{"cut off", path, "login", envelope("ops@acme.test", goodPassword)[:80], "soapenv:Client", "not well-formed XML at line 1"},
		{"password not escaped", path, "login", envelope("ops@acme.test", "pass&wordTOKEN"), "soapenv:Client", "not well-formed XML at line 1"},
		{"doctype", path, "login", "<!DOCTYPE x []>" + envelope("ops@acme.test", goodPassword), "soapenv:Client", "document type"},
		{"too large", path, "login", envelope(strings.Repeat("x", 70_000), "x"), "soapenv:Client", "not well-formed XML"},
		{"another operation", path, "query", strings.ReplaceAll(envelope("x", "x"), "login", "query"), "soapenv:Client", "No operation available for request query"},
	} {
		o := start(t, nil)
		status, body := o.soap(t, test.path, test.action, test.body)
		if status != 500 || field(body, "faultcode") != test.code || !strings.Contains(field(body, "faultstring"), test.text) {
			t.Errorf("%s: %d %s, want %s %q", test.name, status, body, test.code, test.text)
		}
		if strings.HasPrefix(test.code, "sf:") != strings.Contains(body, "<sf:exceptionCode>") {
			t.Errorf("%s: detail in %s", test.name, body)
		}
		if strings.Contains(body, "wordTOKEN") || strings.Contains(o.log.String(), "wordTOKEN") {
			t.Errorf("%s: the password is in %s or %s", test.name, body, o.log)
		}
	}
	o := start(t, func(o *identity.Options) { o.NoSOAPLogin = true })
	if _, body := o.soap(t, path, "login", envelope("ops@acme.test", goodPassword)); field(body, "faultcode") != "sf:API_DISABLED_FOR_ORG" {
		t.Errorf("SOAP login switched off: %s", body)
	}
	for _, path := range []string{"/services/Soap/u", "/services/Soap/x/58.0", "/services/Soap/u/58"} {
		if status, _ := o.soap(t, path, "login", ""); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if r := o.do(t, http.MethodGet, "/services/Soap/u/58.0", "", nil); r.status != 405 {
		t.Errorf("GET: %+v", r)
	}
}

func TestSOAPLogout(t *testing.T) {
	o := start(t, nil)
	_, body := o.soap(t, "/services/Soap/u/58.0", "login", envelope("ops@acme.test", goodPassword))
	session := field(body, "sessionId")
	logout := fmt.Sprintf(`<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><SessionHeader xmlns="urn:partner.soap.sforce.com"><sessionId>%s</sessionId></SessionHeader></e:Header><e:Body><logout xmlns="urn:partner.soap.sforce.com"/></e:Body></e:Envelope>`, session)
	if status, body := o.soap(t, "/services/Soap/u/58.0", "logout", logout); status != 200 || !strings.Contains(body, "<logoutResponse") {
		t.Errorf("logout: %d %s", status, body)
	}
	if _, err := o.Check(session); err == nil {
		t.Error("the session outlived its logout")
	}
	if _, body := o.soap(t, "/services/Soap/u/58.0", "logout", logout); field(body, "faultcode") != "sf:INVALID_SESSION_ID" {
		t.Errorf("logout again: %s", body)
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	o := start(t, nil)
	refresh, _ := o.IssueRefresh("daemon", "ops@acme.test")
	tokens := []string{"daemon-secret", "pass&word", "TOKEN", refresh}
	tokens = append(tokens, o.assert(t, o.claims("", nil)).AccessToken)
	tokens = append(tokens, o.token(t, "grant_type", "refresh_token", "client_id", "daemon", "refresh_token", refresh).AccessToken)
	o.token(t, "grant_type", "password", "client_id", "daemon", "client_secret", "daemon-secret", "username", "ops@acme.test", "password", "pass&word")
	o.token(t, "grant_type", "client_credentials", "client_id", "daemon", "client_secret", "daemon-secretx")
	o.soap(t, "/services/Soap/u/58.0", "login", envelope("ops@acme.test", goodPassword))
	for _, secret := range tokens {
		if strings.Contains(o.log.String(), secret) {
			t.Errorf("%.8s… is in the log:\n%s", secret, o.log)
		}
	}
	if !strings.Contains(o.log.String(), "login refused") || !strings.Contains(o.log.String(), "logged in") {
		t.Errorf("the log says nothing:\n%s", o.log)
	}
}
