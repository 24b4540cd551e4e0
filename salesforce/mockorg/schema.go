package mockorg

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kind is a field type as describe spells it.
type kind string

const (
	kindID        kind = "id"
	kindString    kind = "string"
	kindTextArea  kind = "textarea"
	kindEmail     kind = "email"
	kindPhone     kind = "phone"
	kindURL       kind = "url"
	kindPicklist  kind = "picklist"
	kindReference kind = "reference"
	kindBoolean   kind = "boolean"
	kindInt       kind = "int"
	kindDouble    kind = "double"
	kindPercent   kind = "percent"
	kindDateTime  kind = "datetime"
	kindDate      kind = "date"
)

// field describes one column of an object; describe, validation, SOQL and
// rendering all follow it.
type field struct {
	name, label string
	kind        kind
	length      int // characters, for the text kinds
	precision   int // digits in all, for double and percent
	scale       int // digits after the point
	auto        int // digits of an autonumber, 0 when it is not one

	create, update, nillable, defaulted bool
	restricted                          bool // a picklist that refuses other values
	external, unique, lookup, indexed   bool

	values   []string // picklist
	targets  []string // reference: the objects it may point to
	relation string   // reference: name of the relationship, "" when there is none
	initial  any      // value on create when none is given
}

// required tells whether an insert must name the field.
func (f *field) required() bool {
	return f.create && !f.nillable && !f.defaulted && f.kind != kindBoolean
}

// text tells whether values of the field are strings with a length.
func (f *field) text() bool {
	switch f.kind {
	case kindString, kindTextArea, kindEmail, kindPhone, kindURL:
		return true
	}
	return false
}

// object describes one sObject.
type object struct {
	name, label, plural, prefix string
	fields                      []*field          // in describe order
	byName                      map[string]*field // by lower-case name
	byRelation                  map[string]*field // by lower-case relationship name
	create, update, remove      bool              // what the API may do
}

// field finds a field by name in any case, nil when there is none.
func (ob *object) field(name string) *field {
	if f, ok := ob.byName[name]; ok { // already lower case
		return f
	}
	return ob.byName[strings.ToLower(name)]
}

// schema is the set of objects of an org. It does not change after New.
type schema struct {
	objects  []*object
	byName   map[string]*object // lower case
	byPrefix map[string]*object
}

// object finds an object by name in any case, nil when there is none.
func (s *schema) object(name string) *object {
	if ob, ok := s.byName[name]; ok {
		return ob
	}
	return s.byName[strings.ToLower(name)]
}

// ofID finds the object a well-formed id belongs to, nil when there is none.
func (s *schema) ofID(id string) *object {
	if len(id) < 3 {
		return nil
	}
	return s.byPrefix[id[:3]]
}

// systemFields are on every object.
const systemFields = `
Id               id       -
IsDeleted        bool     D
CreatedDate      datetime D
CreatedById      ref(User) D
LastModifiedDate datetime D
LastModifiedById ref(User) D
SystemModstamp   datetime D
`

// newSchema reads the object descriptions (schema_*.go). The notation is
//
//	object <Name> <prefix> <cud>   what the API may do: create, update, delete; - for nothing
//	<Field> <type> <flags> [options]
//
// Flags are C createable, U updateable, N nillable, D defaulted on create, or -
// for none. Types: string(n) text(n) email phone url int bool datetime date
// double(p,s) percent(p,s) auto(digits) ref(Object|…) picklist(a|b|…) and
// restricted(a|b|…); a plus in a picklist or initial value stands for a space.
// Options: =value (initial value), ext (external id), unique, lookup (an
// idLookup field), index (equality is looked up, not scanned for), rel:Name.
func newSchema(texts ...string) (*schema, error) {
	s := &schema{byName: map[string]*object{}, byPrefix: map[string]*object{}}
	var ob *object
	for line := range strings.Lines(strings.Join(texts, "\n")) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "object":
			var err error
			if ob, err = s.add(words); err != nil {
				return nil, err
			}
		case ob == nil:
			return nil, fmt.Errorf("schema: field %q stands before any object", words[0])
		default:
			if err := ob.add(words); err != nil {
				return nil, fmt.Errorf("schema: %s: %w", ob.name, err)
			}
		}
	}
	if ob := s.object(presenceObject); ob != nil {
		for _, prefix := range presencePrefixes {
			s.byPrefix[prefix] = ob
		}
	}
	return s, s.resolve()
}

// add begins an object.
func (s *schema) add(words []string) (*object, error) {
	if len(words) != 4 || len(words[2]) != 3 {
		return nil, fmt.Errorf("schema: want object <Name> <prefix> <cud>, got %q", strings.Join(words, " "))
	}
	ob := &object{
		name: words[1], prefix: words[2], label: labelOf(words[1]), byName: map[string]*field{}, byRelation: map[string]*field{},
		create: strings.Contains(words[3], "c"), update: strings.Contains(words[3], "u"), remove: strings.Contains(words[3], "d"),
	}
	ob.plural = pluralOf(ob.label)
	if s.byName[strings.ToLower(ob.name)] != nil || s.byPrefix[ob.prefix] != nil {
		return nil, fmt.Errorf("schema: object %s or prefix %s is there twice", ob.name, ob.prefix)
	}
	s.objects = append(s.objects, ob)
	s.byName[strings.ToLower(ob.name)], s.byPrefix[ob.prefix] = ob, ob
	for line := range strings.Lines(systemFields) {
		if words := strings.Fields(line); len(words) > 0 {
			if err := ob.add(words); err != nil {
				return nil, fmt.Errorf("schema: %s: %w", ob.name, err)
			}
		}
	}
	return ob, nil
}

