package salesforce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// OrgOptions says how effects become calls.
type OrgOptions struct {
	// Client makes the calls. It must be set.
	Client *Client
	// ClosedStatus is, by the developer name of a service channel with
	// status-based capacity, the value of its status field that ends the work,
	// e.g. "Closed" for cases. Without it the daemon cannot close what an agent
	// opened: Salesforce has no call for that (salesforce-omni 2).
	ClosedStatus map[vcc.Channel]string
}

// Org is the org in the vocabulary of package omnichannel: it carries out
// effects, reads the state that reconciling needs, and decodes events.
type Org struct {
	client *Client
	pushes *pushes
	closed map[vcc.Channel]string

	mu       sync.Mutex
	channels map[omnichannel.ChannelID]channelRow // as last read
	canary   string                               // id of CanaryChannel; "" if not known
}

// NewOrg checks the options and returns the org. It sends nothing.
func NewOrg(o OrgOptions) (*Org, error) {
	if o.Client == nil {
		return nil, errors.New("salesforce org: no client: make one with NewClient")
	}
	return &Org{client: o.Client, pushes: newPushes(o.Client), closed: o.ClosedStatus}, nil
}

// Identity returns the id of the org that the daemon is logged in to.
func (o *Org) Identity(ctx context.Context) (string, error) {
	tok, err := o.client.opt.Tokens.Token(ctx)
	if err != nil {
		return "", err
	}
	if tok.OrgID != "" {
		return tok.OrgID, nil
	}
	type orgRow struct {
		ID string `json:"Id"`
	}
	rows, err := Query[orgRow](ctx, o.client, "SELECT Id FROM Organization")
	if err != nil {
		return "", err
	}
	if len(rows) != 1 {
		return "", fmt.Errorf("the org tells %d organizations, not one", len(rows))
	}
	return omnichannel.Long(rows[0].ID), nil
}

// Carry carries out one effect and tells how it came out. It blocks until that
// is known, or known to be unknown: at most the client's timeout. Effects of
// one interaction must not overlap; others may.
func (o *Org) Carry(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
	out := omnichannel.Outcome{Effect: e, Result: omnichannel.Done}
	writes := false // idempotently: sending it again does no harm
	var err error
	switch e.Kind {
	case omnichannel.CreateWork:
		out.Work, err = o.createWork(ctx, e)
	case omnichannel.Look:
		out.Seen, err = o.look(ctx, e)
	case omnichannel.ReadPresence:
		out.Rows, err = o.presence(ctx, e.Agent)
	case omnichannel.ChangeOwner:
		writes, err = true, o.changeOwner(ctx, e)
	case omnichannel.DeclineWork:
		err = fmt.Errorf("%w: AgentWork %s can be declined in the agent's console only", ErrBadCall, e.Work)
	case omnichannel.CloseWork:
		writes, err = true, o.closeWork(ctx, e)
	default:
		err = fmt.Errorf("%w: effect %q is not known", ErrBadCall, e.Kind)
	}
	if err != nil {
		fail(&out, err, writes)
	}
	return out
}

// createWork pushes the work to the agent. The body is what all public
// examples send; capacity is the engine's business (salesforce-omni 2).
func (o *Org) createWork(ctx context.Context, e omnichannel.Effect) (omnichannel.AgentWorkID, error) {
	for name, id := range map[string]string{"agent": string(e.Agent), "PSR": string(e.PSR), "record": string(e.Record), "channel": string(e.Channel)} {
		if err := checkID(id); err != nil {
			return "", fmt.Errorf("create AgentWork: %s: %w", name, err)
		}
	}
	id, err := o.pushes.create(ctx, struct {
		Channel omnichannel.ChannelID `json:"ServiceChannelId"`
		Record  omnichannel.RecordID  `json:"WorkItemId"`
		User    vcc.AgentID           `json:"UserId"`
		PSR     omnichannel.PSRID     `json:"PendingServiceRoutingId"`
	}{e.Channel, e.Record, e.Agent, e.PSR})
	if err != nil {
		return "", fmt.Errorf("for %s: %w", e.PSR, err)
	}
	return omnichannel.AgentWorkID(omnichannel.Long(id)), nil
}

