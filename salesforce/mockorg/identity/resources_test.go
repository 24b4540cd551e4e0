package identity_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRevokeEndpoint(t *testing.T) {
	o := start(t, nil)
	refresh, _ := o.IssueRefresh("daemon", "ops@acme.test")
	a := o.token(t, "grant_type", "refresh_token", "client_id", "daemon", "refresh_token", refresh).AccessToken
	b := o.assert(t, o.claims("", nil)).AccessToken
	post := func(token string) reply {
		return o.do(t, http.MethodPost, "/services/oauth2/revoke", "", url.Values{"token": {token}})
	}
	if r := post(refresh); r.status != 200 || r.body != "" {
		t.Errorf("revoke refresh token: %+v", r)
	}
	if _, err := o.Check(a); err == nil {
		t.Error("a session outlived its refresh token")
	}
	if r := o.do(t, http.MethodGet, "/services/oauth2/revoke?token="+url.QueryEscape(b), "", nil); r.status != 200 {
		t.Errorf("revoke by GET: %+v", r)
	}
	for _, token := range []string{b, refresh, "", "x"} {
		r := post(token)
		fields, err := url.ParseQuery(r.body)
		if r.status != 400 || err != nil || fields.Get("error") != "invalid_token" || fields.Get("error_description") == "" {
			t.Errorf("revoke %.5q again: %+v", token, r)
		}
	}
}

func TestIntrospection(t *testing.T) {
	o := start(t, nil)
	token := o.assert(t, o.claims("", nil)).AccessToken
	refresh, _ := o.IssueRefresh("daemon", "ops@acme.test")
	ask := func(token, client, secret string) (r reply, m map[string]any) {
		r = o.do(t, http.MethodPost, "/services/oauth2/introspect", "", url.Values{"token": {token}, "client_id": {client}, "client_secret": {secret}, "token_type_hint": {"access_token"}})
		_ = json.Unmarshal([]byte(r.body), &m)
		return r, m
	}
	r, m := ask(token, "daemon", "daemon-secret")
	if m["active"] != true || m["username"] != "ops@acme.test" || m["client_id"] != "daemon" || m["token_type"] != "access_token" || m["sub"] != o.url+"/id/"+orgID+"/0055e000000AbCdAAK" {
		t.Errorf("introspect %+v", r)
	}
	if life := m["exp"].(float64) - m["iat"].(float64); life != 7200 {
		t.Errorf("life %v s, want 7200", life)
	}
	if _, m := ask(refresh, "daemon", "daemon-secret"); m["active"] != true || m["token_type"] != "refresh_token" {
		t.Errorf("refresh token: %v", m)
	}
	for _, other := range []string{token, refresh} {
		if r, _ := ask(other, "plain", "plain-secret"); strings.TrimSpace(r.body) != `{"active":false}` {
			t.Errorf("another app's token: %+v", r)
		}
	}
	o.clock.Advance(3 * time.Hour)
	if r, _ := ask(token, "daemon", "daemon-secret"); strings.TrimSpace(r.body) != `{"active":false}` {
		t.Errorf("an expired token: %+v", r)
	}
	if r, _ := ask(token, "daemon", "x"); r.status != 400 || r.Error != "invalid_client" {
		t.Errorf("a wrong secret: %+v", r)
	}
}

func TestWhoAmI(t *testing.T) {
	o := start(t, nil)
	login := o.assert(t, o.claims("", nil))
	path := strings.TrimPrefix(login.ID, o.url)
	token := login.AccessToken
	for _, test := range []struct {
		name, path, auth, want string
		status                 int
	}{
		{"userinfo", "/services/oauth2/userinfo", "Bearer " + token, `"preferred_username":"ops@acme.test"`, 200},
		{"identity", path + "?format=json", "OAuth " + token, `"user_id":"0055e000000AbCdAAK"`, 200},
		{"identity by query", path + "?format=json&oauth_token=" + url.QueryEscape(token), "", `"display_name":"Olive Ops"`, 200},
		{"identity by short ids", "/id/00D5e000000XyZ1/0055e000000AbCd", token, `"organization_id":"` + orgID, 200},
		{"no token", path, "", "Missing_OAuth_Token", 403},
		{"bad token", path, "Bearer x", "Bad_OAuth_Token", 403},
		{"userinfo, bad token", "/services/oauth2/userinfo", "Bearer x", "Bad_OAuth_Token", 403},
		{"another org", "/id/00D5e000000XyZ2EAK/0055e000000AbCdAAK", token, "Wrong_Org", 403},
		{"another user", "/id/" + orgID + "/0055e000000AbCeAAK", token, "Bad_Id", 404},
	} {
		if r := o.do(t, http.MethodGet, test.path, test.auth, nil); r.status != test.status || !strings.Contains(r.body, test.want) {
			t.Errorf("%s: %d %s, want %d %s", test.name, r.status, r.body, test.status, test.want)
		}
	}
	u := o.users["ops@acme.test"]
	u.Active = false
	o.users["ops@acme.test"] = u
	if r := o.do(t, http.MethodGet, path, token, nil); r.status != 404 || !strings.Contains(r.body, "Inactive") {
		t.Errorf("an inactive user: %+v", r)
	}
}
