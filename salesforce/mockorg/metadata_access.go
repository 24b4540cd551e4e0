package mockorg

import (
	"slices"
	"strings"

	"omnibridge/salesforce/mockorg/metadata"
)

// securable lists the objects that take object permissions beside custom ones.
// PendingServiceRouting, AgentWork and UserServicePresence are not among them,
// nor is anything else of Omni-Channel (salesforce-package 0.1).
var securable = []string{"Account", "Case", "Contact", "Lead", "LiveChatTranscript", "LiveChatVisitor", "MessagingEndUser",
	"MessagingSession", "PushTopic", "StreamingChannel", "VoiceCall"}

// userPermissions are those that sets of this field grant, each with what it
// depends on. That of ViewAllData is what real orgs show beside it
// (salesforce-package 1.5).
var userPermissions = map[string][]string{
	"ApiEnabled": nil, "ApiUserOnly": nil, "ConnectOrgToEnvironmentHub": nil, "CustomizeApplication": {"ViewRoles", "ViewSetup"}, "EditTask": nil,
	"LightningConsoleAllowedForUser": nil, "ManageUsers": {"ViewRoles", "ViewSetup"}, "ModifyAllData": {"ViewAllData"}, "RunReports": nil,
	"TransferAnyCase": nil, "TransferAnyEntity": nil, "TransferAnyLead": nil, "UseAnyApiClient": nil,
	"ViewAllData":       {"ViewEventLogFiles", "ViewPublicDashboards", "ViewPublicReports", "ViewRoles", "ViewSetup"},
	"ViewAllProfiles":   nil,
	"ViewAllUsers":      nil,
	"ViewEventLogFiles": nil, "ViewPublicDashboards": nil, "ViewPublicReports": nil, "ViewRoles": nil, "ViewSetup": {"ViewRoles"},
}

// parents are objects without whose permissions those of another are refused.
var parents = map[string]string{"Contact": "Account", "MessagingSession": "MessagingEndUser"}

// customPermission checks the app that a custom permission is told to.
func (d *deployer) customPermission(c *metadata.Component) (string, error) {
	if app := c.Get("externalClientApplication"); app != "" && !d.batch.Has("ExternalClientApplication", app) {
		return "", missing("externalClientApplication", "ExternalClientApplication", app)
	}
	if app := c.Get("connectedApp"); app != "" {
		return "", missing("connectedApp", "ConnectedApp", app)
	}
	return "", nil
}

// permissionSet makes a permission set. What it grants is checked, not enforced.
func (d *deployer) permissionSet(c *metadata.Component) (string, error) {
	for _, check := range []func(*metadata.Component) error{d.objectPermissions, d.userPermissions, d.fieldPermissions, d.accesses} {
		if err := check(c); err != nil {
			return "", err
		}
	}
	fields := Row{"Label": c.Get("label"), "HasActivationRequired": c.Get("hasActivationRequired") == "true"}
	if text := c.Get("description"); text != "" {
		fields["Description"] = text
	}
	if row, ok := d.named("PermissionSet", c.Name); ok {
		return row.ID(), d.t.set(row.ID(), fields)
	}
	fields["Name"] = c.Name
	return d.t.insert("PermissionSet", fields)
}

// objectRights are the rights on an object, each with those it depends on.
var objectRights = []struct {
	element, name string
	needs         []string
}{
	{"allowCreate", "Create", []string{"allowRead"}},
	{"allowEdit", "Edit", []string{"allowRead"}},
	{"allowDelete", "Delete", []string{"allowRead", "allowEdit"}},
	{"viewAllRecords", "Read All", []string{"allowRead"}},
	{"modifyAllRecords", "Edit All", []string{"allowRead", "allowEdit", "allowDelete", "viewAllRecords"}},
}

// objectPermissions checks the rights on objects.
func (d *deployer) objectPermissions(c *metadata.Component) error {
	granted := map[string]*metadata.Element{}
	for _, p := range c.Root.All("objectPermissions") {
		granted[p.Get("object")] = p
	}
	for _, p := range c.Root.All("objectPermissions") {
		name := p.Get("object")
		if !slices.Contains(securable, name) && (!strings.HasSuffix(name, "__c") || d.o.schema.object(name) == nil) {
			return missing("object", "CustomObject", name)
		}
		for _, right := range objectRights {
			if p.Get(right.element) != "true" {
				continue
			}
			for _, need := range right.needs {
				if p.Get(need) != "true" {
					return metadata.Problemf("Permission %s %s depends on permission(s): %s %s", right.name, name, rightName(need), name)
				}
			}
		}
		parent := parents[name]
		for _, element := range []string{"allowRead", "viewAllRecords"} {
			if parent != "" && p.Get(element) == "true" && granted[parent].Get(element) != "true" {
				return metadata.Problemf("Permission %s %s depends on permission(s): %s %s", rightName(element), name, rightName(element), parent)
			}
		}
	}
	return nil
}

// rightName is how problems call a right.
func rightName(element string) string {
	for _, right := range objectRights {
		if right.element == element {
			return right.name
		}
	}
	return "Read"
}

// userPermissions checks the rights that are about no object.
func (d *deployer) userPermissions(c *metadata.Component) error {
	granted := map[string]bool{}
	for _, p := range c.Root.All("userPermissions") {
		granted[p.Get("name")] = p.Get("enabled") == "true"
	}
	for _, p := range c.Root.All("userPermissions") {
		name := p.Get("name")
		needs, known := userPermissions[name]
		if !known {
			return metadata.Problemf("Unknown user permission: %s", name)
		}
		for _, need := range needs {
			if granted[name] && !granted[need] {
				return metadata.Problemf("Permission %s depends on permission(s): %s", name, need)
			}
		}
	}
	return nil
}

// fieldPermissions checks that the fields are there.
func (d *deployer) fieldPermissions(c *metadata.Component) error {
	for _, p := range c.Root.All("fieldPermissions") {
		object, name, _ := strings.Cut(p.Get("field"), ".")
		ob := d.o.schema.object(object)
		switch {
		case ob == nil:
			return missing("field", "CustomObject", object)
		case ob.field(name) == nil:
			return missing("field", "CustomField", p.Get("field"))
		case ob.field(name).required():
			return metadata.Problemf("You cannot deploy to a required field: %s", p.Get("field"))
		}
	}
	return nil
}

// accesses checks that what a set gives access to is there.
func (d *deployer) accesses(c *metadata.Component) error {
	for _, p := range c.Root.All("servicePresenceStatusAccesses") {
		if _, err := d.refer("servicePresenceStatus", "ServicePresenceStatus", "ServicePresenceStatus", p.Get("servicePresenceStatus")); err != nil {
			return err
		}
	}
	for _, p := range c.Root.All("customPermissions") {
		if !d.batch.Has("CustomPermission", p.Get("name")) {
			return missing("customPermission", "CustomPermission", p.Get("name"))
		}
	}
	for _, p := range c.Root.All("applicationVisibilities") {
		name := p.Get("application")
		if !strings.HasPrefix(name, "standard__") && !d.batch.Has("CustomApplication", name) {
			return missing("application", "CustomApplication", name)
		}
	}
	return nil
}
