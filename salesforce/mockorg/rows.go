package mockorg

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// rows answers everything below /composite/sobjects: up to 200 records at once,
// each with its own result (salesforce-apis 2.5).
func (c *call) rows(rest []string) (reply, error) {
	switch {
	case len(rest) == 0 && c.method == http.MethodDelete:
		return c.deleteRows()
	case len(rest) == 0:
		if err := c.only(http.MethodDelete, http.MethodPatch, http.MethodPost); err != nil {
			return reply{}, err
		}
		return c.writeRows(nil, nil)
	case len(rest) > 2:
		return reply{}, errNotFound()
	}
	ob := c.o.schema.object(rest[0])
	if ob == nil {
		return reply{}, errNotFound()
	}
	c.object = ob.name
	if len(rest) == 1 {
		return c.retrieveRows(ob)
	}
	if err := c.only(http.MethodPatch); err != nil {
		return reply{}, err
	}
	key := ob.field(rest[1])
	if key == nil || !key.external && key.kind != kindID {
		return reply{}, refuse("INVALID_FIELD", "Provided external ID field does not exist or is not accessible: "+clip(rest[1]))
	}
	return c.writeRows(ob, key)
}

// result is what became of one record.
type result struct {
	id      string
	created *bool // for upserts
	err     *APIError
}

func appendResults(results []result) []byte {
	b := []byte{'['}
	for i, r := range results {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		if r.err != nil {
			b = append(b, `"success":false,`...)
			b = append(appendRowErrors(b, r.err), '}')
			continue
		}
		if r.id != "" {
			b = fmt.Appendf(b, `"id":"%s",`, r.id)
		}
		b = append(b, `"success":true,"errors":[]`...)
		if r.created != nil {
			b = fmt.Appendf(b, `,"created":%t`, *r.created)
		}
		b = append(b, '}')
	}
	return append(b, ']')
}

// eachRow carries out one step per record in one transaction. Records that fail
// are undone one by one, or, with allOrNone, all of them.
func (c *call) eachRow(n int, allOrNone bool, step func(t *tx, i int) (result, error)) (reply, error) {
	results := make([]result, n)
	err := c.change(func(t *tx) error {
		failed := false
		for i := range results {
			mark := t.savepoint()
			r, err := step(t, i)
			if err != nil {
				t.rollback(mark)
				r, failed = result{err: asRefusal(err)}, true
			}
			results[i] = r
		}
		if failed && allOrNone {
			return errHalted
		}
		return nil
	})
	if err != nil && !errors.Is(err, errHalted) {
		return reply{}, err
	}
	if err != nil {
		for i := range results {
			if results[i].err == nil {
				results[i] = result{err: refuse("ALL_OR_NONE_OPERATION_ROLLED_BACK",
					"Record rolled back because not all records were valid and the request was using AllOrNone header")}
			}
		}
	}
	return reply{status: http.StatusOK, body: appendResults(results)}, nil
}

// writeRows creates, updates or, with a key, upserts records.
func (c *call) writeRows(only *object, key *field) (reply, error) {
	var in struct {
		AllOrNone bool             `json:"allOrNone"`
		Records   []map[string]any `json:"records"`
	}
	if err := decode(c.body, &in); err != nil {
		return reply{}, err
	}
	if err := checkCount(len(in.Records)); err != nil {
		return reply{}, err
	}
	objects := make([]*object, len(in.Records))
	chunks := 0
	for i, record := range in.Records {
		ob, err := c.objectOf(record)
		if err != nil {
			return reply{}, err
		}
		if only != nil && ob != only {
			return reply{}, refuse("INVALID_TYPE", fmt.Sprintf("Record %d is of type %s, not %s", i+1, ob.name, only.name))
		}
		if objects[i] = ob; i == 0 || objects[i-1] != ob {
			chunks++
		}
		c.object = ob.name
	}
	if chunks > maxChunks {
		return reply{}, refuse("LIMIT_EXCEEDED", fmt.Sprintf("The request changes its type of record %d times; the maximum is %d", chunks, maxChunks))
	}
	return c.eachRow(len(in.Records), in.AllOrNone, func(t *tx, i int) (result, error) {
		return c.writeRow(t, objects[i], key, in.Records[i])
	})
}

