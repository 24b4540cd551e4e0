package mockorg

import (
	"omnibridge/salesforce/mockorg/metadata"
)

// routingModels are the metadata's spellings of what records call otherwise
// (salesforce-package 1.1).
var routingModels = map[string]string{
	"EXTERNAL_ROUTING": "ExternalRouting", "LEAST_ACTIVE": "LeastActive", "MOST_AVAILABLE": "MostAvailable",
}

// routing makes a routing configuration.
func (d *deployer) routing(c *metadata.Component) (string, error) {
	model, ok := routingModels[c.Get("routingModel")]
	if !ok {
		return "", metadata.Problemf("The routing model %s is not available in this org", c.Get("routingModel"))
	}
	if c.Get("capacityWeight") != "" && c.Get("capacityPercentage") != "" {
		return "", metadata.Problemf("Specify either a capacity weight or a capacity percentage, not both")
	}
	row := Row{"MasterLabel": c.Get("label"), "RoutingModel": model, "IsAttributeBased": c.Get("isAttributeBased") == "true"}
	var err error
	for element, field := range map[string]string{"routingPriority": "RoutingPriority", "pushTimeout": "PushTimeout",
		"dropAdditionalSkillsTimeout": "DropAdditionalSkillsTimeout"} {
		if row[field], err = whole(c, element); err != nil {
			return "", err
		}
	}
	for element, field := range map[string]string{"capacityWeight": "CapacityWeight", "capacityPercentage": "CapacityPercentage"} {
		if row[field], err = decimal(c, element); err != nil {
			return "", err
		}
	}
	return d.upsert("QueueRoutingConfig", c.Name, row)
}

// serviceChannel makes a service channel. An object has one channel at most,
// and a channel keeps its object.
func (d *deployer) serviceChannel(c *metadata.Component) (string, error) {
	entity := c.Get("relatedEntityType")
	if !workItemObjects[entity] {
		return "", missing("relatedEntityType", "CustomObject", entity)
	}
	if other, ok := channelOf(d.t, entity); ok && other.str("DeveloperName") != c.Name {
		return "", metadata.Problemf("duplicate value found: RelatedEntity duplicates value on record with id: %s (%s)", other.ID(), other.str("DeveloperName"))
	}
	row := Row{"MasterLabel": c.Get("label"), "RelatedEntity": entity, "HasAutoAcceptEnabled": c.Get("hasAutoAcceptEnabled") == "true",
		"DoesMinimizeWidgetOnAccept": c.Get("doesMinimizeWidgetOnAccept") == "true", "CapacityModel": "TabBased",
		"DoesCheckCapOnOwnerChange": c.Get("doesCheckCapOnOwnerChange") == "true", "DoesCheckCapOnStatusChange": c.Get("doesCheckCapOnStatusChange") == "true"}
	if c.Get("capacityModel") == "STATUS_BASED" {
		row["CapacityModel"] = "StatusBased"
	}
	for element, field := range map[string]string{"statusField": "StatusField", "secondaryRoutingPriorityField": "SecRoutingPriorityField"} {
		if text := c.Get(element); text != "" {
			row[field] = text
		}
	}
	if old, ok := d.named("ServiceChannel", c.Name); ok && old.str("RelatedEntity") != entity {
		return "", metadata.Problemf("The related entity of a service channel cannot be changed: %s routes %s", c.Name, old.str("RelatedEntity"))
	}
	return d.upsert("ServiceChannel", c.Name, row)
}

// presenceStatus makes a presence status and says which channels it serves.
func (d *deployer) presenceStatus(c *metadata.Component) (string, error) {
	var channels []string
	for _, name := range c.Root.Child("channels").Texts("channel") {
		id, err := d.refer("channel", "ServiceChannel", "ServiceChannel", name)
		if err != nil {
			return "", err
		}
		channels = append(channels, id)
	}
	id, err := d.upsert("ServicePresenceStatus", c.Name, Row{"MasterLabel": c.Get("label")})
	if err != nil {
		return "", err
	}
	return id, d.link("ServiceChannelStatus", "ServicePresenceStatusId", id, "ServiceChannelId", channels)
}

// declineReason makes a reason that agents can choose.
func (d *deployer) declineReason(c *metadata.Component) (string, error) {
	return d.upsert("PresenceDeclineReason", c.Name, Row{"MasterLabel": c.Get("label")})
}

