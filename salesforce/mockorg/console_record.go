package mockorg

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// recordView is a record as its page shows it.
type recordView struct {
	ID     string      `json:"id"`
	Object string      `json:"object"`
	Label  string      `json:"label"` // of the object
	Title  string      `json:"title"`
	Detail string      `json:"detail"`
	Fields []fieldView `json:"fields"`
	// Talk is the conversation, null for what is none.
	Talk *talkView `json:"talk"`
	// Work is the id of the user's own open AgentWork of the record, "" for none.
	Work string `json:"work"`
	// TabBased tells that closing the tab ends that work.
	TabBased bool `json:"tab_based"`
}

// fieldView is one field of a record.
type fieldView struct {
	Name   string   `json:"name"`
	Label  string   `json:"label"`
	Kind   string   `json:"kind"`
	Value  string   `json:"value"`
	Text   string   `json:"text"` // of a reference: the other record's name; of a time: for people
	Edit   bool     `json:"edit"`
	Values []string `json:"values,omitempty"` // of a picklist
	Object string   `json:"object,omitempty"` // of a reference: the other record's
	Long   bool     `json:"long,omitempty"`
}

// titleOf names a record as its tab and a request do, with a second line.
func titleOf(t *tx, row Row) (title, detail string) {
	person := func(ids ...string) string {
		for _, f := range ids {
			if other, ok := t.get(row.str(f)); ok {
				return other.str("Name")
			}
		}
		return ""
	}
	object := t.objectOf(row.ID())
	switch object {
	case "Case":
		return "Case " + row.str("CaseNumber"), cmp.Or(row.str("Subject"), person("ContactId"), row.str("SuppliedName"))
	case "LiveChatTranscript":
		return "Chat " + cmp.Or(person("ContactId", "LeadId"), row.str("Name")), row.str("Status")
	case "MessagingSession":
		return "Message " + cmp.Or(person("EndUserContactId", "MessagingEndUserId"), row.str("Name")), row.str("Status")
	case "Lead":
		return "Lead " + row.str("Name"), row.str("Company")
	}
	name := cmp.Or(row.str("Name"), row.str("MasterLabel"), row.str("Subject"), row.str("DeveloperName"), row.ID())
	if ob := t.o.schema.object(object); ob != nil && (name == row.ID() || ob.field("name") != nil && ob.field("name").auto > 0) {
		return ob.label + " " + name, cmp.Or(row.str("Subject__c"), row.str("Status"))
	}
	return name, cmp.Or(row.str("Email"), row.str("Title"), row.str("Type"))
}

// hidden fields say nothing to a person.
var hiddenFields = []string{"Id", "IsDeleted", "SystemModstamp", "ChatKey", "SessionKey"}

// first fields of a page, in this order; the others follow in the schema's.
var firstFields = []string{"CaseNumber", "Name", "Subject", "Status", "Priority", "OwnerId", "ContactId", "EndUserContactId", "SuppliedName", "Origin", "Description"}

func (c *console) recordOf(t *tx, row Row, user string) recordView {
	ob := t.o.schema.ofID(row.ID())
	v := recordView{ID: row.ID(), Object: ob.name, Label: ob.label, Fields: []fieldView{}}
	v.Title, v.Detail = titleOf(t, row)
	for _, f := range ob.fields {
		if !slices.Contains(hiddenFields, f.name) {
			v.Fields = append(v.Fields, fieldOf(t, ob, f, row[f.name]))
		}
	}
	slices.SortStableFunc(v.Fields, func(a, b fieldView) int { return rank(a.Name) - rank(b.Name) })
	for _, w := range t.among("AgentWork", is("WorkItemId", row.ID()), is("Status", "Opened"), is("UserId", user)) {
		v.Work, v.TabBased = w.ID(), w.str("CapacityModel") != "StatusBased"
	}
	return v
}

// rank orders fields: the important ones, the others, the system's.
func rank(name string) int {
	if i := slices.Index(firstFields, name); i >= 0 {
		return i
	}
	switch name {
	case "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById":
		return len(firstFields) + 1
	}
	return len(firstFields)
}

func fieldOf(t *tx, ob *object, f *field, value any) fieldView {
	v := fieldView{Name: f.name, Label: f.label, Kind: string(f.kind), Edit: f.update && ob.update, Values: f.values, Long: f.kind == kindTextArea}
	if f.kind == kindReference {
		v.Label = strings.TrimSuffix(v.Label, " ID")
	}
	switch value := value.(type) {
	case string:
		v.Value, v.Text = value, value
		if f.kind == kindReference {
			v.Text = ""
			if other, ok := t.get(value); ok {
				v.Text, _ = titleOf(t, other)
				v.Object = t.objectOf(value)
			}
		}
	case bool:
		v.Value, v.Text = strconv.FormatBool(value), map[bool]string{true: "Yes", false: "No"}[value]
	case int64:
		v.Value = strconv.FormatInt(value, 10)
		v.Text = v.Value
	case float64:
		v.Value = strconv.FormatFloat(value, 'f', -1, 64)
		v.Text = v.Value
	case time.Time:
		v.Value = value.UTC().Format(time.RFC3339)
		v.Text = value.UTC().Format("2 Jan 2006, 15:04:05")
		if f.kind == kindDate {
			v.Value = value.Format(time.DateOnly)
			v.Text = value.Format("2 Jan 2006")
		}
	}
	return v
}

// gone is what there is to say of a record that is not there.
func gone(id string) error {
	return &ControlError{http.StatusNotFound, fmt.Sprintf("there is no record %s: it was deleted, or never was", clip(id))}
}

