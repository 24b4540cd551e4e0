package mockorg_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

func TestDiscovery(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.token = "none" // the list of versions needs no login
	var versions []struct{ Label, URL, Version string }
	decode(t, s.call(200, "GET", "/services/data/", ""), &versions)
	last := versions[len(versions)-1]
	if last.Version != "68.0" || last.Label != "Winter '27" || last.URL != "/services/data/v68.0" {
		t.Errorf("newest version is %+v", last)
	}
	s.refused(401, "INVALID_SESSION_ID", "GET", "limits", "")
	s.login()
	var resources map[string]string
	decode(t, s.call(200, "GET", "/services/data/v67.0/", ""), &resources)
	if resources["sobjects"] != "/services/data/v67.0/sobjects" || !strings.HasPrefix(resources["identity"], s.url+"/id/00D") {
		t.Errorf("resources are %v", resources)
	}
	var limits map[string]struct{ Max, Remaining int }
	decode(t, s.call(200, "GET", "/services/data/v37.0/limits", ""), &limits)
	if l := limits["DailyApiRequests"]; l.Max != 15_000 || l.Remaining != 14_998 {
		t.Errorf("API requests are %+v", l)
	}
	s.refused(404, "NOT_FOUND", "GET", "/services/data/v69.0/limits", "")
	s.refused(404, "NOT_FOUND", "GET", "/services/data/67.0/limits", "")
	s.refused(410, "UNSUPPORTED_API_VERSION", "GET", "/services/data/v29.0/limits", "")
	s.refused(404, "NOT_FOUND", "GET", "nothing/here", "")
	s.refused(405, "METHOD_NOT_ALLOWED", "PUT", "sobjects/Case", "{}")
}

func TestCreateRefused(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	contact := s.create("Contact", `{"LastName":"Okafor"}`)
	s.create("Ticket__c", `{"Ext__c":"T-1"}`)
	gone := s.create("Contact", `{"LastName":"Gone"}`)
	s.call(204, "DELETE", "sobjects/Contact/"+gone, "")
	queue := s.query("SELECT Id FROM Group WHERE DeveloperName = 'Support_Chat'").Records[0]["Id"]
	for _, test := range []struct {
		name, object, body, code string
		fields                   []string
	}{
		{"required", "Contact", `{"FirstName":"Ada"}`, "REQUIRED_FIELD_MISSING", []string{"LastName"}},
		{"required null", "Contact", `{"LastName":null}`, "REQUIRED_FIELD_MISSING", []string{"LastName"}},
		{"required empty", "Contact", `{"LastName":""}`, "REQUIRED_FIELD_MISSING", []string{"LastName"}},
		{"several required", "PushTopic", `{"Name":"x"}`, "REQUIRED_FIELD_MISSING", []string{"Query", "ApiVersion"}},
		{"unknown field", "Contact", `{"LastName":"x","Shoe":1}`, "INVALID_FIELD", nil},
		{"read-only field", "Case", `{"CaseNumber":"1"}`, "INVALID_FIELD_FOR_INSERT_UPDATE", []string{"CaseNumber"}},
		{"id in body", "Case", `{"Id":"500Mk0000000001"}`, "INVALID_FIELD", []string{"Id"}},
		{"restricted picklist", "Ticket__c", `{"Status__c":"Odd"}`, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{"Status__c"}},
		{"too long", "Case", `{"Subject":"` + strings.Repeat("x", 256) + `"}`, "STRING_TOO_LONG", []string{"Subject"}},
		{"malformed id", "Case", `{"ContactId":"abc"}`, "MALFORMED_ID", []string{"ContactId"}},
		{"id of another object", "Case", `{"AccountId":"` + contact + `"}`, "MALFORMED_ID", []string{"AccountId"}},
		{"reference to nothing", "Case", `{"ContactId":"003Mk0000000zzz"}`, "INVALID_CROSS_REFERENCE_KEY", []string{"ContactId"}},
		{"reference to a deleted record", "Case", `{"ContactId":"` + gone + `"}`, "INVALID_CROSS_REFERENCE_KEY", []string{"ContactId"}},
		{"queue of another object", "Case", fmt.Sprintf(`{"OwnerId":"%v"}`, queue), "INVALID_OPERATION", []string{"OwnerId"}},
		{"duplicate", "Ticket__c", `{"Ext__c":"t-1"}`, "DUPLICATE_VALUE", []string{"Ext__c"}},
		{"number for text", "Case", `{"Subject":5}`, "JSON_PARSER_ERROR", nil},
		{"text for boolean", "Case", `{"IsEscalated":"perhaps"}`, "JSON_PARSER_ERROR", nil},
		{"null boolean", "Case", `{"IsEscalated":null}`, "REQUIRED_FIELD_MISSING", []string{"IsEscalated"}},
		{"bad date", "Ticket__c", `{"Due__c":"tomorrow"}`, "JSON_PARSER_ERROR", nil},
		{"number too large", "Ticket__c", `{"Amount__c":1e17}`, "NUMBER_OUTSIDE_VALID_RANGE", []string{"Amount__c"}},
		{"bad email", "Contact", `{"LastName":"x","Email":"nobody"}`, "INVALID_EMAIL_ADDRESS", []string{"Email"}},
		{"no JSON", "Case", `{"Subject":`, "JSON_PARSER_ERROR", nil},
		{"no body", "Case", ``, "JSON_PARSER_ERROR", nil},
		{"no create", "UserServicePresence", `{}`, "INVALID_TYPE_FOR_OPERATION", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(s.o.Records(test.object))
			_, fields := s.refused(400, test.code, "POST", "sobjects/"+test.object, test.body)
			if !slices.Equal(fields, test.fields) {
				t.Errorf("fields are %v, want %v", fields, test.fields)
			}
			if after := len(s.o.Records(test.object)); after != before {
				t.Errorf("%d records after the refusal, %d before", after, before)
			}
		})
	}
}

