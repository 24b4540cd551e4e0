package metadata

import (
	_ "embed" // for types.txt
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// typesText is the part of the published types that this API knows.
//
//go:embed types.txt
var typesText string

// field is an element that a type may have.
type field struct {
	name, kind     string // kind is string, boolean, number, or a type or enumeration by name
	list, required bool
}

// kind is a type of component: where its files lie and how they are called.
type kind struct {
	name, folder string
	suffix       string // without the point; empty for a folder per component
	shape        string // file, bundle (a folder) or mixedContent (a file and its -meta.xml)
}

// types is what types.txt tells.
type types struct {
	kinds  []kind // by name
	fields map[string][]field
	enums  map[string][]string
}

// loadTypes reads types.txt.
func loadTypes(text string) (*types, error) {
	ts := &types{fields: map[string][]field{}, enums: map[string][]string{}}
	current := ""
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, " ") && len(words) == 2 && current != "":
			name, optional := strings.CutSuffix(words[0], "?")
			kind, list := strings.CutSuffix(words[1], "[]")
			ts.fields[current] = append(ts.fields[current], field{name, kind, list, !optional})
		case words[0] == "component" && len(words) == 5:
			ts.kinds = append(ts.kinds, kind{words[1], words[2], strings.TrimPrefix(words[3], "-"), words[4]})
		case words[0] == "enum" && len(words) >= 3:
			_, values, _ := strings.Cut(strings.TrimSpace(line), words[1]+" ")
			ts.enums[words[1]] = strings.Split(values, "|")
		case words[0] == "type" && len(words) == 2:
			current = words[1]
			ts.fields[current] = nil
		default:
			return nil, fmt.Errorf("metadata: types.txt: %q is not understood", strings.TrimSpace(line))
		}
	}
	return ts, nil
}

// kind finds a type of component by name.
func (ts *types) kind(name string) (kind, bool) {
	i := slices.IndexFunc(ts.kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return ts.kinds[i], true
}

// inFolder finds a type of component by the folder of its files.
func (ts *types) inFolder(folder string) (kind, bool) {
	i := slices.IndexFunc(ts.kinds, func(k kind) bool { return k.folder == folder })
	if i < 0 {
		return kind{}, false
	}
	return ts.kinds[i], true
}

// root is the element a component's file begins with; settings are named after
// themselves (salesforce-package 1.1).
func (k kind) root(name string) string {
	if k.name == "Settings" {
		return name + "Settings"
	}
	return k.name
}

// check holds a component's file to its type. The texts are those of public
// deploy logs, but for values that are no boolean or number, which are guessed.
func (ts *types) check(k kind, c *Component) *Problem {
	root := c.Root
	if root == nil {
		return nil // a bundle without its -meta.xml
	}
	want := k.root(c.Name)
	if _, known := ts.fields[want]; !known {
		return &Problem{Text: "Settings " + c.Name + " cannot be deployed to this org"}
	}
	if root.Name != want || root.Space != Namespace {
		return at(root, "Error parsing file: Element {%s}%s invalid at this location; a %s is expected", root.Space, root.Name, want)
	}
	return ts.walk(want, root)
}

// walk checks the children of an element.
func (ts *types) walk(typ string, e *Element) *Problem {
	if len(e.Children) > 0 && e.Text != "" {
		return at(e, "Error parsing file: Unexpected text in type %s", typ)
	}
	seen := map[string]bool{}
	last := ""
	for _, c := range e.Children {
		i := slices.IndexFunc(ts.fields[typ], func(f field) bool { return f.name == c.Name })
		if i < 0 || c.Space != Namespace {
			return at(c, "Error parsing file: Element {%s}%s invalid at this location in type %s", c.Space, c.Name, typ)
		}
		f := ts.fields[typ][i]
		// A list has to stand together, too (salesforce-package 1.3).
		if seen[f.name] && (!f.list || last != f.name) {
			return at(c, "Error parsing file: Element %s is duplicated at this location in type %s", f.name, typ)
		}
		seen[f.name], last = true, f.name
		if p := ts.value(f, c); p != nil {
			return p
		}
	}
	for _, f := range ts.fields[typ] {
		if f.required && !f.list && !seen[f.name] {
			return at(e, "Required field is missing: %s", f.name)
		}
	}
	return nil
}

// value checks one element's content.
func (ts *types) value(f field, c *Element) *Problem {
	if _, ok := ts.fields[f.kind]; ok {
		return ts.walk(f.kind, c)
	}
	if len(c.Children) > 0 {
		return at(c.Children[0], "Error parsing file: Element {%s}%s invalid at this location in type %s", c.Children[0].Space, c.Children[0].Name, f.kind)
	}
	if values, ok := ts.enums[f.kind]; ok {
		if !slices.Contains(values, c.Text) {
			return at(c, "'%s' is not a valid value for the enum '%s'", clip(c.Text), f.kind)
		}
		return nil
	}
	var err error
	switch f.kind {
	case "boolean":
		if c.Text != "true" && c.Text != "false" {
			err = strconv.ErrSyntax
		}
	case "number":
		_, err = strconv.ParseFloat(c.Text, 64)
	}
	if err != nil {
		return at(c, "'%s' is not a valid value for the %s %s", clip(c.Text), f.kind, f.name)
	}
	return nil
}

// clip shortens text for a message.
func clip(text string) string {
	if len(text) <= 80 {
		return text
	}
	return strings.ToValidUTF8(text[:77], "") + "..."
}
