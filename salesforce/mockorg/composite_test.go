package mockorg_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg"
)

type compositeReply struct {
	CompositeResponse []struct {
		Body           json.RawMessage
		HTTPHeaders    map[string]string `json:"httpHeaders"`
		HTTPStatusCode int               `json:"httpStatusCode"`
		ReferenceID    string            `json:"referenceId"`
	}
}

func part(method, path, id, body string) string {
	if body == "" {
		return fmt.Sprintf(`{"method":%q,"url":"/services/data/v67.0/%s","referenceId":%q}`, method, path, id)
	}
	return fmt.Sprintf(`{"method":%q,"url":"/services/data/v67.0/%s","referenceId":%q,"body":%s}`, method, path, id, body)
}

func (s *site) composite(allOrNone bool, parts ...string) compositeReply {
	s.t.Helper()
	var reply compositeReply
	decode(s.t, s.call(200, "POST", "composite/", fmt.Sprintf(`{"allOrNone":%t,"compositeRequest":[%s]}`, allOrNone, strings.Join(parts, ","))), &reply)
	return reply
}

func (r compositeReply) statuses() (list []int) {
	for _, p := range r.CompositeResponse {
		list = append(list, p.HTTPStatusCode)
	}
	return list
}

func TestComposite(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	r := s.composite(true,
		part("POST", "sobjects/Account", "a", `{"Name":"Acme"}`),
		part("POST", "sobjects/Contact", "c", `{"LastName":"Okafor","AccountId":"@{a.id}"}`),
		part("GET", "sobjects/Contact/@{c.id}", "read", ""),
		part("GET", "query?q=SELECT+Id,Name+FROM+Account+WHERE+Id='@{a.id}'", "q", ""),
		part("PATCH", "sobjects/Contact/@{c.id}", "p", `{"Title":"of @{q.records[0].Name}"}`),
	)
	if got := r.statuses(); !slices.Equal(got, []int{201, 201, 200, 200, 204}) {
		t.Fatalf("statuses are %v", got)
	}
	if location := r.CompositeResponse[0].HTTPHeaders["Location"]; !strings.HasPrefix(location, "/services/data/v67.0/sobjects/Account/001") {
		t.Errorf("Location is %q", location)
	}
	if string(r.CompositeResponse[4].Body) != "null" || r.CompositeResponse[4].ReferenceID != "p" {
		t.Errorf("the update's part is %+v", r.CompositeResponse[4])
	}
	if p := s.query("SELECT Account.Name FROM Contact WHERE Title = 'of Acme'"); p.TotalSize != 1 {
		t.Errorf("the contact was not made as asked")
	}
}

func TestCompositeAllOrNone(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	parts := []string{
		part("POST", "sobjects/Account", "a", `{"Name":"Acme"}`),
		part("POST", "sobjects/Contact", "c", `{"FirstName":"no last name"}`),
		part("POST", "sobjects/Case", "k", `{"ContactId":"@{c.id}"}`),
	}
	r := s.composite(true, parts...)
	if got := r.statuses(); !slices.Equal(got, []int{400, 400, 400}) {
		t.Errorf("statuses are %v", got)
	}
	for i, code := range []string{"PROCESSING_HALTED", "REQUIRED_FIELD_MISSING", "PROCESSING_HALTED"} {
		if !strings.Contains(string(r.CompositeResponse[i].Body), code) {
			t.Errorf("part %d is %s, want %s", i, r.CompositeResponse[i].Body, code)
		}
	}
	if n := len(s.o.Records("Account")); n != 0 {
		t.Errorf("%d accounts stayed", n)
	}
	r = s.composite(false, parts...)
	if got := r.statuses(); !slices.Equal(got, []int{201, 400, 400}) {
		t.Errorf("statuses are %v", got)
	}
	if n := len(s.o.Records("Account")); n != 1 {
		t.Errorf("%d accounts, want 1", n)
	}
}

func TestCompositeBounds(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	var many, heavy []string
	for i := range 26 {
		many = append(many, part("GET", "limits", fmt.Sprint("r", i), ""))
	}
	for i := range 6 {
		heavy = append(heavy, part("GET", "query?q=SELECT+Id+FROM+Case", fmt.Sprint("r", i), ""))
	}
	for _, body := range []string{strings.Join(many, ","), strings.Join(heavy, ",")} {
		s.refused(400, "LIMIT_EXCEEDED", "POST", "composite", `{"compositeRequest":[`+body+`]}`)
	}
	s.refused(400, "JSON_PARSER_ERROR", "POST", "composite", `{"compositeRequest":[]}`)
	s.refused(400, "JSON_PARSER_ERROR", "POST", "composite", `{"compositeRequest":[`+many[0]+","+many[0]+`]}`)
	r := s.composite(false, part("POST", "composite", "inner", `{"compositeRequest":[]}`))
	if r.CompositeResponse[0].HTTPStatusCode != 400 {
		t.Errorf("a composite request inside one: %s", r.CompositeResponse[0].Body)
	}
}

