package metadata

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Component is one piece of metadata, as a deploy brings it and as the org holds
// it afterwards.
type Component struct {
	Type, Name string
	// File is its main file as an archive names it, such as queues/A.queue.
	File string
	// Root is the content of its XML file; nil for a bundle that has none.
	Root *Element
	// Files are all its files with their contents.
	Files map[string][]byte
}

// Get returns the text at the end of a path of element names below the root.
func (c *Component) Get(path ...string) string { return c.Root.Get(path...) }

// Set gives an element of the component another text: what the org makes of
// what was deployed, such as a generated key.
func (c *Component) Set(name, text string) {
	c.Root.set(name, text)
	c.Files[c.xmlFile()] = c.Root.render()
}

// xmlFile is the file that Root was read from.
func (c *Component) xmlFile() string {
	if meta := c.File + "-meta.xml"; c.Files[meta] != nil {
		return meta
	}
	return c.File
}

// same tells whether two versions of a component have equal files.
func (c *Component) same(other *Component) bool {
	return maps.EqualFunc(c.Files, other.Files, bytes.Equal)
}

// Problem is why a component cannot be deployed.
type Problem struct {
	Text         string
	Line, Column int // in its file; 0 if it is about no place
}

func (p *Problem) Error() string { return p.Text }

// Problemf makes a Problem that is about no place.
func Problemf(format string, args ...any) *Problem {
	return &Problem{Text: fmt.Sprintf(format, args...)}
}

// at makes a Problem with the place of an element.
func at(e *Element, format string, args ...any) *Problem {
	return &Problem{fmt.Sprintf(format, args...), e.Line, e.Column}
}

// key names a component within an org.
type key struct{ typ, name string }

func (c *Component) key() key { return key{c.Type, c.Name} }

// collect takes the files of one component out of an archive. ok is false when
// there are none.
func (k kind) collect(files map[string][]byte, name string) (c *Component, problem *Problem) {
	c = &Component{Type: k.name, Name: name, Files: map[string][]byte{}}
	prefix := k.folder + "/" + name
	for file, content := range files {
		switch {
		case k.shape == "bundle" && strings.HasPrefix(file, prefix+"/"),
			k.shape != "bundle" && (file == prefix+"."+k.suffix || file == prefix+"."+k.suffix+"-meta.xml"):
			c.Files[file] = content
		}
	}
	if len(c.Files) == 0 {
		return nil, Problemf("An object '%s' of type %s was named in package.xml, but was not found in zipped directory", name, k.name)
	}
	for file := range c.Files {
		delete(files, file)
	}
	c.File = prefix + "." + k.suffix
	switch {
	case k.shape == "bundle":
		c.File = prefix + "/" + name + ".cmp"
	case k.shape == "mixedContent" && len(c.Files) < 2:
		return c, Problemf("%s needs both %s and %s-meta.xml", k.name, c.File, c.File)
	}
	text, ok := c.Files[c.xmlFile()]
	if k.shape == "bundle" && !strings.HasSuffix(c.xmlFile(), "-meta.xml") {
		return c, nil // what a bundle consists of is not judged here
	}
	if !ok {
		return c, Problemf("%s has no file %s", name, c.xmlFile())
	}
	root, err := parse(text)
	if err != nil {
		p := Problemf("Error parsing file: %v", err)
		if s, ok := err.(*syntaxError); ok {
			p.Line, p.Column = s.line, s.column
		}
		return c, p
	}
	c.Root = root
	return c, nil
}

// members lists the names of the components in an archive.
func (k kind) members(files map[string][]byte) []string {
	names := map[string]bool{}
	for file := range files {
		rest, ok := strings.CutPrefix(file, k.folder+"/")
		switch {
		case !ok:
		case k.shape == "bundle":
			name, _, _ := strings.Cut(rest, "/")
			names[name] = true
		default:
			if name, ok := strings.CutSuffix(strings.TrimSuffix(rest, "-meta.xml"), "."+k.suffix); ok {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