// add reads one field line.
func (ob *object) add(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("want <Field> <type> <flags>, got %q", strings.Join(words, " "))
	}
	f := &field{name: words[0], label: labelOf(words[0])}
	if err := f.setType(words[1]); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	f.create, f.update = strings.Contains(words[2], "C"), strings.Contains(words[2], "U")
	f.nillable, f.defaulted = strings.Contains(words[2], "N"), strings.Contains(words[2], "D")
	for _, option := range words[3:] {
		if err := f.setOption(option); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	if f.kind == kindReference && f.relation == "" {
		f.relation = relationOf(f.name)
	}
	f.indexed = f.indexed || f.kind == kindReference || f.external || f.unique || f.lookup
	key := strings.ToLower(f.name)
	if ob.byName[key] != nil {
		return fmt.Errorf("field %s is there twice", f.name)
	}
	ob.fields = append(ob.fields, f)
	ob.byName[key] = f
	if f.relation != "" {
		ob.byRelation[strings.ToLower(f.relation)] = f
	}
	return nil
}

// setType reads a type with its arguments.
func (f *field) setType(text string) error {
	name, args, _ := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	switch name {
	case "id", "date", "datetime", "int":
		f.kind = kind(name)
	case "bool":
		f.kind, f.initial = kindBoolean, false
	case "email":
		f.kind, f.length = kindEmail, 80
	case "phone":
		f.kind, f.length = kindPhone, 40
	case "url":
		f.kind, f.length = kindURL, 255
	case "string", "text", "auto":
		n, err := strconv.Atoi(args)
		if err != nil {
			return fmt.Errorf("type %s: %w", text, err)
		}
		switch name {
		case "string":
			f.kind, f.length = kindString, n
		case "text":
			f.kind, f.length = kindTextArea, n
		case "auto":
			f.kind, f.length, f.auto, f.lookup = kindString, 255, n, true
		}
	case "double", "percent":
		f.kind = kind(name)
		if _, err := fmt.Sscanf(args, "%d,%d", &f.precision, &f.scale); err != nil {
			return fmt.Errorf("type %s: %w", text, err)
		}
	case "picklist", "restricted":
		f.kind, f.length, f.restricted = kindPicklist, 255, name == "restricted"
		f.values = strings.Split(strings.ReplaceAll(args, "+", " "), "|")
	case "ref":
		f.kind, f.targets = kindReference, strings.Split(args, "|")
	default:
		return fmt.Errorf("type %s is unknown", text)
	}
	return nil
}

// setOption reads one word after the flags.
func (f *field) setOption(option string) error {
	switch {
	case option == "ext":
		f.external, f.lookup = true, true
	case option == "unique":
		f.unique = true
	case option == "lookup":
		f.lookup = true
	case option == "index":
		f.indexed = true
	case strings.HasPrefix(option, "rel:"):
		f.relation = option[len("rel:"):]
	case strings.HasPrefix(option, "="):
		return f.setInitial(strings.ReplaceAll(option[1:], "+", " "))
	default:
		return fmt.Errorf("option %s is unknown", option)
	}
	return nil
}

// setInitial reads the initial value according to the field's type.
func (f *field) setInitial(text string) (err error) {
	switch f.kind {
	case kindBoolean:
		f.initial, err = strconv.ParseBool(text)
	case kindInt:
		f.initial, err = strconv.ParseInt(text, 10, 64)
	case kindDouble, kindPercent:
		f.initial, err = strconv.ParseFloat(text, 64)
	default:
		f.initial = text
	}
	return err
}

// resolve spells out reference targets and checks that they exist.
func (s *schema) resolve() error {
	for _, ob := range s.objects {
		for _, f := range ob.fields {
			if len(f.targets) == 1 && f.targets[0] == "*" {
				f.targets = slices.Sorted(maps.Keys(workItemObjects))
			}
			for _, name := range f.targets {
				if s.object(name) == nil {
					return fmt.Errorf("schema: %s.%s refers to %s, which is no object", ob.name, f.name, name)
				}
			}
		}
	}
	return nil
}

// labelOf makes a label of an API name: "WorkItemId" is "Work Item ID".
func labelOf(name string) string {
	name = strings.ReplaceAll(strings.TrimSuffix(name, "__c"), "_", " ")
	var b strings.Builder
	for i, r := range name {
		if i > 0 && r >= 'A' && r <= 'Z' && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	if label, ok := strings.CutSuffix(b.String(), " Id"); ok {
		return label + " ID"
	}
	return b.String()
}

// pluralOf makes a plural that reads right for the objects at hand.
func pluralOf(label string) string {
	switch {
	case strings.HasSuffix(label, "s"):
		return label + "es"
	case strings.HasSuffix(label, "y"):
		return strings.TrimSuffix(label, "y") + "ies"
	}
	return label + "s"
}

// relationOf names the relationship of a reference field: OwnerId is Owner,
// Parent__c is Parent__r.
func relationOf(name string) string {
	if base, ok := strings.CutSuffix(name, "__c"); ok {
		return base + "__r"
	}
	return strings.TrimSuffix(name, "Id")
}