func TestBatch(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	got := s.call(200, "POST", "composite/batch", `{"haltOnError":true,"batchRequests":[{"method":"POST","url":"v67.0/sobjects/Account","richInput":{"Name":"A"}},
		{"method":"GET","url":"v67.0/sobjects/Nothing"},{"method":"GET","url":"v67.0/limits"}]}`)
	var reply struct {
		HasErrors bool
		Results   []struct{ StatusCode int }
	}
	decode(t, got, &reply)
	if !reply.HasErrors || reply.Results[0].StatusCode != 201 || reply.Results[1].StatusCode != 404 || reply.Results[2].StatusCode != 412 {
		t.Errorf("batch gives %s", got)
	}
}

type rowResult struct {
	ID      string
	Success bool
	Created *bool
	Errors  []struct {
		StatusCode, Message string
		Fields              []string
	}
}

func (s *site) rows(method, path, body string) (results []rowResult) {
	s.t.Helper()
	decode(s.t, s.call(200, method, path, body), &results)
	return results
}

func TestRows(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	body := `{"allOrNone":%t,"records":[{"attributes":{"type":"Ticket__c"},"Ext__c":"1"},{"attributes":{"type":"Ticket__c"},"Ext__c":"1"},{"attributes":{"type":"Account"},"Name":"A"}]}`
	all := s.rows("POST", "composite/sobjects", fmt.Sprintf(body, true))
	for i, code := range []string{"ALL_OR_NONE_OPERATION_ROLLED_BACK", "DUPLICATE_VALUE", "ALL_OR_NONE_OPERATION_ROLLED_BACK"} {
		if all[i].Success || all[i].Errors[0].StatusCode != code {
			t.Errorf("row %d is %+v, want %s", i, all[i], code)
		}
	}
	if n := len(s.o.Records("Ticket__c")) + len(s.o.Records("Account")); n != 0 {
		t.Errorf("%d records stayed", n)
	}
	some := s.rows("POST", "composite/sobjects", fmt.Sprintf(body, false))
	if !some[0].Success || some[0].ID == "" || some[0].Errors == nil || some[1].Success || some[1].Errors[0].StatusCode != "DUPLICATE_VALUE" || !some[2].Success {
		t.Fatalf("rows are %+v", some)
	}
	ticket, account := some[0].ID, some[2].ID
	changed := s.rows("PATCH", "composite/sobjects/", fmt.Sprintf(`{"records":[{"attributes":{"type":"Ticket__c"},"id":%q,"Subject__c":"new"},{"attributes":{"type":"Account"},"Name":"no id"}]}`, ticket[:15]))
	if !changed[0].Success || changed[0].ID != ticket || changed[1].Errors[0].StatusCode != "MISSING_ARGUMENT" {
		t.Errorf("updates give %+v", changed)
	}
	upserts := s.rows("PATCH", "composite/sobjects/Ticket__c/Ext__c", `{"records":[{"attributes":{"type":"Ticket__c"},"Ext__c":"1"},{"attributes":{"type":"Ticket__c"},"Ext__c":"2"}]}`)
	if upserts[0].ID != ticket || *upserts[0].Created || !*upserts[1].Created {
		t.Errorf("upserts give %+v", upserts)
	}
	if got := s.call(200, "POST", "composite/sobjects/Ticket__c", fmt.Sprintf(`{"ids":[%q,"a00Mk0000000zzz"],"fields":["Subject__c"]}`, ticket)); !strings.Contains(got, `"Subject__c":"new"`) || !strings.HasSuffix(got, ",null]") {
		t.Errorf("retrieve gives %s", got)
	}
	gone := s.rows("DELETE", "composite/sobjects?allOrNone=false&ids="+ticket+","+account+",001", "")
	if !gone[0].Success || !gone[1].Success || gone[2].Errors[0].StatusCode != "MALFORMED_ID" {
		t.Errorf("deletes give %+v", gone)
	}
	again := s.rows("DELETE", "composite/sobjects?ids="+ticket, "")
	if again[0].Errors[0].StatusCode != "ENTITY_IS_DELETED" {
		t.Errorf("the second delete gives %+v", again)
	}
	s.refused(400, "INVALID_BATCH_SIZE", "POST", "composite/sobjects", `{"records":[`+strings.Repeat(`{"attributes":{"type":"Account"}},`, 200)+`{"attributes":{"type":"Account"}}]}`)
	s.refused(400, "INVALID_TYPE", "POST", "composite/sobjects", `{"records":[{"attributes":{"type":"Shoe"}}]}`)
}
