package cometd

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

// Options is what a Server needs from the org around it. Clock is required; a
// zero in any other field means the default named there.
type Options struct {
	// Clock is the org's time.
	Clock *clock.Clock

	// Authenticate tells which user an Authorization header stands for. It is
	// called once per POST with the raw header, whose scheme may be Bearer, OAuth
	// or missing. Any error means that the token is not valid. Nil accepts
	// everybody who sends a header.
	Authenticate func(authorization string) (user string, err error)

	// Channel tells whether the user may subscribe to a channel, given without
	// its ?filter part. A *Refusal becomes the error of the subscribe reply; any
	// other error reads 403::Restricted channel and is logged. Nil allows all.
	Channel func(channel, user string) error

	// Filter checks the ?field=value conditions of a /topic/ subscription. A
	// *Refusal becomes the error of the subscribe reply. Nil allows all. Either
	// way an event passes when every named field of its data.sobject equals the
	// value, compared as text.
	Filter func(channel string, fields map[string]string) error

	ConnectTimeout time.Duration // how long a connect is held; default 110 s
	Gap            time.Duration // longest pause between a reply and the next connect; default 40 s
	CookieLife     time.Duration // life of the routing cookie; default 3 h

	// Retention is how long events of a channel can be replayed. Nil means 72 h
	// for /event/ and /data/, 24 h for everything else.
	Retention func(channel string) time.Duration

	MaxClients         int // concurrent clients, refused at handshake beyond; default 1,000, negative for no limit
	MaxDelivered       int // PushTopic and generic events delivered per 24 h; default 200,000, negative for no limit
	MaxDeliveredEvents int // platform and change events delivered per 24 h; default 25,000, negative for no limit

	MinVersion, MaxVersion int // API versions served; default 37 to 68

	Seed      uint64 // of the gaps between replay ids
	FaultSeed uint64 // what the chances of faults are drawn from (Fault.Probability)

	Log *slog.Logger // faults fired and sessions lost, at debug level; default discards
}

// Settings are the parts of the server's behaviour that may change while it
// runs. New takes the first ones from Options; the rest start as documented.
type Settings struct {
	ConnectTimeout time.Duration
	Gap            time.Duration
	CookieLife     time.Duration

	MaxClients         int // negative for no limit
	MaxDelivered       int // negative for no limit
	MaxDeliveredEvents int // negative for no limit

	MaxReply         int // events in one reply; 1,000
	MaxRetained      int // events kept for replay, over all topics; 100,000
	MaxRetainedBytes int // and their size; 64 MiB

	Contiguous        bool // replay ids without gaps
	AnyReplayID       bool // accept any id inside the retained range, not only ids of retained events
	ConnectFirst      bool // write the connect reply before the events
	NumericIDs        bool // answer message ids as numbers where they are digits
	EventsInSubscribe bool // deliver what waits in subscribe replies too

	AuthStatus int // HTTP status of replies to who has no good token, which no public source tells (salesforce-apis 7.6); 200
}

// Refusal is why a client may not subscribe to a channel, in Salesforce's terms.
type Refusal struct {
	Code          int    // 400, 403, 404
	Args          string // between the colons, usually empty: "denied_by_security_policy"
	Text          string // what follows
	FailureReason string // ext.sfdc.failureReason, if any
}

// Error is the Bayeux error string: code:args:text.
func (r *Refusal) Error() string { return fmt.Sprintf("%d:%s:%s", r.Code, r.Args, r.Text) }

func (o Options) withDefaults() (Options, error) {
	if o.Clock == nil {
		return o, errors.New("cometd: Options.Clock is missing; pass the org's clock")
	}
	if o.Authenticate == nil {
		o.Authenticate = func(string) (string, error) { return "", nil }
	}
	if o.Channel == nil {
		o.Channel = func(string, string) error { return nil }
	}
	if o.Filter == nil {
		o.Filter = func(string, map[string]string) error { return nil }
	}
	if o.Retention == nil {
		o.Retention = retention
	}
	orDefault(&o.ConnectTimeout, 110*time.Second)
	orDefault(&o.Gap, 40*time.Second)
	orDefault(&o.CookieLife, 3*time.Hour)
	orDefault(&o.MaxClients, 1_000)
	orDefault(&o.MaxDelivered, 200_000)
	orDefault(&o.MaxDeliveredEvents, 25_000)
	orDefault(&o.MinVersion, 37)
	orDefault(&o.MaxVersion, 68)
	orDefault(&o.Log, slog.New(slog.DiscardHandler))
	return o, o.settings().validate()
}

func orDefault[T comparable](field *T, value T) {
	if zero := *new(T); *field == zero {
		*field = value
	}
}

func (o Options) settings() Settings {
	return Settings{
		ConnectTimeout: o.ConnectTimeout, Gap: o.Gap, CookieLife: o.CookieLife,
		MaxClients: o.MaxClients, MaxDelivered: o.MaxDelivered, MaxDeliveredEvents: o.MaxDeliveredEvents,
		MaxReply: 1_000, MaxRetained: 100_000, MaxRetainedBytes: 64 << 20, AuthStatus: http.StatusOK,
	}
}

func (s Settings) validate() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"ConnectTimeout", s.ConnectTimeout > 0}, {"Gap", s.Gap > 0}, {"CookieLife", s.CookieLife > 0},
		{"MaxReply", s.MaxReply > 0}, {"MaxRetained", s.MaxRetained > 0}, {"MaxRetainedBytes", s.MaxRetainedBytes > 0},
	} {
		if !f.ok {
			return fmt.Errorf("cometd: %s must be above zero", f.name)
		}
	}
	if s.AuthStatus < 200 || s.AuthStatus > 599 {
		return fmt.Errorf("cometd: AuthStatus is %d: use an HTTP status from 200 to 599", s.AuthStatus)
	}
	return nil
}

// retention is what Salesforce keeps (salesforce-apis 3.3).
func retention(channel string) time.Duration {
	if eventBus(channel) {
		return 72 * time.Hour
	}
	return 24 * time.Hour
}

// eventBus tells platform and change events from PushTopic and generic ones:
// they are kept longer and counted apart (salesforce-apis 3.7).
func eventBus(channel string) bool {
	return strings.HasPrefix(channel, "/event/") || strings.HasPrefix(channel, "/data/")
}
