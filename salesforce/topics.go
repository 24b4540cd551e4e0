package salesforce

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// The streaming channels of the daemon's PushTopics.
const (
	PSRChannel      = "/topic/OmnibridgePSR"
	WorkChannel     = "/topic/OmnibridgeWork"
	PresenceChannel = "/topic/OmnibridgePresence"
)

// Channels returns the streaming channels to subscribe to.
func Channels() []string { return []string{PSRChannel, WorkChannel, PresenceChannel} }

// topic is a PushTopic that the daemon needs.
type topic struct {
	channel string
	query   string
	what    string // for the admin who finds it in the org
	deletes bool   // whether deletions matter
}

// topics are narrow, since every event counts against the org's daily
// allowance. They notify when a field of the query changes: for a PSR that is
// every change, since Serial is among them; for presence it spares the updates
// that only recount capacity (salesforce-omni 1.3).
//
// AgentWork is not filtered by routing model: a transfer from agent to agent
// makes one without a PSR, and it shows nowhere else (salesforce-omni 3.3).
var topics = []topic{
	{PSRChannel, "SELECT " + psrFields + " FROM PendingServiceRouting WHERE " + inExternalRouting, "Work that waits for external routing", true},
	{WorkChannel, "SELECT " + workFields + " FROM AgentWork", "What becomes of work that was pushed to agents", false},
	{PresenceChannel, "SELECT " + presenceFields + " FROM UserServicePresence", "Which agents are available", false},
}

func (t topic) name() string { return strings.TrimPrefix(t.channel, "/topic/") }

// topicRow is a PushTopic as the org tells it, and as it is written.
type topicRow struct {
	ID          string  `json:"Id,omitempty"`
	Name        string  `json:"Name,omitempty"`
	Query       string  `json:"Query"`
	Version     float64 `json:"ApiVersion"`
	Active      bool    `json:"IsActive"`
	Fields      string  `json:"NotifyForFields"`
	Create      bool    `json:"NotifyForOperationCreate"`
	Update      bool    `json:"NotifyForOperationUpdate"`
	Delete      bool    `json:"NotifyForOperationDelete"`
	Undelete    bool    `json:"NotifyForOperationUndelete"`
	Description string  `json:"Description,omitempty"`
}

// row is the topic as it should be in the org.
func (t topic) row(version float64) topicRow {
	return topicRow{Name: t.name(), Query: t.query, Version: version, Active: true, Fields: "Referenced",
		Create: true, Update: true, Delete: t.deletes, Undelete: true, Description: t.what + " (Omnibridge)"}
}

// TopicChange says what Topics did about one topic.
type TopicChange struct {
	Name string
	What string // "created", "updated" or "unchanged"
}

// Topics makes sure that the org has the daemon's PushTopics as this version
// needs them: it creates those that are missing and corrects those that
// differ. The integration user needs Read, Create and Edit on PushTopic.
func (o *Org) Topics(ctx context.Context) ([]TopicChange, error) {
	have, err := o.readTopics(ctx)
	if err != nil {
		return nil, err
	}
	version, err := o.topicVersion()
	if err != nil {
		return nil, err
	}
	var changes []TopicChange
	for _, t := range topics {
		change, err := o.ensure(ctx, t.row(version), have[t.name()])
		if err != nil {
			return changes, fmt.Errorf("PushTopic %s: %w", t.name(), err)
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (o *Org) readTopics(ctx context.Context) (map[string]topicRow, error) {
	var names []string
	for _, t := range topics {
		names = append(names, t.name())
	}
	rows, err := Query[topicRow](ctx, o.client, "SELECT Id, Name, Query, ApiVersion, IsActive, NotifyForFields, NotifyForOperationCreate, NotifyForOperationUpdate, NotifyForOperationDelete, NotifyForOperationUndelete FROM PushTopic WHERE Name IN "+QuoteList(names))
	if err != nil {
		return nil, err
	}
	have := map[string]topicRow{}
	for _, r := range rows {
		have[r.Name] = r
	}
	return have, nil
}

// topicVersion returns the API version as PushTopics have it.
func (o *Org) topicVersion() (version float64, err error) {
	if _, err := fmt.Sscan(o.client.opt.Version, &version); err != nil {
		return 0, fmt.Errorf("API version: %w", err)
	}
	return version, nil
}

// change tells what it takes to make a topic what it should be.
func (want topicRow) change(have topicRow) TopicChange {
	if have.ID == "" {
		return TopicChange{want.Name, "created"}
	}
	have.ID, have.Description = "", want.Description
	if have == want {
		return TopicChange{want.Name, "unchanged"}
	}
	return TopicChange{want.Name, "updated"}
}

// ensure makes one topic what it should be.
func (o *Org) ensure(ctx context.Context, want, have topicRow) (TopicChange, error) {
	change := want.change(have)
	switch change.What {
	case "created":
		return o.createTopic(ctx, want)
	case "updated":
		want.Name = "" // it is the key, and need not be sent
		return change, o.client.Update(ctx, "PushTopic", have.ID, want)
	}
	return change, nil
}

// createTopic creates a topic. Another daemon may be at the same, and a reply
// may be lost: what counts is that the topic is there.
func (o *Org) createTopic(ctx context.Context, want topicRow) (TopicChange, error) {
	_, err := o.client.Create(ctx, "PushTopic", want)
	e, answered := errors.AsType[*APIError](err)
	_, unknown := errors.AsType[*UnknownOutcomeError](err)
	if err == nil || !unknown && (!answered || e.Code() != "DUPLICATE_VALUE") {
		return TopicChange{want.Name, "created"}, err
	}
	have, readErr := o.readTopics(ctx)
	if readErr != nil {
		return TopicChange{}, errors.Join(err, readErr)
	}
	if have[want.Name].ID == "" {
		return TopicChange{}, err
	}
	return TopicChange{want.Name, "created"}, nil
}
