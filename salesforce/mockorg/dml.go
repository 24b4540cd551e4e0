package mockorg

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// What clients do to records through the API: unlike the system's own insert,
// set and remove (records.go) these check everything that a real org checks.

// create inserts a record for a client.
func (t *tx) create(ob *object, body map[string]any) (string, error) {
	if !ob.create {
		return "", refuse("INVALID_TYPE_FOR_OPERATION", "entity type cannot be inserted: "+ob.label)
	}
	fields, err := t.accept(ob, body, func(f *field) bool { return f.create })
	if err != nil {
		return "", err
	}
	row := Row{}
	for _, f := range ob.fields {
		if f.initial != nil {
			row[f.name] = f.initial
		}
	}
	maps.Copy(row, fields)
	if err := ob.complete(row); err != nil {
		return "", err
	}
	if err := t.consistent(ob, fields, ""); err != nil {
		return "", err
	}
	if row["OwnerId"] == nil && ob.field("ownerid") != nil {
		row["OwnerId"] = t.user
	}
	if err := t.checks(ob, nil, row); err != nil {
		return "", err
	}
	return t.insert(ob.name, fields)
}

// modify updates a record for a client.
func (t *tx) modify(ob *object, id string, body map[string]any) error {
	if !ob.update {
		return refuse("INVALID_TYPE_FOR_OPERATION", "entity type cannot be updated: "+ob.label)
	}
	old, err := t.present(ob, id)
	if err != nil {
		return err
	}
	fields, err := t.accept(ob, body, func(f *field) bool { return f.update })
	if err != nil {
		return err
	}
	row := maps.Clone(old)
	maps.Copy(row, fields)
	if err := ob.complete(row); err != nil {
		return err
	}
	if err := t.consistent(ob, fields, old.ID()); err != nil {
		return err
	}
	if err := t.checks(ob, old, row); err != nil {
		return err
	}
	if maps.Equal(row, old) {
		return t.touch(old.ID())
	}
	return t.set(old.ID(), fields)
}

// erase deletes a record for a client.
func (t *tx) erase(ob *object, id string) error {
	if !ob.remove {
		return refuse("INVALID_TYPE_FOR_OPERATION", "entity type cannot be deleted: "+ob.label)
	}
	old, err := t.present(ob, id)
	if err != nil {
		return err
	}
	for _, r := range t.o.rules[ob] {
		if r.checkRemove == nil {
			continue
		}
		if err := r.checkRemove(t, old); err != nil {
			return err
		}
	}
	return t.remove(old.ID())
}

// upsert updates the record whose external id has the value, or creates it.
func (t *tx) upsert(ob *object, key *field, value string, body map[string]any) (id string, created bool, err error) {
	parsed, refusal := key.parse(value)
	if refusal != nil {
		return "", false, refusal
	}
	if parsed == nil {
		return "", false, refuse("MISSING_ARGUMENT", key.name+" not specified", key.name)
	}
	body = maps.Clone(body)
	maps.DeleteFunc(body, func(name string, _ any) bool { return strings.EqualFold(name, key.name) })
	found := t.o.tables[ob].lookup(key, parsed)
	switch len(found) {
	case 0:
		body[key.name] = parsed
		id, err = t.create(ob, body)
		return id, true, err
	case 1:
		return found[0].row.ID(), false, t.modify(ob, found[0].row.ID(), body)
	}
	return "", false, &APIError{Status: http.StatusMultipleChoices, Code: "DUPLICATE_EXTERNAL_ID",
		Message: key.name + ": more than one record found for external id field", Fields: []string{key.name}}
}

// present returns the live record with an id, or says why there is none.
func (t *tx) present(ob *object, id string) (Row, error) {
	long, ok := parseID(id)
	if !ok {
		return nil, refuse("MALFORMED_ID", "malformed id "+clip(id), "Id")
	}
	rec := t.o.find(long)
	switch {
	case rec == nil || rec.table.object != ob:
		return nil, &APIError{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "The requested resource does not exist"}
	case rec.dead:
		return nil, &APIError{Status: http.StatusNotFound, Code: "ENTITY_IS_DELETED", Message: "entity is deleted"}
	}
	return rec.row, nil
}

