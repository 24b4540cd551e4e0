package mockorg

import (
	"strings"

	"omnibridge/salesforce/mockorg/metadata"
)

// maxCaptured is how many objects change data capture covers without the add-on
// (salesforce-omni 9).
const maxCaptured = 5

// eventChannel makes a custom channel of change events. Its members follow.
func (d *deployer) eventChannel(c *metadata.Component) (string, error) {
	switch {
	case !strings.HasSuffix(c.Name, "__chn"):
		return "", metadata.Problemf("The name of a custom channel ends in __chn: %s", c.Name)
	case c.Get("channelType") != "data":
		return "", metadata.Problemf("Channels of type %s are not available in this org", c.Get("channelType"))
	}
	d.openChannel(c.Name)
	return "", nil
}

// eventMember adds an object to a channel (salesforce-package 1.6).
func (d *deployer) eventMember(c *metadata.Component) (string, error) {
	channel, event := c.Get("eventChannel"), c.Get("selectedEntity")
	if channel == "ChangeEvents" {
		return "", metadata.Problemf("Members of the standard channel ChangeEvents cannot be deployed to this org")
	}
	if !d.batch.Has("PlatformEventChannel", channel) {
		return "", missing("eventChannel", "PlatformEventChannel", channel)
	}
	ob, err := d.o.schema.eventObject(event)
	if err != nil {
		return "", missing("selectedEntity", "CustomObject", event)
	}
	if want := strings.ReplaceAll(channel+"_"+event, "__", "_"); c.Name != want {
		return "", metadata.Problemf("The member of %s for %s has to be named %s", channel, event, want)
	}
	if _, err := d.o.schema.filter(ob, c.Get("filterExpression")); err != nil {
		return "", metadata.Problemf("The filter expression is not valid: %v", err)
	}
	for _, enriched := range c.Root.All("enrichedFields") {
		if ob.field(enriched.Get("name")) == nil {
			return "", metadata.Problemf("The field %s cannot be enriched: %s has no such field", enriched.Get("name"), ob.name)
		}
	}
	captured := map[string]bool{}
	for _, member := range d.batch.All("PlatformEventChannelMember") {
		captured[member.Get("selectedEntity")] = true
	}
	if len(captured) > maxCaptured {
		return "", metadata.Problemf("The maximum number of entities selected for change data capture is %d", maxCaptured)
	}
	d.openChannel(channel)
	return "", nil
}

// openChannel makes the streaming channel what its members say, once all is well.
func (d *deployer) openChannel(name string) {
	var members []ChannelMember
	for _, c := range d.batch.All("PlatformEventChannelMember") {
		if c.Get("eventChannel") != name {
			continue
		}
		ob, err := d.o.schema.eventObject(c.Get("selectedEntity"))
		if err != nil {
			continue // the member itself is refused
		}
		members = append(members, ChannelMember{Object: ob.name, Filter: c.Get("filterExpression")})
	}
	d.later = append(d.later, func() error { return d.o.AddChannel(name, members...) })
}
