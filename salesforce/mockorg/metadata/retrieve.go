package metadata

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// describeResult tells the types of components.
type describeResult struct {
	Objects   []describeObject `xml:"metadataObjects"`
	Namespace string           `xml:"organizationNamespace"`
	Partial   bool             `xml:"partialSaveAllowed"`
	Test      bool             `xml:"testRequired"`
}

type describeObject struct {
	Folder   string `xml:"directoryName"`
	InFolder bool   `xml:"inFolder"`
	MetaFile bool   `xml:"metaFile"`
	Suffix   string `xml:"suffix,omitempty"`
	Name     string `xml:"xmlName"`
}

func (s *Service) describe() describeResult {
	var r describeResult
	for _, k := range s.types.kinds {
		r.Objects = append(r.Objects, describeObject{Folder: k.folder, MetaFile: k.shape == "mixedContent", Suffix: k.suffix, Name: k.name})
	}
	return r
}

// fileProperties tells of one component in the org.
type fileProperties struct {
	CreatedByID        string `xml:"createdById"`
	CreatedByName      string `xml:"createdByName"`
	CreatedDate        string `xml:"createdDate"`
	FileName           string `xml:"fileName"`
	FullName           string `xml:"fullName"`
	ID                 string `xml:"id"`
	LastModifiedByID   string `xml:"lastModifiedById"`
	LastModifiedByName string `xml:"lastModifiedByName"`
	LastModifiedDate   string `xml:"lastModifiedDate"`
	State              string `xml:"manageableState"`
	Type               string `xml:"type"`
}

func (h *held) properties(folder string) fileProperties {
	return fileProperties{
		CreatedByID: h.by.ID, CreatedByName: h.by.Name, CreatedDate: h.created.Format(timeForm), FileName: folder + h.File, FullName: h.Name, ID: h.id,
		LastModifiedByID: h.changedBy.ID, LastModifiedByName: h.changedBy.Name, LastModifiedDate: h.changed.Format(timeForm), State: "unmanaged", Type: h.Type,
	}
}

// list answers listMetadata, with up to three queries as a real org takes.
func (s *Service) list(queries []*Element) (any, error) {
	if len(queries) > 3 {
		return nil, &refusal{http.StatusBadRequest, "EXCEEDED_ID_LIMIT", "At most three queries are taken"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []fileProperties
	for _, q := range queries {
		k, ok := s.types.kind(q.Get("type"))
		if !ok {
			return nil, &refusal{http.StatusBadRequest, "INVALID_TYPE", "Unknown type:" + clip(q.Get("type"))}
		}
		for _, name := range s.names(k) {
			found = append(found, s.held[key{k.name, name}].properties(""))
		}
	}
	if found == nil {
		return nil, nil // an empty reply, as a real org's
	}
	return found, nil
}

// names lists the components of a type that the org holds. The service is locked.
func (s *Service) names(k kind) []string {
	var names []string
	for held := range s.held {
		if held.typ == k.name {
			names = append(names, held.name)
		}
	}
	slices.Sort(names)
	return names
}

// retrieveResult is the API's RetrieveResult.
type retrieveResult struct {
	Done     bool              `xml:"done"`
	Files    []fileProperties  `xml:"fileProperties"`
	ID       string            `xml:"id"`
	Messages []retrieveMessage `xml:"messages"`
	Status   string            `xml:"status"`
	Success  bool              `xml:"success"`
	Zip      string            `xml:"zipFile"`
}

type retrieveMessage struct {
	File    string `xml:"fileName"`
	Problem string `xml:"problem"`
}

// retrieve packs the components that a manifest asks for, below the folder
// unpackaged as a real org does.
func (s *Service) retrieve(user User, op *Element, version int) (any, error) {
	request := op.Child("retrieveRequest")
	if request == nil {
		request = op.Child("request") // as jsforce calls it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted, err := s.types.manifestOf(cmp.Or(request.Child("unpackaged"), &Element{}), s.names)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, "INVALID_TYPE", err.Error()}
	}
	const folder = "unpackaged/"
	r := &retrieveResult{Done: true, ID: s.newID(retrieveIDs), Status: "Succeeded", Success: true}
	files := map[string][]byte{}
	found := map[string][]string{}
	for _, n := range wanted {
		h := s.held[key{n.kind.name, n.name}]
		if h == nil {
			r.Messages = append(r.Messages, retrieveMessage{folder + "package.xml",
				fmt.Sprintf("Entity of type '%s' named '%s' cannot be found", n.kind.name, clip(n.name))})
			continue
		}
		for name, content := range h.Files {
			files[folder+name] = content
		}
		found[n.kind.name] = append(found[n.kind.name], n.name)
		r.Files = append(r.Files, h.properties(folder))
	}
	files[folder+"package.xml"] = manifest(found, version)
	r.Files = append(r.Files, fileProperties{CreatedByID: user.ID, CreatedByName: user.Name, CreatedDate: s.o.Now().UTC().Format(timeForm),
		FileName: folder + "package.xml", FullName: folder + "package.xml", LastModifiedByID: user.ID, LastModifiedByName: user.Name,
		LastModifiedDate: s.o.Now().UTC().Format(timeForm), State: "unmanaged", Type: "Package"})
	archive, err := pack(files)
	if err != nil {
		return nil, err
	}
	r.Zip = base64.StdEncoding.EncodeToString(archive)
	s.keep(r.ID, r)
	return asyncResult{ID: r.ID, State: "Queued"}, nil
}

// manifest writes the package.xml of a retrieve.
func manifest(members map[string][]string, version int) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<Package xmlns="` + Namespace + `">` + "\n")
	for _, typ := range slices.Sorted(maps.Keys(members)) {
		b.WriteString("    <types>\n")
		for _, name := range members[typ] {
			b.WriteString("        <members>")
			escape(&b, name)
			b.WriteString("</members>\n")
		}
		b.WriteString("        <name>" + typ + "</name>\n    </types>\n")
	}
	b.WriteString("    <version>" + strconv.Itoa(version) + ".0</version>\n</Package>\n")
	return b.Bytes()
}