func (c *console) getRecord(user string, r *http.Request) (any, error) {
	return c.readRecord(user, r.PathValue("id"))
}

func (c *console) readRecord(user, id string) (any, error) {
	var v recordView
	err := c.o.view(func(t *tx) error {
		row, ok := t.get(id)
		if !ok {
			return gone(id)
		}
		v = c.recordOf(t, row, user)
		return nil
	})
	if err == nil {
		v.Talk = c.talkView(v.ID, v.Object)
	}
	return v, err
}

// patchRecord saves fields that a person has edited.
func (c *console) patchRecord(user string, r *http.Request) (any, error) {
	var body struct {
		Fields map[string]any `json:"fields"`
	}
	if err := readBody(r, &body); err != nil {
		return nil, err
	}
	id := r.PathValue("id")
	err := c.o.change(user, func(t *tx) error {
		row, ok := t.get(id)
		if !ok {
			return gone(id)
		}
		return t.modify(t.o.schema.ofID(row.ID()), row.ID(), body.Fields)
	})
	if err != nil {
		return nil, err
	}
	return c.readRecord(user, id)
}

func (c *console) deleteRecord(user string, r *http.Request) (any, error) {
	id := r.PathValue("id")
	return nil, c.o.change(user, func(t *tx) error {
		row, ok := t.get(id)
		if !ok {
			return gone(id)
		}
		return t.erase(t.o.schema.ofID(row.ID()), row.ID())
	})
}

// ownerView is one who could own a record.
type ownerView struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Queue bool   `json:"queue"`
}

// getOwners lists who may own a record: its object's queues, then the users.
func (c *console) getOwners(_ string, r *http.Request) (any, error) {
	owners := []ownerView{}
	err := c.o.view(func(t *tx) error {
		row, ok := t.get(r.PathValue("id"))
		if !ok {
			return gone(r.PathValue("id"))
		}
		ob := t.o.schema.ofID(row.ID())
		t.each("Group", func(g Row) bool {
			if t.owns(g, ob) {
				owners = append(owners, ownerView{ID: g.ID(), Name: g.str("Name"), Queue: true})
			}
			return true
		})
		t.each("User", func(u Row) bool {
			if u.flag("IsActive") && u.str("UserType") != "AutomatedProcess" {
				owners = append(owners, ownerView{ID: u.ID(), Name: u.str("Name")})
			}
			return true
		})
		return nil
	})
	return map[string]any{"owners": owners}, err
}

// listed is a record in a list.
type listed struct {
	ID     string `json:"id"`
	Object string `json:"object"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Status string `json:"status"`
	Owner  string `json:"owner"`
	Since  int64  `json:"since"`
}

func listedOf(t *tx, row Row) listed {
	l := listed{ID: row.ID(), Object: t.objectOf(row.ID()), Status: row.str("Status"), Since: millis(row["CreatedDate"])}
	l.Title, l.Detail = titleOf(t, row)
	if owner, ok := t.get(row.str("OwnerId")); ok {
		l.Owner = owner.str("Name")
	}
	return l
}

// maxListed bounds each list of the home page and of a search.
const maxListed = 50

// getHome lists the latest work items of each object, newest first.
func (c *console) getHome(string, *http.Request) (any, error) {
	type list struct {
		Object string   `json:"object"`
		Label  string   `json:"label"`
		Total  int      `json:"total"`
		Rows   []listed `json:"rows"`
	}
	var lists []list
	err := c.o.view(func(t *tx) error {
		for _, name := range []string{"Case", "MessagingSession", "LiveChatTranscript", "Lead", "Contact"} {
			tb := t.o.tables[t.o.schema.object(name)]
			l := list{Object: name, Label: tb.object.plural, Total: tb.live(), Rows: []listed{}}
			for i := len(tb.ordered) - 1; i >= 0 && len(l.Rows) < maxListed; i-- {
				if rec := tb.ordered[i]; !rec.dead {
					l.Rows = append(l.Rows, listedOf(t, rec.row))
				}
			}
			lists = append(lists, l)
		}
		return nil
	})
	return map[string]any{"lists": lists}, err
}

// searched are the objects that the console's search looks through, and the
// fields in which it does.
var searched = []struct {
	object string
	fields []string
}{
	{"Contact", []string{"Name", "Phone", "MobilePhone", "Email"}},
	{"Account", []string{"Name", "Phone"}},
	{"Lead", []string{"Name", "Company", "Phone", "Email"}},
	{"Case", []string{"CaseNumber", "Subject", "SuppliedName", "SuppliedEmail", "SuppliedPhone"}},
	{"LiveChatTranscript", []string{"Name"}},
	{"MessagingSession", []string{"Name", "PreviewDetails"}},
}

// getSearch finds records by words or by a telephone number.
func (c *console) getSearch(_ string, r *http.Request) (any, error) {
	text := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	if len(text) < 2 || len(text) > 200 {
		return nil, badRequest("search for 2 to 200 characters")
	}
	number := digits(text)
	rows := []listed{}
	err := c.o.view(func(t *tx) error {
		for _, s := range searched {
			t.each(s.object, func(row Row) bool {
				if len(rows) < maxListed && found(row, s.fields, text, number) {
					rows = append(rows, listedOf(t, row))
				}
				return len(rows) < maxListed
			})
		}
		return nil
	})
	return map[string]any{"rows": rows}, err
}

func found(row Row, fields []string, text, number string) bool {
	for _, f := range fields {
		value := strings.ToLower(row.str(f))
		if strings.Contains(value, text) || len(number) > 5 && strings.HasSuffix(f, "Phone") && strings.Contains(digits(value), number) {
			return true
		}
	}
	return false
}

// digits are those of a text.
func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}
