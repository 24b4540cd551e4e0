package mockorg

import (
	"net/http"
	"strings"
)

// queryColumn describes one column of a query, as /query?columns=true tells it
// and as the command line of Salesforce asks before it prints a table
// (salesforce-package 3).
type queryColumn struct {
	Aggregate   bool          `json:"aggregate"`
	ApexType    *string       `json:"apexType"` // null for a relationship
	Boolean     bool          `json:"booleanType"`
	Name        string        `json:"columnName"`
	Custom      bool          `json:"custom"`
	Display     string        `json:"displayName"`
	ForeignKey  *string       `json:"foreignKeyName"` // of a relationship
	Insertable  bool          `json:"insertable"`
	JoinColumns []queryColumn `json:"joinColumns"` // what is read of the record a relationship leads to
	Number      bool          `json:"numberType"`
	Text        bool          `json:"textType"`
	Updatable   bool          `json:"updatable"`
}

// columns answers a query with its columns instead of its rows.
func (c *call) columns(p *plan) (reply, error) {
	description := struct {
		Columns    []queryColumn `json:"columnMetadata"`
		Entity     string        `json:"entityName"`
		Grouped    bool          `json:"groupBy"`
		IDSelected bool          `json:"idSelected"`
		KeyPrefix  string        `json:"keyPrefix"`
	}{Columns: []queryColumn{}, Entity: p.object.name, KeyPrefix: c.prefixOf(p.object)}
	if p.columns != nil { // COUNT() has none
		description.Columns = describeColumns(p.columns.children)
		for _, child := range p.columns.children {
			description.IDSelected = description.IDSelected || child.field.kind == kindID
		}
	}
	return reply{status: http.StatusOK, body: encode(description)}, nil
}

func describeColumns(columns []*column) []queryColumn {
	list := make([]queryColumn, 0, len(columns))
	for _, c := range columns {
		d := queryColumn{Name: c.name, Display: c.name, Custom: strings.HasSuffix(c.field.name, "__c"), JoinColumns: []queryColumn{}}
		if len(c.children) > 0 {
			d.ForeignKey, d.JoinColumns = &c.field.name, describeColumns(c.children)
		} else {
			d.ApexType, d.Insertable, d.Updatable = new(c.field.apexType()), c.field.create, c.field.update
			switch *d.ApexType {
			case "Boolean":
				d.Boolean = true
			case "Integer", "Double":
				d.Number = true
			case "String":
				d.Text = true
			}
		}
		list = append(list, d)
	}
	return list
}

// apexType is the field's type in Apex.
func (f *field) apexType() string {
	switch f.kind {
	case kindID, kindReference:
		return "Id"
	case kindBoolean:
		return "Boolean"
	case kindInt:
		return "Integer"
	case kindDouble, kindPercent:
		return "Double"
	case kindDate:
		return "Date"
	case kindDateTime:
		return "Datetime"
	}
	return "String"
}
