package mockorg

import "fmt"

// column is a tree of what to print of a row: fields, and below a reference the
// fields of the record it leads to.
type column struct {
	name     string // as printed
	field    *field
	path     *path // of a reference with columns below
	children []*column
}

// add puts a path into the tree; false when it is there already.
func (c *column) add(p *path) bool {
	name, leaf := p.field.name, p.rest == nil && !p.any
	if !leaf {
		name = p.field.relation
	}
	var child *column
	for _, existing := range c.children {
		if existing.name == name {
			child = existing
		}
	}
	switch {
	case child != nil && leaf:
		return false
	case child == nil:
		child = &column{name: name, field: p.field}
		c.children = append(c.children, child)
	}
	switch {
	case leaf:
		return true
	case p.any: // printed through the path, since the target is known only per record
		child.path = p
		below := p.steps[0].path
		for _, existing := range child.children {
			if existing.name == below.printed() {
				return false
			}
		}
		child.children = append(child.children, &column{name: below.printed(), path: p, field: below.field})
		return true
	}
	return child.add(p.rest)
}

// printed is the name under which a path below a polymorphic reference appears.
func (p *path) printed() string {
	switch p.field.name {
	case "CaseNumber", "MasterLabel":
		return "Name"
	}
	return p.field.name
}

// allColumns prints every field of an object.
func allColumns(ob *object) *column {
	c := &column{}
	for _, f := range ob.fields {
		c.children = append(c.children, &column{name: f.name, field: f})
	}
	return c
}

// appendAttributes appends the type and address of a record.
func appendAttributes(b []byte, version string, ob *object, id string) []byte {
	b = append(b, `"attributes":{"type":"`...)
	b = append(b, ob.name...)
	b = append(b, `","url":"/services/data/`...)
	b = append(b, version...)
	b = append(b, "/sobjects/"...)
	b = append(b, ob.name...)
	b = append(b, '/')
	b = append(b, id...)
	return append(b, `"}`...)
}

// appendRow appends a record as the REST API prints it; the org's lock is held.
func (o *Org) appendRow(b []byte, version string, ob *object, row Row, c *column) []byte {
	b = append(b, '{')
	b = appendAttributes(b, version, ob, row.ID())
	for _, child := range c.children {
		b = append(b, ',', '"')
		b = append(b, child.name...)
		b = append(b, '"', ':')
		if len(child.children) == 0 {
			b = appendValue(b, child.field, row[child.field.name], restTime)
			continue
		}
		b = o.appendParent(b, version, row, child)
	}
	return append(b, '}')
}

// appendParent appends the record a reference leads to, or null.
func (o *Org) appendParent(b []byte, version string, row Row, c *column) []byte {
	rec := o.find(row.str(c.field.name))
	if rec == nil {
		return append(b, "null"...)
	}
	if c.path == nil {
		return o.appendRow(b, version, rec.table.object, rec.row, c)
	}
	b = append(b, '{')
	b = appendAttributes(b, version, rec.table.object, rec.row.ID())
	for _, child := range c.children {
		b = append(b, fmt.Sprintf(`,"%s":`, child.name)...)
		f, value := child.field, any(nil)
		if below := child.path.below(rec.table.object); below != nil {
			f, value = below.field, o.value(rec.row, below)
		}
		b = appendValue(b, f, value, restTime)
	}
	return append(b, '}')
}
