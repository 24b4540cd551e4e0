package mockorg

import (
	"fmt"
	"strings"

	"omnibridge/salesforce/mockorg/soql"
)

// maxSteps is how many relationships a field path may follow.
const maxSteps = 5

// path is a field path of a query, such as Status or Owner.Name, resolved
// against an object.
type path struct {
	text  string
	field *field  // the first step: the field itself, or the reference that is followed
	rest  *path   // what is read of the record referred to; nil for a field of the row itself
	any   bool    // the reference is polymorphic: rest is resolved per record
	steps []steps // of rest, for a polymorphic reference
}

// steps is a path below a polymorphic reference, resolved for one target.
type steps struct {
	target *object
	path   *path
}

// resolvePath finds the fields a path means; depth counts the references behind.
func (s *schema) resolvePath(ob *object, name string, depth int) (*path, error) {
	head, tail, dotted := strings.Cut(name, ".")
	if !dotted {
		f := ob.field(head)
		if f == nil {
			return nil, refuse("INVALID_FIELD", fmt.Sprintf("No such column '%s' on entity '%s'. If you are attempting to use a custom field, "+
				"be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
				clip(head), ob.name))
		}
		return &path{text: name, field: f}, nil
	}
	f := ob.byRelation[strings.ToLower(head)]
	if f == nil || depth >= maxSteps {
		return nil, badRelation(head)
	}
	p := &path{text: name, field: f}
	if len(f.targets) == 1 {
		var err error
		p.rest, err = s.resolvePath(s.object(f.targets[0]), tail, depth+1)
		return p, err
	}
	return s.resolveAny(p, tail, depth)
}

func badRelation(name string) *APIError {
	return refuse("INVALID_FIELD", fmt.Sprintf("Didn't understand relationship '%s' in field path. If you are attempting to use a "+
		"custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the "+
		"describe call for the appropriate names.", clip(name)))
}

// resolveAny resolves what follows a polymorphic reference for each target that
// knows it; at least one must.
func (s *schema) resolveAny(p *path, tail string, depth int) (*path, error) {
	p.any = true
	if head, _, deeper := strings.Cut(tail, "."); deeper { // nothing is known for certain about what lies there
		return nil, badRelation(head)
	}
	var first error
	for _, name := range p.field.targets {
		target := s.object(name)
		rest, err := s.resolvePath(target, target.alias(tail), depth+1)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		p.steps = append(p.steps, steps{target, rest})
	}
	if len(p.steps) == 0 {
		return nil, first
	}
	return p, nil
}

// alias lets Name below a polymorphic reference mean the target's own name field.
func (ob *object) alias(name string) string {
	if strings.EqualFold(name, "Name") && ob.field("name") == nil {
		if f := ob.nameField(); f != nil {
			return f.name
		}
	}
	return name
}

// nameField is the field that people know a record by, nil when there is none.
func (ob *object) nameField() *field {
	for _, name := range [...]string{"name", "casenumber", "masterlabel", "subject"} {
		if f := ob.byName[name]; f != nil {
			return f
		}
	}
	return nil
}

// below returns what of the path is read from a record of the target.
func (p *path) below(target *object) *path {
	if !p.any {
		return p.rest
	}
	for _, s := range p.steps {
		if s.target == target {
			return s.path
		}
	}
	return nil
}

// value reads a path from a row; the org's lock is held. What a reference leads
// to is nil when the record is gone or has no such field.
func (o *Org) value(row Row, p *path) any {
	for {
		value := row[p.field.name]
		if p.rest == nil && !p.any {
			return p.field.shown(value)
		}
		id, ok := value.(string)
		if !ok {
			return nil
		}
		rec := o.find(id)
		if rec == nil {
			return nil
		}
		row, p = rec.row, p.below(rec.table.object)
		if p == nil {
			return nil
		}
	}
}

// plan is a query resolved against the schema.
type plan struct {
	query   *soql.Query
	object  *object
	paths   map[string]*path // by the spelling in the query
	columns *column          // what to print, nil for COUNT()
}

// prepare parses a query and resolves every name in it.
func (s *schema) prepare(text string) (*plan, error) {
	q, err := soql.Parse(text)
	if err != nil {
		if e, ok := err.(*soql.Error); ok {
			return nil, refuse(e.Code, e.Message)
		}
		return nil, err
	}
	ob := s.object(q.From)
	if ob == nil {
		return nil, refuse("INVALID_TYPE", excerpt(text, q.From)+fmt.Sprintf("sObject type '%s' is not supported. If you are attempting to use a "+
			"custom object, be sure to append the '__c' after the entity name. Please reference your WSDL or the describe call for the "+
			"appropriate names.", clip(q.From)))
	}
	p := &plan{query: q, object: ob, paths: map[string]*path{}}
	for _, name := range q.Paths() {
		resolved, err := s.resolvePath(ob, name, 0)
		if err != nil {
			if e, ok := err.(*APIError); ok {
				e.Message = excerpt(text, name) + e.Message
			}
			return nil, err
		}
		p.paths[name] = resolved
	}
	for _, name := range append(q.WherePaths(), orderPaths(q)...) {
		if f := p.leaf(name); f != nil && f.kind == kindTextArea && f.length > 255 {
			return nil, refuse("INVALID_FIELD", excerpt(text, name)+fmt.Sprintf("field '%s' can not be filtered in a query call", f.name))
		}
	}
	if !q.Count {
		p.columns = &column{}
		for _, name := range q.Fields {
			if !p.columns.add(p.path(name)) {
				return nil, refuse("INVALID_FIELD", excerpt(text, name)+"duplicate field selected: "+name)
			}
		}
	}
	return p, nil
}

func orderPaths(q *soql.Query) []string {
	var names []string
	for _, o := range q.OrderBy {
		names = append(names, o.Path)
	}
	return names
}

// path finds a path by its spelling in the query. Paths lists each only in its
// first spelling, so another case is looked for too.
func (p *plan) path(name string) *path {
	if found := p.paths[name]; found != nil {
		return found
	}
	for text, found := range p.paths {
		if strings.EqualFold(text, name) {
			return found
		}
	}
	return nil
}

// leaf is the field of the object itself that a path names, nil for a path that
// follows a reference.
func (p *plan) leaf(name string) *field {
	if found := p.path(name); found != nil && found.rest == nil && !found.any {
		return found.field
	}
	return nil
}

// getter reads whatever row stands at an address, as the query sees it; the
// org's lock is held.
func (o *Org) getter(p *plan, row *Row) soql.Getter {
	return func(name string) (any, error) {
		found := p.path(name)
		if found == nil {
			return nil, fmt.Errorf("query uses %s, which was not resolved", name)
		}
		return o.value(*row, found), nil
	}
}

// excerpt is the beginning of a query error: where in the text a word stands.
func excerpt(text, word string) string {
	const side = 25
	flat := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, text)
	at := strings.Index(flat, word)
	if at < 0 {
		return ""
	}
	from, to := max(0, at-side), min(len(flat), at+len(word)+side)
	return fmt.Sprintf("\n%s\n%s^\nERROR at Row:1:Column:%d\n", strings.ToValidUTF8(flat[from:to], ""), strings.Repeat(" ", at-from), at+1)
}
