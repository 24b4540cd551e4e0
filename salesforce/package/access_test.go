package deploy_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"testing"
)

// TestIntegrationHasNoMoreThanIsUsed: the daemon deletes no record of the org and is
// nobody's administrator, so none of its permission sets lets it.
func TestIntegrationHasNoMoreThanIsUsed(t *testing.T) {
	files, err := filepath.Glob("*/permissionsets/Omnibridge_Integration*.permissionset-meta.xml")
	work, err2 := filepath.Glob("work/*/permissionsets/*.permissionset-meta.xml")
	if err != nil || err2 != nil || len(files) < 2 || len(work) == 0 {
		t.Fatalf("permission sets %q and %q, %v, %v", files, work, err, err2)
	}
	for _, file := range append(files, work...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var set struct {
			Objects []struct {
				Object    string `xml:"object"`
				Delete    bool   `xml:"allowDelete"`
				ModifyAll bool   `xml:"modifyAllRecords"`
			} `xml:"objectPermissions"`
			User []struct {
				Name    string `xml:"name"`
				Enabled bool   `xml:"enabled"`
			} `xml:"userPermissions"`
		}
		if err := xml.Unmarshal(text, &set); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, o := range set.Objects {
			if o.Delete || o.ModifyAll {
				t.Errorf("%s: %s may be deleted, or modified whoever owns it", file, o.Object)
			}
		}
		for _, u := range set.User {
			switch u.Name {
			case "ModifyAllData", "CustomizeApplication", "ManageUsers", "AuthorApex":
				t.Errorf("%s: it grants %s", file, u.Name)
			}
		}
	}
}