func (c *call) writeRow(t *tx, ob *object, key *field, record map[string]any) (result, error) {
	fields := maps.Clone(record)
	id := take(fields, "Id")
	switch {
	case key != nil && key.kind != kindID:
		id, created, err := t.upsert(ob, key, take(fields, key.name), fields)
		return result{id: id, created: &created}, err
	case key != nil && id == "":
		id, err := t.create(ob, fields)
		return result{id: id, created: new(true)}, err
	case key != nil:
		return result{id: id, created: new(false)}, t.modify(ob, id, fields)
	case c.method == http.MethodPatch && id == "":
		return result{}, refuse("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
	case c.method == http.MethodPatch:
		err := t.modify(ob, id, fields)
		long, _ := parseID(id)
		return result{id: long}, err
	case id != "":
		return result{}, refuse("INVALID_FIELD", "cannot specify Id in an insert call", "Id")
	}
	id, err := t.create(ob, fields)
	return result{id: id}, err
}

// take removes a text field, named in any case, from a record's body.
func take(fields map[string]any, name string) (text string) {
	for key, value := range fields {
		if strings.EqualFold(key, name) {
			if value != nil {
				text = fmt.Sprint(value)
			}
			delete(fields, key)
		}
	}
	return text
}

// objectOf reads a record's attributes.
func (c *call) objectOf(record map[string]any) (*object, error) {
	attributes, _ := record["attributes"].(map[string]any)
	name, _ := attributes["type"].(string)
	if name == "" {
		return nil, refuse("INVALID_INPUT", "Each record needs attributes with the type of the object")
	}
	ob := c.o.schema.object(name)
	if ob == nil {
		return nil, refuse("INVALID_TYPE", "sObject type '"+clip(name)+"' is not supported.")
	}
	return ob, nil
}

func checkCount(n int) error {
	switch {
	case n == 0:
		return refuse("INVALID_INPUT", "The request holds no records")
	case n > maxRows:
		return refuse("INVALID_BATCH_SIZE", fmt.Sprintf("The request holds %d records; the maximum is %d", n, maxRows))
	}
	return nil
}

// deleteRows answers DELETE ?ids=a,b&allOrNone=true.
func (c *call) deleteRows() (reply, error) {
	ids := strings.FieldsFunc(c.params.Get("ids"), func(r rune) bool { return r == ',' })
	if err := checkCount(len(ids)); err != nil {
		return reply{}, err
	}
	return c.eachRow(len(ids), strings.EqualFold(c.params.Get("allOrNone"), "true"), func(t *tx, i int) (result, error) {
		id, ok := parseID(strings.TrimSpace(ids[i]))
		if !ok {
			return result{}, refuse("MALFORMED_ID", "malformed id "+clip(ids[i]), "Id")
		}
		ob := c.o.schema.ofID(id)
		if ob == nil {
			return result{}, refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "Id")
		}
		c.object = ob.name
		return result{id: id}, t.erase(ob, id)
	})
}

// retrieveRows reads records by id; those that are not there are null.
func (c *call) retrieveRows(ob *object) (reply, error) {
	var ids, names []string
	switch c.method {
	case http.MethodPost:
		var in struct{ IDs, Fields []string }
		if err := decode(c.body, &in); err != nil {
			return reply{}, err
		}
		ids, names = in.IDs, in.Fields
	default:
		if err := c.only(http.MethodGet, http.MethodPost); err != nil {
			return reply{}, err
		}
		ids, names = strings.Split(c.params.Get("ids"), ","), strings.Split(c.params.Get("fields"), ",")
	}
	if len(ids) > maxPage {
		return reply{}, refuse("INVALID_BATCH_SIZE", fmt.Sprintf("The request names %d records; the maximum is %d", len(ids), maxPage))
	}
	columns, err := c.columnsOf(ob, names)
	if err != nil {
		return reply{}, err
	}
	b := []byte{'['}
	err = c.view(func(t *tx) error {
		for i, id := range ids {
			if i > 0 {
				b = append(b, ',')
			}
			row, err := t.present(ob, id)
			if err != nil {
				if asRefusal(err).Code == "MALFORMED_ID" {
					return err
				}
				b = append(b, "null"...)
				continue
			}
			b = c.o.appendRow(b, c.version, ob, row, columns)
		}
		return nil
	})
	return reply{status: http.StatusOK, body: append(b, ']')}, err
}