// presenceConfig makes a presence configuration and assigns it. A user has one
// configuration, so an assignment takes the former one away.
func (d *deployer) presenceConfig(c *metadata.Component) (string, error) {
	if c.Get("enableAutoAccept") == "true" && c.Get("enableDecline") == "true" {
		return "", metadata.Problemf("Agents cannot decline work that is accepted automatically: enable auto-accept or decline")
	}
	row := Row{"MasterLabel": c.Get("label"), "OptionsIsAutoAcceptEnabled": c.Get("enableAutoAccept") == "true",
		"OptionsIsDeclineEnabled": c.Get("enableDecline") == "true", "OptionsIsDeclineReasonEnabled": c.Get("enableDeclineReason") == "true"}
	var err error
	if row["Capacity"], err = whole(c, "capacity"); err != nil {
		return "", err
	}
	for element, field := range map[string]string{"presenceStatusOnDecline": "PresenceStatusOnDeclineId",
		"presenceStatusOnPushTimeout": "PresenceStatusOnPushTimeoutId"} {
		if row[field], err = d.refer(element, "ServicePresenceStatus", "ServicePresenceStatus", c.Get(element)); err != nil {
			return "", err
		}
	}
	id, err := d.upsert("PresenceUserConfig", c.Name, row)
	if err != nil {
		return "", err
	}
	var reasons []string
	for _, name := range c.Root.Texts("declineReasons") {
		reason, err := d.refer("declineReasons", "PresenceDeclineReason", "PresenceDeclineReason", name)
		if err != nil {
			return "", err
		}
		reasons = append(reasons, reason)
	}
	if err := d.link("PresenceConfigDeclineReason", "PresenceUserConfigId", id, "PresenceDeclineReasonId", reasons); err != nil {
		return "", err
	}
	if c.Root.Child("assignments") == nil {
		return id, nil // who has it stays as it is
	}
	return id, d.assign(id, c.Root.Child("assignments"))
}

// assign gives a presence configuration to users.
func (d *deployer) assign(config string, assignments *metadata.Element) error {
	if assignments.Child("profiles") != nil {
		return metadata.Problemf("Presence configurations cannot be assigned to profiles in this org: assign them to users")
	}
	users, err := d.users(assignments.Child("users").Texts("user"))
	if err != nil {
		return err
	}
	for _, user := range users {
		for _, link := range d.t.where("PresenceUserConfigUser", "UserId", user) {
			if link.str("PresenceUserConfigId") == config {
				continue
			}
			if err := d.t.remove(link.ID()); err != nil {
				return err
			}
		}
	}
	return d.link("PresenceUserConfigUser", "PresenceUserConfigId", config, "UserId", users)
}

// users finds users by name.
func (d *deployer) users(names []string) ([]string, error) {
	var ids []string
	for _, name := range names {
		id, err := d.refer("user", "User", "User", name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// queue makes a queue with what it may own, how it routes and who is in it.
func (d *deployer) queue(c *metadata.Component) (string, error) {
	config, err := d.refer("queueRoutingConfig", "QueueRoutingConfig", "QueueRoutingConfig", c.Get("queueRoutingConfig"))
	if err != nil {
		return "", err
	}
	row := Row{"Name": c.Get("name"), "Type": "Queue", "DoesSendEmailToMembers": c.Get("doesSendEmailToMembers") == "true",
		"DoesIncludeBosses": c.Get("doesIncludeBosses") == "true", "QueueRoutingConfigId": config}
	if email := c.Get("email"); email != "" {
		row["Email"] = email
	}
	id, err := d.upsert("Group", c.Name, row)
	if err != nil {
		return "", err
	}
	var objects []string
	for _, link := range c.Root.All("queueSobject") {
		name := link.Get("sobjectType")
		ob := d.o.schema.object(name)
		if ob == nil || ob.field("OwnerId") == nil {
			return "", missing("sobjectType", "CustomObject", name)
		}
		objects = append(objects, ob.name)
	}
	if err := d.link("QueueSobject", "QueueId", id, "SobjectType", objects); err != nil {
		return "", err
	}
	return id, d.members(id, c.Root.Child("queueMembers"))
}

// members sets who is in a queue. A queue that says nothing of members keeps
// those it has: people add them in Setup.
func (d *deployer) members(queue string, members *metadata.Element) error {
	if members == nil {
		return nil
	}
	for _, other := range members.Children {
		if other.Name != "users" {
			return metadata.Problemf("Queue members can only be users in this org, not %s", other.Name)
		}
	}
	users, err := d.users(members.Child("users").Texts("user"))
	if err != nil {
		return err
	}
	return d.link("GroupMember", "GroupId", queue, "UserOrGroupId", users)
}