// accept takes the fields of a request body: known ones, which the client may
// write, with values that fit.
func (t *tx) accept(ob *object, body map[string]any, writeable func(*field) bool) (Row, error) {
	fields := make(Row, len(body))
	var barred []string
	for _, name := range slices.Sorted(maps.Keys(body)) { // sorted, so that the same body gets the same error
		if name == "attributes" {
			continue
		}
		f := ob.field(name)
		if f == nil {
			return nil, refuse("INVALID_FIELD", fmt.Sprintf("No such column '%s' on sobject of type %s", clip(name), ob.name))
		}
		if f.kind == kindID {
			return nil, refuse("INVALID_FIELD", "The Id field should not be specified in the sobject data.", "Id")
		}
		if !writeable(f) {
			barred = append(barred, f.name)
			continue
		}
		value, err := f.parse(body[name])
		if err != nil {
			return nil, err
		}
		fields[f.name] = value
	}
	if len(barred) > 0 {
		return nil, refuse("INVALID_FIELD_FOR_INSERT_UPDATE", fmt.Sprintf("Unable to create/update fields: %s. "+
			"Please check the security settings of this field and verify that it is read/write for your profile or permission set.",
			strings.Join(barred, ", ")), barred...)
	}
	return fields, nil
}

// complete tells which required fields a row lacks.
func (ob *object) complete(row Row) error {
	var missing []string
	for _, f := range ob.fields {
		if row[f.name] != nil {
			continue
		}
		if f.kind == kindBoolean || f.required() {
			if f.kind != kindBoolean || hasKey(row, f.name) { // a boolean cannot be null, but it can be left out
				missing = append(missing, f.name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return refuse("REQUIRED_FIELD_MISSING", fmt.Sprintf("Required fields are missing: [%s]", strings.Join(missing, ", ")), missing...)
}

func hasKey(row Row, name string) bool { _, ok := row[name]; return ok }

// consistent checks references and uniqueness of the fields a client writes.
func (t *tx) consistent(ob *object, fields Row, self string) error {
	for _, f := range ob.fields {
		value := fields[f.name]
		if value == nil {
			continue
		}
		if f.kind == kindReference {
			if err := t.refers(ob, f, value.(string)); err != nil {
				return err
			}
		}
		if !f.unique {
			continue
		}
		for _, other := range t.o.tables[ob].lookup(f, value) {
			if other.row.ID() != self {
				return refuse("DUPLICATE_VALUE", fmt.Sprintf("duplicate value found: %s duplicates value on record with id: %s",
					f.name, other.row.ID()), f.name)
			}
		}
	}
	return nil
}

// refers checks that a reference points to a record it may point to.
func (t *tx) refers(ob *object, f *field, id string) error {
	target := t.o.schema.ofID(id)
	if target == nil || !slices.Contains(f.targets, target.name) {
		return refuse("MALFORMED_ID", fmt.Sprintf("%s: id value of incorrect type: %s", f.label, id), f.name)
	}
	row, ok := t.get(id)
	if !ok {
		return refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", f.name)
	}
	if f.name == "OwnerId" && target.name == "Group" && !t.owns(row, ob) {
		return refuse("INVALID_OPERATION", "Queue not associated with this SObject type", f.name)
	}
	return nil
}

// owns tells whether a group is a queue for the object. PSRs and AgentWork may
// belong to any queue: routing puts them there.
func (t *tx) owns(group Row, ob *object) bool {
	if group.str("Type") != "Queue" {
		return false
	}
	if ob.name == "PendingServiceRouting" || ob.name == "AgentWork" {
		return true
	}
	return slices.ContainsFunc(t.where("QueueSobject", "QueueId", group.ID()), func(link Row) bool {
		return strings.EqualFold(link.str("SobjectType"), ob.name)
	})
}

// checks asks the object's rules.
func (t *tx) checks(ob *object, old, new Row) error {
	for _, r := range t.o.rules[ob] {
		if r.check == nil {
			continue
		}
		if err := r.check(t, old, new); err != nil {
			return err
		}
	}
	return nil
}
