package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/streaming"
)

const (
	// MaxRecords bounds the records of one object whose events are looked for. They
	// are the oldest ones, since a replay begins with the oldest events.
	MaxRecords = 50
	// MaxEvents bounds the events that are taken, but for the rest of the reply that
	// reaches it: each counts in the org's daily allowance.
	MaxEvents = 5_000

	topicPrefix = "/topic/"
	// retained is how far back records are looked for: an hour less than the shorter
	// of the two retentions, of PushTopics (salesforce-apis 3.7).
	retained = 23 * time.Hour
	// settling is how long after a topic was changed the org may still follow the
	// old one (a guess, on the safe side: it only delays a verdict).
	settling = time.Minute
	// connectWithin is how long the stream may take to come up, and listenWithin how
	// long all of it may.
	connectWithin = 20 * time.Second
	listenWithin  = 90 * time.Second
)

// objects are those whose events are needed, with the records that cause one for
// certain when they are created. Of PSRs that is only said of those that wait for
// us; one that Omni-Channel routes itself is none of the topic's business.
var objects = []struct{ name, where, channel string }{
	{"PendingServiceRouting", "RoutingModel = 'ExternalRouting' AND IsReadyForRouting = true AND ", salesforce.PSRChannel},
	{"AgentWork", "", salesforce.WorkChannel},
	{"UserServicePresence", "", salesforce.PresenceChannel},
}

// deliveries compares what the stream tells with what a query finds. Records are
// read first: what comes afterwards cannot be missed by the stream.
func (l *looker) deliveries(ctx context.Context) error {
	start, err := l.since(ctx)
	if err != nil {
		return err
	}
	hear := &listener{source: l.Source, news: make(chan struct{}, 1), wanted: map[string]map[string]bool{}, got: map[string]map[string]bool{}, unread: map[string]string{}}
	absent := l.absent()
	var subscribe []streaming.Channel
	for _, c := range l.Source.Channels() {
		if !absent[c.Name] {
			c.Fallback = streaming.FallbackRetained
			subscribe = append(subscribe, c)
			l.s.Stream.Channels = append(l.s.Stream.Channels, c.Name)
		}
	}
	for _, ob := range objects {
		d := Delivery{Object: ob.name, Since: start(ob.channel), Listened: !l.s.ByTopic || !absent[ob.channel]}
		records, err := l.created(ctx, ob.name, ob.where, d.Since)
		if refused, ok := errors.AsType[*salesforce.APIError](err); ok {
			l.s.Faults[Part(ob.name)] = Fault{refused.Code(), refused.Error()}
		} else if err != nil {
			return err
		}
		d.Records = len(records)
		if d.Listened {
			hear.wanted[ob.name] = records
		}
		l.s.Events = append(l.s.Events, d)
	}
	if len(subscribe) == 0 {
		return nil
	}
	cut, err := l.listen(ctx, hear, subscribe)
	if err != nil {
		return err
	}
	l.hear(hear, cut)
	return nil
}

// hear fills in what the listener heard.
func (l *looker) hear(h *listener, cut bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.s.Stream.Up, l.s.Stream.Reason, l.s.Stream.Hint = h.status.Link == streaming.LinkUp, h.status.Reason, h.status.Hint
	for i := range l.s.Events {
		d := &l.s.Events[i]
		d.Cut, d.Delivered, d.Missing = cut, len(h.got[d.Object]), len(h.wanted[d.Object])
		for channel, why := range h.unread {
			if !l.s.ByTopic || channel == objects[i].channel {
				d.Undecoded = why
			}
		}
	}
}

// absent returns the channels that are not there, since a dry run did not make
// their topics, or making them failed.
func (l *looker) absent() map[string]bool {
	list := map[string]bool{}
	_, failed := l.s.Faults[Topics]
	for _, c := range l.Source.Channels() {
		name, isTopic := strings.CutPrefix(c.Name, topicPrefix)
		i := slices.IndexFunc(l.s.Topics, func(t salesforce.TopicChange) bool { return t.Name == name })
		list[c.Name] = isTopic && (i < 0 && failed || i >= 0 && l.DryRun && l.s.Topics[i].What == "created")
	}
	return list
}

// since returns from which time on a channel has told of every new record: what
// is retained, but not from before its topic was as it is.
func (l *looker) since(ctx context.Context) (func(channel string) time.Time, error) {
	begin := l.s.At.Add(-retained)
	made := map[string]time.Time{}
	type row struct {
		Name    string
		Changed string `json:"LastModifiedDate"`
	}
	if l.s.ByTopic {
		var names []string
		for _, t := range l.s.Topics {
			names = append(names, t.Name)
		}
		if len(names) > 0 {
			rows, err := salesforce.Query[row](ctx, l.Client, "SELECT Name, LastModifiedDate FROM PushTopic WHERE Name IN "+salesforce.QuoteList(names))
			if err != nil {
				return nil, err
			}
			for _, r := range rows {
				at, err := time.Parse("2006-01-02T15:04:05Z0700", r.Changed)
				if err != nil {
					return nil, fmt.Errorf("PushTopic %s: LastModifiedDate %q is not a date-time", r.Name, r.Changed)
				}
				made[topicPrefix+r.Name] = at.Add(settling)
			}
		}
	}
	return func(channel string) time.Time {
		if at := made[channel]; at.After(begin) {
			return at
		}
		return begin
	}, nil
}

// created returns the ids of records that were made since.
func (l *looker) created(ctx context.Context, object, where string, since time.Time) (map[string]bool, error) {
	type row struct {
		ID string `json:"Id"`
	}
	rows, err := salesforce.Query[row](ctx, l.Client, fmt.Sprintf("SELECT Id FROM %s WHERE %sCreatedDate > %s ORDER BY CreatedDate LIMIT %d",
		object, where, since.UTC().Format("2006-01-02T15:04:05Z"), MaxRecords))
	ids := map[string]bool{}
	for _, r := range rows {
		ids[omnichannel.Long(r.ID)] = true
	}
	return ids, err
}

// listen takes what the stream retains until the listener has heard enough or the
// stream tells nothing more; cut tells that it ended with more to come.
func (l *looker) listen(ctx context.Context, h *listener, channels []streaming.Channel) (cut bool, err error) {
	client, err := streaming.New(streaming.Options{
		TokenSource: salesforce.StreamTokens{Source: l.Tokens}, APIVersion: l.Version, Channels: channels, Logger: l.Log,
		Cursor:  func(context.Context, string) (int64, error) { return streaming.ReplayAll, nil },
		Deliver: h.deliver, OnLink: h.link,
	})
	if err != nil {
		return false, err
	}
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, listenWithin)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.Run(ctx) // it ends with ctx, and for no other reason
	}()
	cut = h.wait(ctx, l.Quiet)
	cancel()
	<-ended
	return cut, context.Cause(parent)
}
