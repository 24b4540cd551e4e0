package mockorg

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

// Limits are the allowances of an org. Zero allows nothing; a limit that shall
// not matter is a large number. Days and hours are the org's time and begin with
// the first use; a real org's roll.
type Limits struct {
	// DailyRequests is how many API requests a day takes; further ones get 403
	// REQUEST_LIMIT_EXCEEDED, TotalRequests (salesforce-apis 2.6).
	DailyRequests int `json:"daily_requests"`
	// LongRequests is how many API requests may be at work for LongAfter or
	// longer; while there are that many, further ones get 403
	// REQUEST_LIMIT_EXCEEDED, ConcurrentRequests. Those that a fault keeps
	// waiting count; streaming does not.
	LongRequests int `json:"long_requests"`
	// LongAfter is when a request becomes a long one, in the machine's time as
	// all of a request's life is. Salesforce says 20 s.
	LongAfter Duration `json:"long_after"`
	// StreamingClients is how many may be connected; a further handshake gets
	// 403::Organization concurrent user limit exceeded (salesforce-apis 3.7).
	StreamingClients int `json:"streaming_clients"`
	// DeliveredTopicEvents is how many PushTopic and generic events are delivered
	// a day, DeliveredBusEvents how many platform and change events, each counted
	// once per client that gets it. Beyond, subscribing and connecting gets
	// 403::Organization total events daily limit exceeded; events stay retained.
	DeliveredTopicEvents int `json:"delivered_topic_events"`
	DeliveredBusEvents   int `json:"delivered_bus_events"`
	// PushTopics is how many the org may have; LIMIT_EXCEEDED beyond.
	PushTopics int `json:"push_topics"`
	// QueuedPerHour is how many work items may enter routing an hour, and
	// PendingRoutings how many PSRs may wait at one time, whoever routes them.
	// Beyond, the change that would queue an item fails with LIMIT_EXCEEDED, even
	// though it may be about something else to whoever makes it (salesforce-omni
	// 9); what the org itself would queue is left to its queue without a PSR.
	QueuedPerHour   int `json:"queued_per_hour"`
	PendingRoutings int `json:"pending_routings"`
}

// editions are the documented allowances (salesforce-apis 2.6 and 3.7,
// salesforce-omni 9). Those of Omni-Channel are published nowhere; the figures
// are the smallest that are told.
var editions = map[string]Limits{
	"developer": {DailyRequests: 15_000, LongRequests: 5, LongAfter: Duration(20 * time.Second), StreamingClients: 20,
		DeliveredTopicEvents: 10_000, DeliveredBusEvents: 10_000, PushTopics: 40, QueuedPerHour: 45_000, PendingRoutings: 200_000},
	"enterprise": {DailyRequests: 100_000, LongRequests: 25, LongAfter: Duration(20 * time.Second), StreamingClients: 1_000,
		DeliveredTopicEvents: 200_000, DeliveredBusEvents: 25_000, PushTopics: 50, QueuedPerHour: 45_000, PendingRoutings: 200_000},
	"unlimited": {DailyRequests: 100_000, LongRequests: 25, LongAfter: Duration(20 * time.Second), StreamingClients: 2_000,
		DeliveredTopicEvents: 1_000_000, DeliveredBusEvents: 50_000, PushTopics: 100, QueuedPerHour: 45_000, PendingRoutings: 200_000},
}

// Editions names those that EditionLimits knows.
func Editions() []string { return slices.Sorted(maps.Keys(editions)) }

// EditionLimits returns the allowances of an edition: developer, enterprise or
// unlimited. Daily requests are those without licences, each of which adds 1,000
// to enterprise and 5,000 to unlimited.
func EditionLimits(edition string) (Limits, error) {
	l, ok := editions[strings.ToLower(edition)]
	if !ok {
		return Limits{}, badRequest("edition %q is unknown: use %s", clip(edition), strings.Join(Editions(), ", "))
	}
	return l, nil
}

// DefaultLimits are those of an org whose Options name none: enterprise's, with
// only a developer org's 15,000 requests a day, so that a client that wastes them
// is noticed.
func DefaultLimits() Limits {
	l := editions["enterprise"]
	l.DailyRequests = editions["developer"].DailyRequests
	return l
}

func (l Limits) validate() error {
	var faults []string
	for _, n := range [...]struct {
		name  string
		value int
	}{
		{"daily_requests", l.DailyRequests}, {"long_requests", l.LongRequests}, {"streaming_clients", l.StreamingClients},
		{"delivered_topic_events", l.DeliveredTopicEvents}, {"delivered_bus_events", l.DeliveredBusEvents},
		{"push_topics", l.PushTopics}, {"queued_per_hour", l.QueuedPerHour}, {"pending_routings", l.PendingRoutings},
	} {
		if n.value < 0 {
			faults = append(faults, fmt.Sprintf("%s is %d: use zero or more", n.name, n.value))
		}
	}
	if l.LongAfter <= 0 {
		faults = append(faults, fmt.Sprintf("long_after is %v: use a time above zero", time.Duration(l.LongAfter)))
	}
	if len(faults) == 0 {
		return nil
	}
	return badRequest("limits refused, nothing changed: %s", strings.Join(faults, "; "))
}

// Limits returns the org's present allowances.
func (o *Org) Limits() Limits {
	l := o.usage.now()
	s := o.streaming.Settings() // where they can be set too
	l.StreamingClients, l.DeliveredTopicEvents, l.DeliveredBusEvents = s.MaxClients, s.MaxDelivered, s.MaxDeliveredEvents
	return l
}

// SetLimits changes the allowances. What was used counts: with less than that,
// every further use is refused until the day or hour is over or something ends;
// nothing that is there is taken away. On an error nothing changes.
func (o *Org) SetLimits(l Limits) error {
	if err := l.validate(); err != nil {
		return err
	}
	err := o.streaming.Set(func(s *cometd.Settings) {
		s.MaxClients, s.MaxDelivered, s.MaxDeliveredEvents = l.StreamingClients, l.DeliveredTopicEvents, l.DeliveredBusEvents
	})
	if err != nil {
		return fmt.Errorf("set limits: %w", err)
	}
	o.usage.mu.Lock()
	defer o.usage.mu.Unlock()
	o.usage.limits = l
	return nil
}

// LimitsUsed is how much of each of the Limits is used now.
type LimitsUsed struct {
	DailyRequests        int `json:"daily_requests"`
	LongRequests         int `json:"long_requests"`
	StreamingClients     int `json:"streaming_clients"`
	DeliveredTopicEvents int `json:"delivered_topic_events"`
	DeliveredBusEvents   int `json:"delivered_bus_events"`
	PushTopics           int `json:"push_topics"`
	QueuedPerHour        int `json:"queued_per_hour"`
	PendingRoutings      int `json:"pending_routings"`
}

// LimitsUsed returns how much of each allowance is used now.
func (o *Org) LimitsUsed() LimitsUsed {
	stream := o.streaming.Usage()
	o.mu.Lock()
	used := LimitsUsed{
		StreamingClients: stream.Clients, DeliveredTopicEvents: stream.Delivered, DeliveredBusEvents: stream.DeliveredEvents,
		PushTopics:      o.tables[o.schema.object("PushTopic")].live(),
		QueuedPerHour:   o.omni.queued.read(o.clock.Now(), time.Hour),
		PendingRoutings: o.tables[o.schema.object("PendingServiceRouting")].live(),
	}
	o.mu.Unlock()
	used.DailyRequests, _ = o.usage.read(o.clock.Now())
	used.LongRequests = o.usage.long()
	return used
}
