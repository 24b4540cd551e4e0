package mockorg

import (
	"fmt"
	"strings"
)

// seeder puts a seed's records into an org and remembers ids by name.
type seeder struct {
	t   *tx
	ids map[string]string // "status busy" to id
	err error             // the first failure; everything after it is skipped
}

// plant fills a new org with a seed. What it does is no part of the history.
func (o *Org) plant(s *Seed) error {
	if s == nil {
		s = new(DefaultSeed())
	}
	if err := s.validate(); err != nil {
		return err
	}
	for _, ch := range s.Channels {
		if !workItemObjects[ch.Object] {
			return fmt.Errorf("seed refused: channel %s routes %s, which this org cannot route", ch.DeveloperName, ch.Object)
		}
	}
	if err := o.change("", s.load); err != nil {
		return err
	}
	o.chronicle = newChronicle()
	return nil
}

// load inserts the seed's records in the order of the seed. The seed has been
// validated.
func (s Seed) load(t *tx) error {
	l := &seeder{t: t, ids: map[string]string{}}
	if !s.hasUser(automatedProcess) {
		s.Users = append(s.Users[:len(s.Users):len(s.Users)], SeedUser{
			Username: automatedProcess, FirstName: "Automated", LastName: "Process", Alias: "autoproc", UserType: "AutomatedProcess"})
	}
	for i, u := range s.Users {
		if strings.EqualFold(u.Username, automatedProcess) {
			t.user = makeID("005", uint64(i)+1) // everything is made by the org itself, this user too
		}
	}
	t.o.omni.robot.Store(new(t.user))
	l.users(s)
	for _, ch := range s.Channels {
		model := ch.CapacityModel
		if model == "" {
			model = "TabBased"
		}
		l.insert("ServiceChannel", "channel", ch.DeveloperName, Row{
			"DeveloperName": ch.DeveloperName, "MasterLabel": label(ch.Label, ch.DeveloperName), "RelatedEntity": ch.Object,
			"CapacityModel": model, "HasAutoAcceptEnabled": ch.AutoAccept,
		})
	}
	for _, st := range s.Statuses {
		id := l.insert("ServicePresenceStatus", "status", st.DeveloperName, Row{
			"DeveloperName": st.DeveloperName, "MasterLabel": label(st.Label, st.DeveloperName)})
		for _, ch := range st.Channels {
			l.insert("ServiceChannelStatus", "", "", Row{"ServicePresenceStatusId": id, "ServiceChannelId": l.id("channel", ch)})
		}
	}
	l.queues(s)
	l.agents(s)
	l.insert("MessagingChannel", "", "", Row{"DeveloperName": "Web_Chat", "MasterLabel": "Web Chat", "MessageType": "EmbeddedMessaging"})
	if l.err != nil {
		return fmt.Errorf("load seed: %w", l.err)
	}
	return nil
}

// insert adds one record and files its id under what and name.
func (l *seeder) insert(object, what, name string, fields Row) string {
	if l.err != nil {
		return ""
	}
	id, err := l.t.insert(object, fields)
	if err != nil {
		l.err = err
		return ""
	}
	if what != "" {
		l.ids[what+" "+strings.ToLower(name)] = id
	}
	return id
}

// id finds a record by what it is and its name; empty for an empty name.
func (l *seeder) id(what, name string) string { return l.ids[what+" "+strings.ToLower(name)] }

// users inserts the organization, the profiles and the people.
func (l *seeder) users(s Seed) {
	l.insert("Organization", "", "", Row{"Name": s.Name, "InstanceName": "MK0", "OrganizationType": "Developer Edition"})
	profiles := map[bool]string{
		false: l.insert("Profile", "", "", Row{"Name": "System Administrator"}),
		true:  l.insert("Profile", "", "", Row{"Name": "Service Agent"}),
	}
	for _, u := range s.Users {
		local, _, _ := strings.Cut(u.Username, "@")
		alias := u.Alias
		if alias == "" {
			alias = local[:min(len(local), 8)]
		}
		kind := u.UserType
		if kind == "" {
			kind = "Standard"
		}
		l.insert("User", "user", u.Username, Row{
			"Username": u.Username, "FirstName": u.FirstName, "LastName": u.LastName, "Email": u.Username, "Alias": alias,
			"IsActive": true, "UserType": kind, "ProfileId": profiles[u.Agent != nil],
		})
	}
}

func (s Seed) hasUser(username string) bool {
	for _, u := range s.Users {
		if strings.EqualFold(u.Username, username) {
			return true
		}
	}
	return false
}

// queues inserts the routing configurations and the queues with what they may
// own and who is in them.
func (l *seeder) queues(s Seed) {
	for _, r := range s.Routings {
		row := Row{
			"DeveloperName": r.DeveloperName, "MasterLabel": label(r.Label, r.DeveloperName), "RoutingModel": r.Model,
			"RoutingPriority": r.Priority, "PushTimeout": r.PushTimeout,
		}
		if r.CapacityWeight != 0 {
			row["CapacityWeight"] = r.CapacityWeight
		}
		if r.CapacityPercentage != 0 {
			row["CapacityPercentage"] = r.CapacityPercentage
		}
		l.insert("QueueRoutingConfig", "routing", r.DeveloperName, row)
	}
	for _, q := range s.Queues {
		id := l.insert("Group", "queue", q.DeveloperName, Row{
			"Name": label(q.Name, q.DeveloperName), "DeveloperName": q.DeveloperName, "Type": "Queue",
			"QueueRoutingConfigId": l.id("routing", q.Routing),
		})
		for _, object := range q.Objects {
			l.insert("QueueSobject", "", "", Row{"QueueId": id, "SobjectType": object})
		}
		members := q.Members
		if members == nil {
			for _, u := range s.Users {
				if u.Agent != nil {
					members = append(members, u.Username)
				}
			}
		}
		for _, name := range members {
			l.insert("GroupMember", "", "", Row{"GroupId": id, "UserOrGroupId": l.id("user", name)})
		}
	}
}

// agents inserts one presence configuration per agent, so that each can be set
// up alone, and the reasons for declining they all share.
func (l *seeder) agents(s Seed) {
	var reasons []string
	for _, reason := range s.DeclineReasons {
		reasons = append(reasons, l.insert("PresenceDeclineReason", "", "", Row{
			"DeveloperName": strings.ReplaceAll(reason, " ", "_"), "MasterLabel": reason}))
	}
	for _, u := range s.Users {
		if u.Agent == nil {
			continue
		}
		local, _, _ := strings.Cut(u.Username, "@")
		id := l.insert("PresenceUserConfig", "", "", Row{
			"DeveloperName": "Presence_" + local, "MasterLabel": "Presence of " + local, "Capacity": u.Agent.Capacity,
			"OptionsIsAutoAcceptEnabled": u.Agent.AutoAccept, "OptionsIsDeclineEnabled": u.Agent.Decline,
			"OptionsIsDeclineReasonEnabled": u.Agent.Decline && len(reasons) > 0,
			"PresenceStatusOnDeclineId":     l.id("status", u.Agent.StatusOnDecline),
			"PresenceStatusOnPushTimeoutId": l.id("status", u.Agent.StatusOnPushTimeout),
		})
		l.insert("PresenceUserConfigUser", "", "", Row{"PresenceUserConfigId": id, "UserId": l.id("user", u.Username)})
		for _, reason := range reasons {
			l.insert("PresenceConfigDeclineReason", "", "", Row{"PresenceUserConfigId": id, "PresenceDeclineReasonId": reason})
		}
	}
}
