package mockorg_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
)

// site is a mock org on a real connection with a program logged in to it.
type site struct {
	t     testing.TB
	o     *mockorg.Org
	url   string
	token string
}

func newSite(t testing.TB, options mockorg.Options) *site {
	t.Helper()
	o, err := mockorg.New(options)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(o)
	t.Cleanup(func() { _ = o.Close(); server.Close() })
	s := &site{t: t, o: o, url: server.URL}
	s.login()
	return s
}

// login gets a token by client credentials.
func (s *site) login() {
	s.t.Helper()
	r, err := http.PostForm(s.url+"/services/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {mockorg.DefaultClientID}, "client_secret": {mockorg.DefaultClientSecret}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	var reply struct {
		AccessToken string `json:"access_token"`
		InstanceURL string `json:"instance_url"`
	}
	if err := json.NewDecoder(r.Body).Decode(&reply); err != nil || reply.AccessToken == "" {
		s.t.Fatalf("login: status %d, %v", r.StatusCode, err)
	}
	if reply.InstanceURL != s.url {
		s.t.Errorf("instance_url is %s, want %s", reply.InstanceURL, s.url)
	}
	s.token = reply.AccessToken
}

// send makes one request; headers are name, value, name, value.
func (s *site) send(method, path, body string, headers ...string) (*http.Response, string, error) {
	s.t.Helper()
	if !strings.HasPrefix(path, "/") {
		path = "/services/data/v67.0/" + path
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply, string(text), err
}

// call makes one request and wants a status.
func (s *site) call(want int, method, path, body string, headers ...string) string {
	s.t.Helper()
	reply, text, err := s.send(method, path, body, headers...)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	if reply.StatusCode != want {
		s.t.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, reply.StatusCode, want, text)
	}
	return text
}

// create inserts a record and returns its id.
func (s *site) create(object, body string) string {
	s.t.Helper()
	var reply struct {
		ID      string `json:"id"`
		Success bool   `json:"success"`
		Errors  []any  `json:"errors"`
	}
	decode(s.t, s.call(http.StatusCreated, "POST", "sobjects/"+object, body), &reply)
	if len(reply.ID) != 18 || !reply.Success || reply.Errors == nil {
		s.t.Fatalf("create %s: %+v", object, reply)
	}
	return reply.ID
}

// page is one page of a query.
type page struct {
	TotalSize      int
	Done           bool
	NextRecordsURL string `json:"nextRecordsUrl"`
	Records        []map[string]any
}

func (s *site) query(soql string) page {
	s.t.Helper()
	var p page
	decode(s.t, s.call(http.StatusOK, "GET", "query?q="+url.QueryEscape(soql), ""), &p)
	return p
}

func decode(t testing.TB, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// apiErrors is the body of a failed call.
type apiErrors []struct {
	ErrorCode, Message string
	Fields             []string
}

// refused makes a request that must fail with a code, and returns the error's
// message and fields.
func (s *site) refused(status int, code, method, path, body string, headers ...string) (string, []string) {
	s.t.Helper()
	text := s.call(status, method, path, body, headers...)
	var errs apiErrors
	decode(s.t, text, &errs)
	if len(errs) != 1 || errs[0].ErrorCode != code || errs[0].Message == "" {
		s.t.Fatalf("%s %s %s: want code %s: %s", method, path, body, code, text)
	}
	return errs[0].Message, errs[0].Fields
}
