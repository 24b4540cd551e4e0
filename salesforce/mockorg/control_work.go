package mockorg

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// NewWork describes a work item to start.
type NewWork struct {
	// Object is the API name of a routed object, such as LiveChatTranscript,
	// MessagingSession, Case or Lead.
	Object string `json:"object"`
	// Queue is the developer name or the id of the queue it waits in.
	Queue string `json:"queue"`
	// Name of the customer, stored where the object has a place for it.
	Name string `json:"name,omitempty"`
	// Fields of the record, over those that the object's life prescribes.
	Fields Row `json:"fields,omitempty"`
}

// Work names a work item that was started.
type Work struct {
	ID   string `json:"id"`
	PSR  string `json:"psr"`  // its PendingServiceRouting; "" when the queue routes nothing
	Name string `json:"name"` // the record's own name or number
}

// AddWork starts a work item in a queue as its channel would: the visitor or
// end user first, then the record, whose queue makes the PSR.
func (o *Org) AddWork(w NewWork) (Work, error) {
	ob := o.schema.object(w.Object)
	if ob == nil || !workItemObjects[ob.name] {
		return Work{}, badRequest("object %q cannot be routed: use one of %s", w.Object, strings.Join(slices.Sorted(maps.Keys(workItemObjects)), ", "))
	}
	fields, err := ob.read(w.Fields)
	if err != nil {
		return Work{}, err
	}
	var made Work
	err = o.change(o.omni.itself(), func(t *tx) error {
		queue, err := findQueue(t, w.Queue)
		if err != nil {
			return err
		}
		if _, ok := channelOf(t, ob.name); !ok {
			return conflict("no service channel routes %s: create one, or add it to the seed", ob.name)
		}
		row, err := customer(t, ob, w.Name)
		if err != nil {
			return err
		}
		maps.Copy(row, mediumOf(ob.name).arrived(nil, t.now()))
		maps.Copy(row, fields)
		row["OwnerId"] = queue
		if made.ID, err = t.insert(ob.name, row); err != nil {
			if refused, ok := errors.AsType[*APIError](err); ok {
				return refused // one of the org's limits
			}
			return badRequest("start %s: %v", ob.name, err)
		}
		if psr, ok := t.first("PendingServiceRouting", is("WorkItemId", made.ID)); ok {
			made.PSR = psr.ID()
		}
		stored, _ := t.get(made.ID)
		made.Name = stored.str("Name") + stored.str("CaseNumber")
		return nil
	})
	return made, err
}

// customer makes the records that stand for whoever is at the other end and
// returns the fields by which the work item refers to them.
func customer(t *tx, ob *object, name string) (Row, error) {
	switch ob.name {
	case "LiveChatTranscript":
		key := fmt.Sprintf("chat-%s-%d", t.now().Format("20060102T150405"), t.o.tables[ob].seq+1)
		id, err := t.insert("LiveChatVisitor", Row{"SessionKey": key})
		return Row{"LiveChatVisitorId": id, "ChatKey": key}, err
	case "MessagingSession":
		row := Row{"ChannelType": "EmbeddedMessaging", "Origin": "InboundInitiated", "AgentType": "Agent", "PreviewDetails": name}
		user := Row{"Name": name, "MessageType": "EmbeddedMessaging"}
		if channels := t.where("MessagingChannel", "DeveloperName", "Web_Chat"); len(channels) > 0 {
			row["MessagingChannelId"], user["MessagingChannelId"] = channels[0]["Id"], channels[0]["Id"]
		}
		id, err := t.insert("MessagingEndUser", user)
		row["MessagingEndUserId"] = id
		return row, err
	case "Case":
		return Row{"SuppliedName": name}, nil
	case "Lead":
		if name == "" {
			name = "Unknown"
		}
		return Row{"LastName": name, "Company": name}, nil
	case "Account", "Contact":
		if name == "" {
			name = "Unknown"
		}
		return Row{map[string]string{"Account": "Name", "Contact": "LastName"}[ob.name]: name}, nil
	}
	return Row{}, nil
}

// LeaveWork is the customer going away: a waiting chat is missed, an alerting
// one canceled, an opened one ended by the visitor; a case is closed.
func (o *Org) LeaveWork(id string) error {
	return o.atWork(id, o.omni.leave)
}

