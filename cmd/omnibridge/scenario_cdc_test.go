package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
)

// notAboutEvents lists the stories that it makes no difference to where events
// come from: they are told once, by TestScenarios.
var notAboutEvents = []string{"address-taken", "bad-commands", "bad-routing", "bad-settings", "clean-end", "demo", "login-host-fails", "mock-org", "second-daemon"}

// TestScenariosCDC tells the same stories with Change Data Capture in the place of
// PushTopics. What people see must not differ.
func TestScenariosCDC(t *testing.T) {
	tell(t, "cdc", slices.DeleteFunc(stories(t), func(file string) bool {
		return slices.Contains(notAboutEvents, strings.TrimSuffix(filepath.Base(file), ".txtar"))
	}))
}

// deployChannel makes the channel of change events that an admin deploys from
// salesforce/package/cdc.
func deployChannel(org *mockorg.Org) error {
	return org.AddChannel(strings.TrimPrefix(salesforce.CaptureChannel, "/data/"),
		mockorg.ChannelMember{Object: "PendingServiceRouting"}, mockorg.ChannelMember{Object: "AgentWork"},
		mockorg.ChannelMember{Object: "UserServicePresence", Filter: "ChangeEventHeader.changeType = 'CREATE' OR IsCurrentState = false"})
}
