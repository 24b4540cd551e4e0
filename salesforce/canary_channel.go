package salesforce

import (
	"context"
	"errors"
	"net/http"
)

// CanaryChannel is the generic streaming channel by which the daemon proves that
// events are delivered to it: what is pushed to it must come back on the stream.
const CanaryChannel = "/u/Omnibridge"

// CanaryNeeds says, for people, what the org must give the integration user for
// CanaryChannel.
const CanaryNeeds = "the integration user needs Read and Create on Streaming Channels (StreamingChannel); then run setup"

// canaryRow is CanaryChannel as it is written to the org.
type canaryRow struct {
	ID          string `json:"Id,omitempty"`
	Name        string `json:"Name"`
	Description string `json:"Description,omitempty"`
}

// PlanCanary tells what [Org.EnsureCanary] would do, in its words, and changes
// nothing.
func (o *Org) PlanCanary(ctx context.Context) (TopicChange, error) {
	id, err := o.readCanary(ctx)
	switch {
	case err != nil:
		return TopicChange{}, err
	case id == "":
		return TopicChange{CanaryChannel, "created"}, nil
	}
	return TopicChange{CanaryChannel, "unchanged"}, nil
}

// EnsureCanary makes sure that the org has CanaryChannel. It costs one API call, and
// two where the channel is missing.
func (o *Org) EnsureCanary(ctx context.Context) (TopicChange, error) {
	change, err := o.PlanCanary(ctx)
	if err != nil || change.What == "unchanged" {
		return change, err
	}
	_, err = o.client.Create(ctx, "StreamingChannel", canaryRow{Name: CanaryChannel, Description: "Proves that events are delivered (Omnibridge)"})
	e, answered := errors.AsType[*APIError](err)
	_, unknown := errors.AsType[*UnknownOutcomeError](err)
	if err != nil && !unknown && (!answered || e.Code() != "DUPLICATE_VALUE") {
		return change, err
	}
	// Another daemon may be at the same, and a reply may be lost: what counts is that
	// the channel is there.
	id, readErr := o.readCanary(ctx)
	if readErr == nil && id == "" {
		readErr = err
	}
	return change, readErr
}

// readCanary returns the id of the channel, "" if there is none, and remembers it.
func (o *Org) readCanary(ctx context.Context) (id string, err error) {
	rows, err := Query[canaryRow](ctx, o.client, "SELECT Id, Name FROM StreamingChannel WHERE Name = "+Quote(CanaryChannel))
	if err != nil {
		return "", err
	}
	for _, r := range rows {
		if r.Name == CanaryChannel && isID(r.ID) {
			id = r.ID
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.canary = id
	return id, nil
}

// pushCanary publishes an event on the channel, for one API call; where the channel
// is not known it is made sure of first. Only a refusal is an *APIError that is not
// Retryable.
func (o *Org) pushCanary(ctx context.Context, payload string) error {
	id := o.canaryID()
	if id == "" {
		if _, err := o.EnsureCanary(ctx); err != nil {
			return err
		}
		id = o.canaryID()
	}
	type event struct {
		Payload string   `json:"payload"`
		Users   []string `json:"userIds"` // none: everybody who is subscribed
	}
	_, err := o.client.do(ctx, "push a canary", http.MethodPost, "sobjects/StreamingChannel/"+id+"/push", map[string]any{
		"pushEvents": []event{{Payload: payload, Users: []string{}}},
	})
	if _, refused := errors.AsType[*APIError](err); refused {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.canary = "" // it may have been deleted and made anew
	}
	return err
}

func (o *Org) canaryID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.canary
}
