package metadata

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Namespace is that of every component and of the API's messages.
const Namespace = "http://soap.sforce.com/2006/04/metadata"

// maxDepth bounds how deep elements may be nested; no type comes near it.
const maxDepth = 64

// Element is one XML element. Line and Column are where its start tag ends.
type Element struct {
	Space, Name  string
	Text         string // of an element without children, without the space around it
	Children     []*Element
	Line, Column int
}

// Child returns the first child of that name, nil when there is none. It may be
// called on nil.
func (e *Element) Child(name string) *Element {
	if e == nil {
		return nil
	}
	for _, c := range e.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// All returns the children of that name. It may be called on nil.
func (e *Element) All(name string) []*Element {
	if e == nil {
		return nil
	}
	var list []*Element
	for _, c := range e.Children {
		if c.Name == name {
			list = append(list, c)
		}
	}
	return list
}

// Get returns the text at the end of a path of names, "" when it is not there.
func (e *Element) Get(path ...string) string {
	for _, name := range path {
		e = e.Child(name)
	}
	if e == nil {
		return ""
	}
	return e.Text
}

// Texts returns the texts of the children of that name.
func (e *Element) Texts(name string) []string {
	var list []string
	for _, c := range e.All(name) {
		list = append(list, c.Text)
	}
	return list
}

// set gives a child of that name a text, adding it in the order of names.
func (e *Element) set(name, text string) {
	if c := e.Child(name); c != nil {
		c.Text = text
		return
	}
	at, _ := slices.BinarySearchFunc(e.Children, name, func(c *Element, name string) int { return strings.Compare(c.Name, name) })
	e.Children = slices.Insert(e.Children, at, &Element{Space: e.Space, Name: name, Text: text})
}

// syntaxError is a document that is no XML.
type syntaxError struct {
	what         string
	line, column int
}

func (e *syntaxError) Error() string { return e.what }

// parse reads one document.
func parse(text []byte) (*Element, error) {
	d := xml.NewDecoder(bytes.NewReader(text))
	var root *Element
	var open []*Element
	fault := func(format string, args ...any) error {
		line, column := d.InputPos()
		return &syntaxError{fmt.Sprintf(format, args...), line, column}
	}
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && root == nil:
			return nil, fault("Premature end of file.")
		case err == io.EOF:
			return root, nil
		case err != nil:
			var s *xml.SyntaxError
			if errors.As(err, &s) {
				return nil, fault("%s", s.Msg)
			}
			return nil, fault("%v", err)
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, fault("A document type is not allowed")
		case xml.StartElement:
			line, column := d.InputPos()
			e := &Element{Space: t.Name.Space, Name: t.Name.Local, Line: line, Column: column}
			switch {
			case len(open) >= maxDepth:
				return nil, fault("Elements are nested more than %d deep", maxDepth)
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.Children = append(parent.Children, e)
			case root != nil:
				return nil, fault("There is more than one root element")
			default:
				root = e
			}
			open = append(open, e)
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].Text += string(t)
			} else if len(bytes.TrimSpace(bytes.TrimPrefix(t, []byte("\ufeff")))) > 0 {
				return nil, fault("Content is not allowed outside the root element.")
			}
		case xml.EndElement:
			e := open[len(open)-1]
			e.Text = strings.TrimSpace(e.Text)
			open = open[:len(open)-1]
		}
	}
}

// render writes a component as a retrieve does.
func (e *Element) render() []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	e.write(&b, 0)
	return b.Bytes()
}

func (e *Element) write(b *bytes.Buffer, depth int) {
	indent := strings.Repeat("    ", depth)
	b.WriteString(indent + "<" + e.Name)
	if depth == 0 {
		b.WriteString(` xmlns="` + Namespace + `"`)
	}
	b.WriteString(">")
	if len(e.Children) > 0 {
		b.WriteString("\n")
		for _, c := range e.Children {
			c.write(b, depth+1)
		}
		b.WriteString(indent)
	} else {
		escape(b, e.Text)
	}
	b.WriteString("</" + e.Name + ">\n")
}

// escape writes text as an element's content.
func escape(b *bytes.Buffer, text string) {
	_ = xml.EscapeText(b, []byte(text)) // into memory
}
