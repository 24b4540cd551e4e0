package metadata

import (
	"path"
	"slices"
	"strings"
)

// named is a component that a manifest asks for.
type named struct {
	kind kind
	name string
}

// manifest reads the archive's package.xml, takes it out, and returns what it
// names in its order; a member * stands for everything there is.
func (ts *types) manifest(files map[string][]byte) ([]named, error) {
	for name := range files {
		if base := path.Base(name); strings.HasPrefix(base, "destructiveChanges") {
			return nil, Problemf("This org does not take destructive changes: start a new one instead")
		}
	}
	text, ok := files["package.xml"]
	if !ok {
		return nil, Problemf("No package.xml found")
	}
	delete(files, "package.xml")
	root, err := parse(text)
	if err != nil {
		return nil, Problemf("Error parsing file: %v", err)
	}
	return ts.manifestOf(root, func(k kind) []string { return k.members(files) })
}

// manifestOf reads the element of a manifest; all lists what * stands for.
func (ts *types) manifestOf(root *Element, all func(kind) []string) ([]named, error) {
	var list []named
	for _, t := range root.All("types") {
		k, ok := ts.kind(t.Get("name"))
		if !ok {
			return nil, Problemf("Unknown type name '%s' specified in package.xml", clip(t.Get("name")))
		}
		members := t.Texts("members")
		if slices.Contains(members, "*") {
			members = all(k)
		}
		for _, member := range members {
			if strings.ContainsAny(member, `/\`) || member == "" {
				return nil, Problemf("package.xml names a %s '%s', which is no name", k.name, clip(member))
			}
			list = append(list, named{k, member})
		}
	}
	return list, nil
}
