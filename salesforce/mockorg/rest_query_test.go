package mockorg_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

func TestQuery(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for i := range 12 {
		s.create("Case", fmt.Sprintf(`{"Subject":"Case %02d","Priority":"%s"}`, i, []string{"High", "Low", "Medium"}[i%3]))
	}
	for _, test := range []struct {
		soql string
		want []string // of the subjects
	}{
		{"SELECT Subject FROM Case WHERE Priority = 'high' ORDER BY Subject DESC", []string{"Case 09", "Case 06", "Case 03", "Case 00"}},
		{"select subject from case where Subject like '%1_' and (not subject = 'Case 10')", []string{"Case 11"}},
		{"SELECT Subject FROM Case WHERE Priority IN ('Low','High') ORDER BY Priority, Subject LIMIT 2 OFFSET 3", []string{"Case 09", "Case 01"}},
		{"SELECT Subject FROM Case WHERE Owner.Name = 'Omnibridge Integration' AND Subject = 'Case 04'", []string{"Case 04"}},
		{"SELECT Subject FROM Case WHERE CreatedDate = TODAY AND ContactId = null LIMIT 1", []string{"Case 00"}},
		{"SELECT Subject FROM Case WHERE OwnerId = '005000000000000'", []string{}},
	} {
		p := s.query(test.soql)
		got := []string{}
		for _, r := range p.Records {
			got = append(got, r["Subject"].(string))
		}
		if !slices.Equal(got, test.want) || p.TotalSize != len(test.want) || !p.Done {
			t.Errorf("%s: %v (total %d), want %v", test.soql, got, p.TotalSize, test.want)
		}
	}
	if p := s.query("SELECT COUNT() FROM Case"); p.TotalSize != 12 || len(p.Records) != 0 {
		t.Errorf("COUNT() gives %+v", p)
	}
	ids := s.query("SELECT Id FROM Case WHERE Subject < 'Case 02'").Records
	short := ids[0]["Id"].(string)[:15]
	if p := s.query(fmt.Sprintf("SELECT Id, CaseNumber FROM Case WHERE Id IN ('%s','%s','nonsense')", short, ids[1]["Id"])); p.TotalSize != 2 {
		t.Errorf("by ids: %+v", p)
	}
	for soql, code := range map[string]string{
		"SELECT Id FROM ScratchOrgInfo LIMIT 1":           "INVALID_TYPE",
		"SELECT Id FROM":                                  "MALFORMED_QUERY",
		"":                                                "MALFORMED_QUERY",
		"SELECT Shoe FROM Case":                           "INVALID_FIELD",
		"SELECT Id FROM Case WHERE Shoe = 1":              "INVALID_FIELD",
		"SELECT Shop.Name FROM Case":                      "INVALID_FIELD",
		"SELECT Id, id FROM Case":                         "MALFORMED_QUERY",
		"SELECT Id FROM Case WHERE Description = 'x'":     "INVALID_FIELD",
		"SELECT Id FROM Case WHERE Subject = 5":           "INVALID_FIELD",
		"SELECT Id FROM Case ORDER BY Owner.Profile.Name": "INVALID_FIELD",
	} {
		s.refused(400, code, "GET", "query?q="+url.QueryEscape(soql), "")
	}
}

func TestQueryParents(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	account := s.create("Account", `{"Name":"Acme"}`)
	contact := s.create("Contact", fmt.Sprintf(`{"LastName":"Okafor","FirstName":"Ada","AccountId":%q}`, account))
	s.create("Case", fmt.Sprintf(`{"Subject":"x","ContactId":%q}`, contact))
	s.create("Case", `{"Subject":"y"}`)
	p := s.query("SELECT Contact.Name, Contact.Account.Name, Owner.Name, Owner.Username FROM Case ORDER BY Subject")
	person := p.Records[0]["Contact"].(map[string]any)
	if person["Name"] != "Ada Okafor" || person["Account"].(map[string]any)["Name"] != "Acme" {
		t.Errorf("contact is %v", person)
	}
	owner := p.Records[0]["Owner"].(map[string]any)
	if owner["Name"] != "Omnibridge Integration" || owner["Username"] != mockorg.IntegrationUser {
		t.Errorf("owner is %v", owner)
	}
	if p.Records[1]["Contact"] != nil {
		t.Errorf("the second contact is %v, want null", p.Records[1]["Contact"])
	}
	if got := s.query("SELECT Id FROM Case WHERE Contact.Account.Name = 'acme'"); got.TotalSize != 1 {
		t.Errorf("by the account's name: %d cases", got.TotalSize)
	}
}

func TestQueryPages(t *testing.T) {
	s := newSite(t, mockorg.Options{PageSize: 3})
	for i := range 8 {
		s.create("Account", fmt.Sprintf(`{"Name":"A%d"}`, i))
	}
	p := s.query("SELECT Name FROM Account ORDER BY Name")
	var names []string
	for pages := 1; ; pages++ {
		for _, r := range p.Records {
			names = append(names, r["Name"].(string))
		}
		if p.Done {
			if pages != 3 || p.TotalSize != 8 || p.NextRecordsURL != "" {
				t.Errorf("%d pages, last %+v", pages, p)
			}
			break
		}
		next := strings.Replace(p.NextRecordsURL, "v67.0", "v50.0", 1) // jsforce rebuilds the address
		p = page{}
		decode(t, s.call(200, "GET", next, ""), &p)
	}
	if want := []string{"A0", "A1", "A2", "A3", "A4", "A5", "A6", "A7"}; !slices.Equal(names, want) {
		t.Errorf("names are %v", names)
	}
	p = s.query("SELECT Name FROM Account")
	s.o.Clock().Advance(49 * time.Hour)
	s.login()
	s.refused(400, "INVALID_QUERY_LOCATOR", "GET", p.NextRecordsURL, "")
	s.refused(400, "INVALID_QUERY_LOCATOR", "GET", "query/01gMk0000000zzzAAA-3", "")
}

func TestBatchSize(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for range 2 {
		var records []string
		for range 200 {
			records = append(records, `{"attributes":{"type":"Account"},"Name":"x"}`)
		}
		s.call(200, "POST", "composite/sobjects", `{"records":[`+strings.Join(records, ",")+`]}`)
	}
	var p page
	decode(t, s.call(200, "GET", "query/?q=SELECT+Id+FROM+Account", "", "Sforce-Query-Options", "batchSize=10"), &p)
	if len(p.Records) != 200 || p.Done || p.TotalSize != 400 {
		t.Errorf("%d records of %d, done %v; want the smallest page, 200", len(p.Records), p.TotalSize, p.Done)
	}
}
