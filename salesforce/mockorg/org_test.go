package mockorg_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

func TestOptionsRefused(t *testing.T) {
	for name, options := range map[string]mockorg.Options{
		"negative requests": {DailyRequests: -1}, "negative bin": {KeepDeleted: -1}, "negative page": {PageSize: -1}, "large page": {PageSize: 2001},
		"slash": {BaseURL: "http://x/"}, "negative life": {SessionLife: -time.Second}, "negative hold": {ConnectTimeout: -1},
		"bad seed": {Seed: &mockorg.Seed{}},
	} {
		if o, err := mockorg.New(options); err == nil {
			_ = o.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestServeAndClose(t *testing.T) {
	o, err := mockorg.New(mockorg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- o.Serve(l) }()
	s := &site{t: t, o: o, url: "http://" + l.Addr().String()}
	s.login()
	if o.URL() != s.url {
		t.Errorf("URL is %s, want %s", o.URL(), s.url)
	}
	s.topic("Cases", "SELECT Id FROM Case", "All")
	listener := s.listen("/topic/Cases")
	listener.events() // the first connect is never held
	held := make(chan int)
	go func() {
		r, _ := http.NewRequest("POST", s.url+"/cometd/67.0", strings.NewReader(
			`[{"channel":"/meta/connect","clientId":"`+listener.client+`","connectionType":"long-polling"}]`))
		r.Header.Set("Authorization", s.token)
		r.Header.Set("Content-Type", "application/json")
		reply, err := listener.http.Do(r)
		if err != nil {
			held <- 0
			return
		}
		reply.Body.Close()
		held <- reply.StatusCode
	}()
	for deadline := time.Now().Add(time.Minute); !o.Streaming().Clients()[0].Held; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("no connect is held")
		}
	}
	begin := time.Now()
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	if status := <-held; status != http.StatusServiceUnavailable {
		t.Errorf("the held connect got %d", status)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if took >= 5*time.Second {
		t.Errorf("closing took %v, all the time that it has", took)
	}
	if err := o.Close(); err != nil {
		t.Error(err)
	}
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	} else if err := o.Serve(l); err == nil {
		t.Error("a closed org serves")
	}
}

// What known clients ask for besides their work (salesforce-apis 6).
func TestWhatClientsAsk(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	org := s.query("SELECT Name, InstanceName, IsSandbox, TrialExpirationDate, NamespacePrefix, OrganizationType FROM Organization")
	if org.TotalSize != 1 || org.Records[0]["Name"] != "Acme Support" {
		t.Errorf("the organization is %+v", org)
	}
	s.refused(400, "INVALID_TYPE", "GET", "/services/data/v51.0/query?q="+url.QueryEscape("SELECT Id FROM ScratchOrgInfo limit 1"), "")
	var info struct {
		UserID string `json:"user_id"`
		OrgID  string `json:"organization_id"`
	}
	decode(t, s.call(200, "GET", "/services/oauth2/userinfo", ""), &info)
	if got := s.call(200, "GET", "/services/data/v51.0/sobjects/User/"+info.UserID, ""); !strings.Contains(got, mockorg.IntegrationUser) {
		t.Errorf("the user is %s", got)
	}
	if records := s.o.Records("Organization"); len(records) != 1 || records[0].ID() != info.OrgID {
		t.Errorf("the organization's record is %v, its login says %s", records, info.OrgID)
	}
	s.call(200, "GET", "/id/"+info.OrgID+"/"+info.UserID+"?format=json", "")
	s.query("SELECT Id, Name, Query, ApiVersion FROM PushTopic")
	s.query("SELECT Id, Name FROM StreamingChannel WHERE Name = '/u/x'")
	s.call(405, "GET", "/cometd/67.0", "")
}

// No request makes the org fail in a way of its own.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][3]string{
		{"POST", "sobjects/Case", `{"Subject":"x"}`},
		{"PATCH", "sobjects/Ticket__c/Ext__c/1", `{"Amount__c":1e9}`},
		{"GET", "query?q=SELECT+Owner.Name+FROM+Case+WHERE+CreatedDate=TODAY", ""},
		{"POST", "composite", `{"allOrNone":true,"compositeRequest":[{"method":"POST","url":"/services/data/v67.0/sobjects/Account","referenceId":"a","body":{"Name":"x"}},{"method":"GET","url":"/services/data/v67.0/sobjects/Account/@{a.id}","referenceId":"b"}]}`},
		{"POST", "composite/sobjects", `{"records":[{"attributes":{"type":"Lead"},"LastName":"x"}]}`},
		{"POST", "composite/batch", `{"batchRequests":[{"method":"GET","url":"v67.0/limits"}]}`},
		{"DELETE", "composite/sobjects?ids=a,b", ""},
		{"POST", "sobjects/PushTopic", `{"Name":"x","Query":"SELECT Id FROM Case","ApiVersion":60}`},
		{"GET", "query/01g-2000", ""},
		{"GET", "/services%2Fdata/v67.0", ""},
		{"GET", "/services/data%2Fv67.0/limits", ""},
		{"GET", "/services/data//", ""},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	s := newSite(f, mockorg.Options{DailyRequests: 1 << 40})
	f.Fuzz(func(t *testing.T, method, path, body string) {
		if !strings.HasPrefix(path, "/") {
			path = "/services/data/v67.0/" + path
		}
		address, err := url.ParseRequestURI(path)
		if err != nil || strings.HasPrefix(address.Path, "/mock/") {
			return
		}
		r := httptest.NewRequest(http.MethodGet, s.url, strings.NewReader(body))
		r.Method, r.URL, r.RequestURI = method, address, ""
		r.Header.Set("Authorization", s.token)
		w := httptest.NewRecorder()
		s.o.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
	})
}