// presence reads an agent's current rows.
func (o *Org) presence(ctx context.Context, agent vcc.AgentID) ([]omnichannel.PresenceRow, error) {
	if err := checkID(string(agent)); err != nil {
		return nil, fmt.Errorf("read presence: agent: %w", err)
	}
	return readPresence(ctx, o.client, "UserId = "+Quote(string(agent))+" AND IsCurrentState = true")
}

// changeOwner gives the record to a queue.
func (o *Org) changeOwner(ctx context.Context, e omnichannel.Effect) error {
	if err := checkID(string(e.Queue)); err != nil {
		return fmt.Errorf("change owner of %s: queue: %w", e.Record, err)
	}
	ch, err := o.channel(ctx, e.Channel)
	if err != nil {
		return fmt.Errorf("change owner of %s: %w", e.Record, err)
	}
	return o.client.Update(ctx, ch.Entity, string(e.Record), map[string]any{"OwnerId": e.Queue})
}

// closeWork ends an opened AgentWork by the status of the record.
func (o *Org) closeWork(ctx context.Context, e omnichannel.Effect) error {
	ch, err := o.channel(ctx, e.Channel)
	if err != nil {
		return fmt.Errorf("close AgentWork %s: %w", e.Work, err)
	}
	status, ok := o.closed[vcc.Channel(ch.Name)]
	if !ok || ch.Model != "StatusBased" || ch.StatusField == "" {
		return &APIError{Errors: []ErrorItem{{Code: "CLOSE_NOT_SUPPORTED",
			Message: fmt.Sprintf("service channel %s gives no way to close AgentWork %s from outside", ch.Name, e.Work)}},
			Hint: "the agent closes it; or use status-based capacity and name the status that ends the work"}
	}
	return o.client.Update(ctx, ch.Entity, string(e.Record), map[string]any{ch.StatusField: status})
}

// fail fills in how an effect that failed came out.
func fail(out *omnichannel.Outcome, err error, writes bool) {
	out.Code, out.Message, out.RetryAfter = faultCode(err), faultText(err), retryIn(err)
	refused, answered := errors.AsType[*APIError](err)
	_, unknown := errors.AsType[*UnknownOutcomeError](err)
	_, limited := errors.AsType[*LimitError](err)
	_, noToken := errors.AsType[*AuthError](err)
	switch {
	case unknown:
		out.Result = omnichannel.Unknown
	case errors.Is(err, ErrBadCall), answered && !refused.Retryable:
		out.Result = omnichannel.Refused
	case limited, noToken:
		out.Result = omnichannel.Deferred
	case writes && (!answered || refused.class == outage || refused.class == noRoute):
		out.Result = omnichannel.Unknown
	default:
		// A read, or a create: one that may have been carried out came as an
		// UnknownOutcomeError.
		out.Result = omnichannel.Deferred
	}
}

// faultCode names a fault in one word: the org's own code, or a kind of ours.
func faultCode(err error) string {
	if e, ok := errors.AsType[*APIError](err); ok {
		return first(e.Code(), fmt.Sprintf("HTTP_%d", e.Status))
	}
	if _, ok := errors.AsType[*LimitError](err); ok {
		return "DAILY_LIMIT"
	}
	if _, ok := errors.AsType[*AuthError](err); ok {
		return "NO_TOKEN"
	}
	switch {
	case errors.Is(err, ErrBadCall):
		return "BAD_CALL"
	case errors.Is(err, context.DeadlineExceeded):
		return "TIMEOUT"
	case errors.Is(err, context.Canceled):
		return "CANCELED"
	default:
		return "NETWORK"
	}
}

// faultText is a fault for people, without the code that stands beside it.
func faultText(err error) string {
	e, ok := errors.AsType[*APIError](err)
	if !ok {
		return clip(err.Error())
	}
	text := e.root().Message
	if e.Hint != "" {
		text = first(text+" ("+e.Hint+")", e.Hint)
	}
	return clip(text)
}

// retryIn returns how long the fault itself asks to wait.
func retryIn(err error) time.Duration {
	if e, ok := errors.AsType[*APIError](err); ok {
		return e.RetryAfter
	}
	if e, ok := errors.AsType[*LimitError](err); ok {
		return max(time.Until(e.Until), 0)
	}
	if e, ok := errors.AsType[*AuthError](err); ok {
		return e.RetryAfter
	}
	return 0
}
