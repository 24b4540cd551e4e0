package mockorg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// sobjects answers everything below /sobjects.
func (c *call) sobjects(rest []string) (reply, error) {
	if len(rest) == 0 {
		return c.describeGlobal()
	}
	ob := c.o.schema.object(rest[0])
	if ob == nil {
		return reply{}, errNotFound()
	}
	c.object = ob.name
	switch {
	case len(rest) == 1:
		return c.collection(ob)
	case len(rest) == 2 && strings.EqualFold(rest[1], "describe"):
		return c.describe(ob)
	case len(rest) == 2:
		return c.row(ob, rest[1])
	case len(rest) == 3 && ob.name == "StreamingChannel" && rest[2] == "push":
		return c.push(ob, rest[1])
	case len(rest) == 3:
		return c.rowByKey(ob, rest[1], rest[2])
	}
	return reply{}, errNotFound()
}

// collection creates a record, or tells about the object in short.
func (c *call) collection(ob *object) (reply, error) {
	if err := c.only(http.MethodGet, http.MethodPost); err != nil {
		return reply{}, err
	}
	if c.method != http.MethodPost {
		b := append([]byte(`{"objectDescribe":`), encode(c.summarize(ob))...)
		return reply{status: http.StatusOK, body: append(b, `,"recentItems":[]}`...)}, nil
	}
	fields, err := c.fields()
	if err != nil {
		return reply{}, err
	}
	var id string
	err = c.change(func(t *tx) (err error) {
		id, err = t.create(ob, fields)
		return err
	})
	return c.created(ob, id), err
}

func (c *call) created(ob *object, id string) reply {
	return reply{
		status:   http.StatusCreated,
		body:     fmt.Appendf(nil, `{"id":"%s","success":true,"errors":[]}`, id),
		location: "/services/data/" + c.version + "/sobjects/" + ob.name + "/" + id,
	}
}

// row reads, updates or deletes the record with an id.
func (c *call) row(ob *object, id string) (reply, error) {
	switch c.method {
	case http.MethodPatch:
		fields, err := c.fields()
		if err != nil {
			return reply{}, err
		}
		return reply{status: http.StatusNoContent}, c.change(func(t *tx) error { return t.modify(ob, id, fields) })
	case http.MethodDelete:
		return reply{status: http.StatusNoContent}, c.change(func(t *tx) error { return t.erase(ob, id) })
	}
	if err := c.only(http.MethodDelete, http.MethodGet, http.MethodPatch); err != nil {
		return reply{}, err
	}
	columns, err := c.selected(ob)
	if err != nil {
		return reply{}, err
	}
	var body []byte
	err = c.view(func(t *tx) error {
		row, err := t.present(ob, id)
		if err == nil {
			body = c.o.appendRow(nil, c.version, ob, row, columns)
		}
		return err
	})
	return reply{status: http.StatusOK, body: body}, err
}

// selected reads the fields parameter; without it all fields are meant.
func (c *call) selected(ob *object) (*column, error) {
	text := c.params.Get("fields")
	if text == "" {
		return allColumns(ob), nil
	}
	return c.columnsOf(ob, strings.Split(text, ","))
}

// columnsOf resolves names of fields, each printed once.
func (c *call) columnsOf(ob *object, names []string) (*column, error) {
	columns := &column{}
	for _, name := range names {
		p, err := c.o.schema.resolvePath(ob, strings.TrimSpace(name), 0)
		if err != nil {
			return nil, err
		}
		columns.add(p)
	}
	return columns, nil
}

// rowByKey reads, upserts or deletes the record with an external id.
func (c *call) rowByKey(ob *object, name, value string) (reply, error) {
	key := ob.field(name)
	if key == nil || !key.external && key.kind != kindID {
		return reply{}, &APIError{Status: http.StatusNotFound, Code: "NOT_FOUND",
			Message: "Provided external ID field does not exist or is not accessible: " + clip(name)}
	}
	if key.kind == kindID {
		return c.row(ob, value)
	}
	if c.method == http.MethodPatch {
		return c.upsert(ob, key, value)
	}
	if err := c.only(http.MethodDelete, http.MethodGet, http.MethodPatch); err != nil {
		return reply{}, err
	}
	var id string
	err := c.view(func(t *tx) error {
		parsed, refusal := key.parse(value)
		if refusal != nil {
			return refusal
		}
		found := t.o.tables[ob].lookup(key, parsed)
		if parsed == nil || len(found) == 0 {
			return errNotFound()
		}
		id = found[0].row.ID()
		return nil
	})
	if err != nil {
		return reply{}, err
	}
	return c.row(ob, id)
}

// upsertTells is the first API version in which an upsert's answer says whether
// it created the record, and in which an update has one (salesforce-apis 2.4).
const upsertTells = 46

func (c *call) upsert(ob *object, key *field, value string) (reply, error) {
	fields, err := c.fields()
	if err != nil {
		return reply{}, err
	}
	var id string
	var created bool
	err = c.change(func(t *tx) (err error) {
		id, created, err = t.upsert(ob, key, value, fields)
		return err
	})
	if err != nil {
		return reply{}, err
	}
	answer := c.created(ob, id)
	bare := numberOf(c.version) < upsertTells
	switch {
	case bare && !created:
		return reply{status: http.StatusNoContent}, nil
	case bare:
		return answer, nil
	case !created:
		answer.status, answer.location = http.StatusOK, ""
	}
	answer.body = fmt.Appendf(nil, `{"id":"%s","success":true,"errors":[],"created":%t}`, id, created)
	return answer, nil
}

// push publishes a generic streaming event (salesforce-apis 2.4).
func (c *call) push(ob *object, id string) (reply, error) {
	if err := c.only(http.MethodPost); err != nil {
		return reply{}, err
	}
	var body struct {
		PushEvents []struct {
			Payload string   `json:"payload"`
			UserIDs []string `json:"userIds"`
		} `json:"pushEvents"`
	}
	if err := json.Unmarshal(c.body, &body); err != nil {
		return reply{}, badJSON(err)
	}
	var channel string
	err := c.view(func(t *tx) error {
		row, err := t.present(ob, id)
		channel = row.str("Name")
		return err
	})
	if err != nil {
		return reply{}, err
	}
	b := []byte{'['}
	for i, event := range body.PushEvents {
		if i > 0 {
			b = append(b, ',')
		}
		c.o.publishGeneric(channel, event.Payload)
		b = append(b, `{"fanoutCount":-1,"userOnlineStatus":{}}`...)
	}
	return reply{status: http.StatusOK, body: append(b, ']')}, nil
}

// fields reads the request body as one record.
func (c *call) fields() (map[string]any, error) {
	var fields map[string]any
	if err := decode(c.body, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, refuse("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
	}
	return fields, nil
}

// decode reads JSON with its numbers as they were written.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if len(bytes.TrimSpace(body)) == 0 {
		return refuse("JSON_PARSER_ERROR", "The HTTP entity body is required, but this request has no entity body.")
	}
	if err := d.Decode(into); err != nil {
		return badJSON(err)
	}
	if d.More() {
		return refuse("JSON_PARSER_ERROR", "Unexpected text after the end of the JSON value")
	}
	return nil
}

func badJSON(err error) *APIError {
	return refuse("JSON_PARSER_ERROR", "The request body is not the JSON that was expected: "+clip(err.Error()))
}
