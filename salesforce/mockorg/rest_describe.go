package mockorg

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// describeGlobal lists the objects.
func (c *call) describeGlobal() (reply, error) {
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	b := []byte(`{"encoding":"UTF-8","maxBatchSize":200,"sobjects":[`)
	for i, ob := range c.o.schema.objects {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, encode(c.summarize(ob))...)
	}
	return reply{status: http.StatusOK, body: append(b, "]}"...)}, nil
}

// summary is what the global describe tells about an object; the object's own
// describe begins with it.
type summary struct {
	Name        string            `json:"name"`
	Label       string            `json:"label"`
	LabelPlural string            `json:"labelPlural"`
	KeyPrefix   string            `json:"keyPrefix"`
	Custom      bool              `json:"custom"`
	Createable  bool              `json:"createable"`
	Updateable  bool              `json:"updateable"`
	Deletable   bool              `json:"deletable"`
	Undeletable bool              `json:"undeletable"`
	Queryable   bool              `json:"queryable"`
	Retrievable bool              `json:"retrieveable"`
	Replicable  bool              `json:"replicateable"`
	Searchable  bool              `json:"searchable"`
	Triggerable bool              `json:"triggerable"`
	Layoutable  bool              `json:"layoutable"`
	URLs        map[string]string `json:"urls"`
}

func (c *call) summarize(ob *object) summary {
	base := "/services/data/" + c.version + "/sobjects/" + ob.name
	return summary{
		Name: ob.name, Label: ob.label, LabelPlural: ob.plural, KeyPrefix: c.prefixOf(ob), Custom: strings.HasSuffix(ob.name, "__c"),
		Createable: ob.create, Updateable: ob.update, Deletable: ob.remove, Queryable: true, Retrievable: true, Replicable: true,
		Layoutable: true, Triggerable: true, Searchable: true,
		URLs: map[string]string{"sobject": base, "describe": base + "/describe", "rowTemplate": base + "/{ID}"},
	}
}

func (c *call) prefixOf(ob *object) (prefix string) {
	_ = c.view(func(t *tx) error { // it reads, which cannot fail
		prefix = t.o.prefixOf(ob)
		return nil
	})
	return prefix
}

// encode prints a value whose types always encode.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("mockorg: encode %T: %v", v, err))
	}
	return b
}

// fieldDescription is one field in an object's describe.
type fieldDescription struct {
	Name               string      `json:"name"`
	Label              string      `json:"label"`
	Type               kind        `json:"type"`
	SOAPType           string      `json:"soapType"`
	Length             int         `json:"length"`
	ByteLength         int         `json:"byteLength"`
	Digits             int         `json:"digits"`
	Precision          int         `json:"precision"`
	Scale              int         `json:"scale"`
	AutoNumber         bool        `json:"autoNumber"`
	Calculated         bool        `json:"calculated"`
	Createable         bool        `json:"createable"`
	Updateable         bool        `json:"updateable"`
	Nillable           bool        `json:"nillable"`
	DefaultedOnCreate  bool        `json:"defaultedOnCreate"`
	DefaultValue       any         `json:"defaultValue"`
	Custom             bool        `json:"custom"`
	ExternalID         bool        `json:"externalId"`
	Unique             bool        `json:"unique"`
	CaseSensitive      bool        `json:"caseSensitive"`
	IDLookup           bool        `json:"idLookup"`
	NameField          bool        `json:"nameField"`
	Filterable         bool        `json:"filterable"`
	Sortable           bool        `json:"sortable"`
	Groupable          bool        `json:"groupable"`
	RestrictedPicklist bool        `json:"restrictedPicklist"`
	PicklistValues     []pickValue `json:"picklistValues"`
	ReferenceTo        []string    `json:"referenceTo"`
	RelationshipName   *string     `json:"relationshipName"`
	PolymorphicForeign bool        `json:"polymorphicForeignKey"`
}

type pickValue struct {
	Active       bool   `json:"active"`
	DefaultValue bool   `json:"defaultValue"`
	Label        string `json:"label"`
	Value        string `json:"value"`
}

// describe tells everything about one object.
func (c *call) describe(ob *object) (reply, error) {
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	description := struct {
		summary
		Fields             []fieldDescription `json:"fields"`
		ChildRelationships []childRelation    `json:"childRelationships"`
		RecordTypeInfos    []struct{}         `json:"recordTypeInfos"`
	}{summary: c.summarize(ob), ChildRelationships: c.o.schema.children(ob), RecordTypeInfos: []struct{}{}}
	for _, f := range ob.fields {
		description.Fields = append(description.Fields, ob.describe(f))
	}
	return reply{status: http.StatusOK, body: encode(description)}, nil
}

func (ob *object) describe(f *field) fieldDescription {
	long := f.kind == kindTextArea && f.length > 255
	d := fieldDescription{
		Name: f.name, Label: f.label, Type: f.kind, SOAPType: f.soapType(), Length: f.length, ByteLength: f.length * 3,
		Precision: f.precision, Scale: f.scale, AutoNumber: f.auto > 0, Createable: f.create, Updateable: f.update, Nillable: f.nillable,
		DefaultedOnCreate: f.defaulted || f.kind == kindBoolean || f.kind == kindID, DefaultValue: f.initial, Custom: strings.HasSuffix(f.name, "__c"),
		ExternalID: f.external, Unique: f.unique, IDLookup: f.lookup || f.kind == kindID, NameField: ob.nameField() == f,
		Filterable: !long, Sortable: !long, Groupable: f.kind != kindDouble && f.kind != kindPercent && !long,
		RestrictedPicklist: f.restricted, PicklistValues: []pickValue{}, ReferenceTo: []string{},
	}
	switch f.kind {
	case kindID, kindReference:
		d.Length, d.ByteLength = idLong, idLong
	case kindInt:
		d.Digits = 9
	}
	for _, value := range f.values {
		d.PicklistValues = append(d.PicklistValues, pickValue{Active: true, DefaultValue: value == f.initial, Label: value, Value: value})
	}
	if f.kind == kindReference {
		d.ReferenceTo, d.RelationshipName, d.PolymorphicForeign = f.targets, &f.relation, len(f.targets) > 1
	}
	return d
}

// soapType is the field's type in the terms of the SOAP API.
func (f *field) soapType() string {
	switch f.kind {
	case kindID, kindReference:
		return "tns:ID"
	case kindBoolean, kindInt, kindDouble, kindDate:
		return "xsd:" + string(f.kind)
	case kindPercent:
		return "xsd:double"
	case kindDateTime:
		return "xsd:dateTime"
	}
	return "xsd:string"
}

// childRelation is a reference from elsewhere.
type childRelation struct {
	ChildSObject     string  `json:"childSObject"`
	Field            string  `json:"field"`
	RelationshipName *string `json:"relationshipName"` // always null: sub-queries are not served
	CascadeDelete    bool    `json:"cascadeDelete"`
}

// children lists the fields that refer to an object.
func (s *schema) children(ob *object) []childRelation {
	list := []childRelation{}
	for _, other := range s.objects {
		for _, f := range other.fields {
			for _, target := range f.targets {
				if target == ob.name {
					list = append(list, childRelation{ChildSObject: other.name, Field: f.name})
				}
			}
		}
	}
	return list
}
