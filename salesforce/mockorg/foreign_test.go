package mockorg_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"

	"github.com/simpleforce/simpleforce"

	"omnibridge/salesforce/mockorg"
)

// foreign is a client that knows nothing of this project, logged in by SOAP.
func foreign(t *testing.T, s *site) *simpleforce.Client {
	t.Helper()
	before := log.Writer()
	log.SetOutput(io.Discard) // it logs bodies
	t.Cleanup(func() { log.SetOutput(before) })
	c := simpleforce.NewClient(s.url, simpleforce.DefaultClientID, "54.0")
	c.SetHttpClient(&http.Client{})
	if err := c.LoginPassword("ada@acme.example", mockorg.DefaultPassword, ""); err != nil {
		t.Fatal(err)
	}
	if c.GetLoc() == "" || c.GetSid() == "" {
		t.Fatalf("logged in to %q without a session", c.GetLoc())
	}
	return c
}

func TestSimpleforce(t *testing.T) {
	s := newSite(t, mockorg.Options{PageSize: 2})
	c := foreign(t, s)
	ticket := c.SObject("Ticket__c").Set("Subject__c", "from outside").Create()
	if ticket == nil || len(ticket.ID()) != 18 {
		t.Fatalf("created %v", ticket)
	}
	id := ticket.ID()
	if got := c.SObject("Ticket__c").Get(id); got == nil || got.StringField("Subject__c") != "from outside" {
		t.Errorf("got %v", got)
	}
	if c.SObject("Ticket__c").Set("Id", id).Set("Subject__c", "changed").Update() == nil {
		t.Error("the update failed")
	}
	up := c.SObject("Ticket__c").Set("ExternalIDField", "Ext__c").Set("Ext__c", "E-1").Set("Subject__c", "upserted").Upsert()
	if up == nil {
		t.Error("the upsert failed")
	}
	for i := range 3 {
		if c.SObject("Ticket__c").Set("Subject__c", fmt.Sprint("more ", i)).Create() == nil {
			t.Fatal("a create failed")
		}
	}
	var subjects []string
	result, err := c.Query("SELECT Id, Subject__c, Owner.Name FROM Ticket__c ORDER BY Name")
	for err == nil {
		for _, r := range result.Records {
			subjects = append(subjects, r.StringField("Subject__c"))
			if owner := r.SObjectField("User", "Owner"); owner == nil || owner.StringField("Name") != "Ada Okafor" {
				t.Errorf("owner is %v", owner)
			}
		}
		if result.Done {
			break
		}
		result, err = c.Query(result.NextRecordsURL)
	}
	if got := strings.Join(subjects, ","); err != nil || got != "changed,upserted,more 0,more 1,more 2" {
		t.Errorf("subjects are %s, %v", got, err)
	}
	if meta := c.SObject("Ticket__c").Describe(); meta == nil || (*meta)["name"] != "Ticket__c" {
		t.Errorf("describe gives %v", meta)
	}
	if meta, err := c.DescribeGlobal(); err != nil || meta == nil {
		t.Errorf("global describe: %v", err)
	}
	if err := c.SObject("Ticket__c").Set("Id", id).Delete(); err != nil {
		t.Error(err)
	}
	if _, err := c.Query("SELECT Shoe FROM Ticket__c"); err == nil || !strings.Contains(err.Error(), "INVALID_FIELD") {
		t.Errorf("a bad query gives %v", err)
	}
	if got := c.SObject("Ticket__c").Get(id); got != nil {
		t.Errorf("after the delete: %v", got)
	}
	if body, err := c.ApexREST(http.MethodGet, "services/data/v54.0/limits", nil); err != nil || !strings.Contains(string(body), "DailyApiRequests") {
		t.Errorf("by ApexREST: %s, %v", body, err)
	}
}
