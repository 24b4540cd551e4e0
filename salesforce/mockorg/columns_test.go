package mockorg_test

import (
	"net/http"
	"net/url"
	"testing"

	"omnibridge/salesforce/mockorg"
)

// TestQueryColumns: the columns of a query stand in its order, a relationship
// holds those of the record it leads to, and no row is read.
func TestQueryColumns(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	type column struct {
		ColumnName, DisplayName, ApexType, ForeignKeyName string
		Aggregate, BooleanType, NumberType, TextType      bool
		Custom, Insertable, Updatable                     bool
		JoinColumns                                       []column
	}
	ask := func(soql string) (reply struct {
		ColumnMetadata        []column
		EntityName, KeyPrefix string
		IDSelected            bool `json:"idSelected"`
		Records               []any
	}) {
		t.Helper()
		decode(t, s.call(http.StatusOK, "GET", "query?q="+url.QueryEscape(soql)+"&columns=true", ""), &reply)
		return reply
	}

	got := ask("SELECT Id, Subject__c, Amount__c, Urgent__c, CreatedDate, Owner.Name, Contact__r.Account.Name FROM Ticket__c")
	if got.EntityName != "Ticket__c" || got.KeyPrefix != "a00" || !got.IDSelected || got.Records != nil || len(got.ColumnMetadata) != 7 {
		t.Fatalf("columns: %+v", got)
	}
	c := got.ColumnMetadata
	for i, want := range []struct {
		name, apex            string
		custom, number, texts bool
	}{
		{"Id", "Id", false, false, false}, {"Subject__c", "String", true, false, true}, {"Amount__c", "Double", true, true, false},
		{"Urgent__c", "Boolean", true, false, false}, {"CreatedDate", "Datetime", false, false, false},
	} {
		if c[i].ColumnName != want.name || c[i].DisplayName != want.name || c[i].ApexType != want.apex || c[i].Custom != want.custom ||
			c[i].NumberType != want.number || c[i].TextType != want.texts || c[i].BooleanType != (want.apex == "Boolean") || c[i].Aggregate || c[i].JoinColumns == nil {
			t.Errorf("column %d is %+v, want %+v", i, c[i], want)
		}
	}
	if c[0].Insertable || c[0].Updatable || !c[1].Insertable || !c[1].Updatable {
		t.Errorf("who may be written: %+v, %+v", c[0], c[1])
	}
	if c[5].ColumnName != "Owner" || c[5].ForeignKeyName != "OwnerId" || len(c[5].JoinColumns) != 1 || c[5].JoinColumns[0].ColumnName != "Name" {
		t.Errorf("Owner.Name is %+v", c[5])
	}
	if account := c[6].JoinColumns[0]; c[6].ColumnName != "Contact__r" || account.ColumnName != "Account" || account.JoinColumns[0].ColumnName != "Name" {
		t.Errorf("Contact__r.Account.Name is %+v", c[6])
	}

	if got := ask("SELECT COUNT() FROM User"); got.ColumnMetadata == nil || len(got.ColumnMetadata) != 0 || got.EntityName != "User" {
		t.Errorf("COUNT(): %+v", got)
	}
	if got := ask("SELECT Username FROM User"); got.IDSelected {
		t.Errorf("without Id: %+v", got)
	}
	s.refused(http.StatusBadRequest, "INVALID_FIELD", "GET", "query?columns=true&q="+url.QueryEscape("SELECT Shoe FROM User"), "")
}