// CloseWork ends a work item's life as a person would who edits the record: an
// opened one through the tab of the agent who has it, any other by its Status.
func (o *Org) CloseWork(id string) error {
	return o.atWork(id, func(t *tx, work Row) error {
		if opened := ofWork(t, work.ID(), "Opened"); len(opened) > 0 {
			for _, w := range opened {
				if err := o.omni.closeTab(t, w); err != nil {
					return err
				}
			}
			return nil
		}
		object := t.objectOf(work.ID())
		med := mediumOf(object)
		if len(med.over) == 0 {
			return conflict("a %s has no status that ends it: delete it or change its owner instead", object)
		}
		if med.isOver(work) {
			return conflict("%s %s is over already (%s)", object, work.ID(), work.str("Status"))
		}
		return t.set(work.ID(), med.missed(work, bySystem, t.now()))
	})
}

// OwnWork changes a work item's owner by hand: to a user (username or local
// part), a queue (developer name), or either by id.
func (o *Org) OwnWork(id, owner string) error {
	return o.atWork(id, func(t *tx, work Row) error {
		to, err := findOwner(t, owner)
		if err != nil {
			return err
		}
		return t.set(work.ID(), Row{"OwnerId": to})
	})
}

// DeleteWork deletes a work item by hand.
func (o *Org) DeleteWork(id string) error {
	return o.atWork(id, func(t *tx, work Row) error { return t.remove(work.ID()) })
}

// atWork runs a step on a work item that is there.
func (o *Org) atWork(id string, step func(*tx, Row) error) error {
	return o.change(o.omni.itself(), func(t *tx) error {
		work, ok := t.get(id)
		if !ok || !workItemObjects[t.objectOf(work.ID())] {
			return notFound("no work item has the id %q: take one that POST /mock/v1/work or a query gave", id)
		}
		return step(t, work)
	})
}

// findQueue finds a queue by developer name or id.
func findQueue(t *tx, name string) (string, error) {
	var found string
	var names []string
	t.each("Group", func(g Row) bool {
		if g.str("Type") != "Queue" {
			return true
		}
		names = append(names, g.str("DeveloperName"))
		if strings.EqualFold(g.str("DeveloperName"), name) {
			found = g.ID()
		}
		return found == ""
	})
	if row, ok := t.get(name); ok && found == "" && isQueue(row.ID()) {
		return row.ID(), nil
	}
	if found == "" {
		return "", notFound("no queue is called %q: there are %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

// findUser finds a user by username, local part of it, or id.
func findUser(t *tx, name string) (Row, error) {
	if row, ok := t.get(name); ok && t.objectOf(row.ID()) == "User" {
		return row, nil
	}
	if row, ok := t.first("User", is("Username", name)); ok {
		return row, nil
	}
	var found Row
	t.each("User", func(u Row) bool {
		username := u.str("Username")
		local, _, _ := strings.Cut(username, "@")
		if strings.EqualFold(username, name) || strings.EqualFold(local, name) {
			found = u
		}
		return found == nil
	})
	if found == nil {
		return nil, notFound("no user is called %q: give a username, its part before the @, or an id", name)
	}
	return found, nil
}

// findOwner finds a queue or a user by any of their names.
func findOwner(t *tx, name string) (string, error) {
	if id, err := findQueue(t, name); err == nil {
		return id, nil
	}
	user, err := findUser(t, name)
	if err != nil {
		return "", notFound("no user or queue is called %q: give a username, a queue's developer name, or an id", name)
	}
	return user.ID(), nil
}

// read brings values as Go or JSON has them into those that the fields store.
func (ob *object) read(values Row) (Row, error) {
	fields := make(Row, len(values))
	for name, value := range values {
		f := ob.field(name)
		if f == nil {
			return nil, badRequest("%s has no field %s: correct the name or leave it out", ob.name, name)
		}
		switch value.(type) {
		case string, json.Number:
			stored, refusal := f.parse(value)
			if refusal != nil {
				return nil, badRequest("%s.%s: %s", ob.name, f.name, refusal.Message)
			}
			fields[f.name] = stored
		default:
			stored, err := f.normal(value)
			if err != nil {
				return nil, badRequest("%s.%s: %v", ob.name, f.name, err)
			}
			fields[f.name] = stored
		}
	}
	return fields, nil
}