func TestRecordLife(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	reply, text, err := s.send("POST", "sobjects/Ticket__c/", `{"subject__c":"Leak","Amount__c":12.5,"Urgent__c":true,"Due__c":"2026-12-24"}`) // trailing slash, other case
	if err != nil || reply.StatusCode != 201 {
		t.Fatal(err, text)
	}
	id := text[len(`{"id":"`):][:18]
	if want := "/services/data/v67.0/sobjects/Ticket__c/" + id; reply.Header.Get("Location") != want {
		t.Errorf("Location is %s, want %s", reply.Header.Get("Location"), want)
	}
	if info := reply.Header.Get("Sforce-Limit-Info"); info != "api-usage=1/15000" {
		t.Errorf("Sforce-Limit-Info is %q", info)
	}
	var row map[string]any
	decode(t, s.call(200, "GET", "sobjects/Ticket__c/"+id[:15], ""), &row) // the short form of the id
	for name, want := range map[string]any{
		"Id": id, "Name": "00000001", "Subject__c": "Leak", "Status__c": "New", "Amount__c": 12.5, "Urgent__c": true,
		"Due__c": "2026-12-24", "Notes__c": nil, "IsDeleted": false, "OwnerId": row["CreatedById"],
	} {
		if got, there := row[name]; got != want || !there {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000+0000", row["CreatedDate"].(string)); err != nil {
		t.Error(err)
	}
	if got := s.call(200, "GET", "sobjects/Ticket__c/"+id+"?fields=Subject__c,Owner.Name", ""); !strings.Contains(got, `"Subject__c":"Leak"`) ||
		!strings.Contains(got, `"Owner":{"attributes":{"type":"User"`) || strings.Contains(got, "Amount__c") {
		t.Errorf("selected fields are %s", got)
	}
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Subject__c":null,"Status__c":"in progress"}`)
	decode(t, s.call(200, "GET", "sobjects/Ticket__c/"+id, ""), &row)
	if row["Subject__c"] != nil || row["Status__c"] != "In Progress" {
		t.Errorf("after the update: %v, %v", row["Subject__c"], row["Status__c"])
	}
	s.call(204, "DELETE", "sobjects/Ticket__c/"+id, "")
	for _, method := range []string{"GET", "DELETE", "PATCH"} {
		s.refused(404, "ENTITY_IS_DELETED", method, "sobjects/Ticket__c/"+id, `{}`)
	}
	if p := s.query("SELECT Id FROM Ticket__c"); p.TotalSize != 0 {
		t.Errorf("query finds the deleted record")
	}
	if got := s.call(200, "GET", "queryAll?q="+url.QueryEscape("SELECT Id, IsDeleted FROM Ticket__c"), ""); !strings.Contains(got, `"IsDeleted":true`) {
		t.Errorf("queryAll gives %s", got)
	}
	s.refused(404, "NOT_FOUND", "GET", "sobjects/Ticket__c/a00Mk0000000zzz", "")
	s.refused(404, "NOT_FOUND", "GET", "sobjects/Case/"+id, "")
	s.refused(400, "MALFORMED_ID", "GET", "sobjects/Ticket__c/"+id[:17]+"x", "")
	s.refused(400, "MALFORMED_ID", "DELETE", "sobjects/Ticket__c/17", "")
	s.refused(404, "NOT_FOUND", "GET", "sobjects/Nothing", "")
}

func TestUpsert(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	var first, second struct {
		ID      string
		Created *bool
	}
	decode(t, s.call(201, "PATCH", "sobjects/Ticket__c/Ext__c/A%2F1", `{"Subject__c":"one"}`), &first)
	decode(t, s.call(200, "PATCH", "sobjects/Ticket__c/Ext__c/a%2F1", `{"Subject__c":"two"}`), &second)
	if first.ID != second.ID || !*first.Created || *second.Created {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got := s.call(200, "GET", "sobjects/Ticket__c/Ext__c/A%2F1", ""); !strings.Contains(got, `"Subject__c":"two"`) || !strings.Contains(got, `"Ext__c":"A/1"`) {
		t.Errorf("by external id: %s", got)
	}
	s.refused(404, "NOT_FOUND", "PATCH", "sobjects/Ticket__c/Subject__c/x", `{}`)
	// Before version 46.0 the answer did not say whether it was created, and there was none to an update.
	for _, old := range []struct{ version, created, updated string }{
		{"v45.0", `{"id":"*","success":true,"errors":[]}`, ""},
		{"v46.0", `{"id":"*","success":true,"errors":[],"created":true}`, `{"id":"*","success":true,"errors":[],"created":false}`},
	} {
		path := "/services/data/" + old.version + "/sobjects/Ticket__c/Ext__c/" + old.version
		created, status := s.call(201, "PATCH", path, `{}`), 200
		if old.updated == "" {
			status = 204
		}
		updated := s.call(status, "PATCH", path, `{}`)
		id := regexp.MustCompile(`a00\w{15}`)
		if id.ReplaceAllString(created, "*") != old.created || id.ReplaceAllString(updated, "*") != old.updated {
			t.Errorf("%s answers %q to a create and %q to an update", old.version, created, updated)
		}
	}
	s.call(204, "DELETE", "sobjects/Ticket__c/Ext__c/A%2F1", "")
	s.refused(404, "NOT_FOUND", "GET", "sobjects/Ticket__c/Ext__c/A%2F1", "")
}

func TestAgentWorkCannotBeUpdated(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	_, fields := s.refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", "POST", "sobjects/AgentWork", `{"Status":"Opened"}`)
	if !slices.Equal(fields, []string{"Status"}) {
		t.Errorf("fields are %v", fields)
	}
	_, fields = s.refused(400, "REQUIRED_FIELD_MISSING", "POST", "sobjects/AgentWork", `{}`)
	if !slices.Equal(fields, []string{"UserId", "WorkItemId", "ServiceChannelId"}) {
		t.Errorf("fields are %v", fields)
	}
}

func TestCompression(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = io.WriteString(z, `{"LastName":"Zip"}`)
	_ = z.Close()
	s.call(201, "POST", "sobjects/Contact", packed.String(), "Content-Encoding", "gzip")
	reply, text, err := s.send("GET", "sobjects/Contact/describe", "", "Accept-Encoding", "gzip")
	if err != nil || reply.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("encoding %q, %v", reply.Header.Get("Content-Encoding"), err)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(unpacked).Decode(&map[string]any{}); err != nil {
		t.Error(err)
	}
	for _, accept := range []string{"identity", "br"} {
		if reply, text, err := s.send("GET", "sobjects/Contact/describe", "", "Accept-Encoding", accept); err != nil || reply.Header.Get("Content-Encoding") != "" || !json.Valid([]byte(text)) {
			t.Errorf("to who takes %s it is sent as %q, %v", accept, reply.Header.Get("Content-Encoding"), err)
		}
	}
	s.refused(400, "INVALID_INPUT", "POST", "sobjects/Contact", "plain", "Content-Encoding", "gzip")
	s.refused(413, "REQUEST_TOO_LARGE", "POST", "sobjects/Contact", strings.Repeat(" ", 10<<20+1))
}

func TestDailyLimit(t *testing.T) {
	s := newSite(t, mockorg.Options{DailyRequests: 2})
	s.call(200, "GET", "limits", "")
	s.call(200, "GET", "limits", "")
	message, _ := s.refused(403, "REQUEST_LIMIT_EXCEEDED", "GET", "limits", "")
	if !strings.Contains(message, "TotalRequests") {
		t.Errorf("message is %q", message)
	}
	if err := s.o.SetDailyRequests(3); err != nil {
		t.Fatal(err)
	}
	s.call(200, "GET", "limits", "")
	s.refused(403, "REQUEST_LIMIT_EXCEEDED", "GET", "limits", "")
	s.o.Clock().Advance(24 * time.Hour)
	s.login()
	s.call(200, "GET", "limits", "")
}

func TestSessions(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for _, header := range []string{"Bearer " + s.token, "OAuth " + s.token, s.token} {
		s.call(200, "GET", "limits", "", "Authorization", header)
	}
	s.o.Identity().RevokeAll()
	message, _ := s.refused(401, "INVALID_SESSION_ID", "GET", "sobjects", "")
	if message != "Session expired or invalid" {
		t.Errorf("message is %q", message)
	}
	s.refused(401, "INVALID_AUTH_HEADER", "GET", "sobjects", "", "Authorization", "Digest x")
}

func TestTwoOrgs(t *testing.T) {
	a, b := newSite(t, mockorg.Options{}), newSite(t, mockorg.Options{})
	a.create("Account", `{"Name":"only here"}`)
	if n := b.query("SELECT COUNT() FROM Account").TotalSize; n != 0 {
		t.Errorf("the other org has %d accounts", n)
	}
	b.token = a.token
	b.refused(401, "INVALID_SESSION_ID", "GET", "limits", "")
	if err := a.o.Arm(mockorg.Fault{Name: "unavailable", Count: -1}); err != nil {
		t.Fatal(err)
	}
	b.login()
	b.call(200, "GET", "limits", "")
	if n := len(b.o.Faults()); n != 0 {
		t.Errorf("the other org has %d faults", n)
	}
}

func TestConcurrentWriters(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	errs := make(chan error)
	for w := range 8 {
		go func() {
			var first error
			for i := range 10 {
				reply, text, err := s.send("POST", "sobjects/Ticket__c", fmt.Sprintf(`{"Ext__c":"%d-%d"}`, w%4, i)) // each twice
				if err == nil && reply.StatusCode != http.StatusCreated && !strings.Contains(text, "DUPLICATE_VALUE") {
					err = fmt.Errorf("%d %s", reply.StatusCode, text)
				}
				if first == nil {
					first = err
				}
			}
			errs <- first
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := len(s.o.Records("Ticket__c")); n != 40 {
		t.Errorf("%d records, want 40", n)
	}
}
