package streaming

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Positions of a subscription that are not replay IDs.
const (
	ReplayNew int64 = -1 // only events published from now on
	ReplayAll int64 = -2 // everything the server retains: 24 h of PushTopics, 72 h of CDC
)

// NoReplay is the Replay of an event that carries none, and what Cursor
// returns for a channel without a position.
const NoReplay int64 = -1

// TokenSource yields the credentials of a request. It is asked before every
// request, so it should keep a token while it is good. Safe for concurrent use.
type TokenSource interface {
	// Token returns an access token and the URL of the org's instance. An error
	// with a method Retryable() bool that returns true, or one from the network,
	// is retried with ordinary backoff; after any other the next attempt waits at
	// least 30 s, so as not to lock the user out. Its text is logged and shown.
	Token(ctx context.Context) (token, instanceURL string, err error)
	// Invalidate says that the server refused this token. It must not drop a
	// newer one.
	Invalidate(token string)
}

// Renewer is a TokenSource that others use as well, and that can tell when one of
// them has got a new token. After an authentication failure the client then goes on
// with that, instead of waiting until it may log in itself.
type Renewer interface {
	TokenSource
	// Renewed returns a channel that is closed when the source holds a token other
	// than this one, by whomever it was asked for. It causes no login. Safe for
	// concurrent use.
	Renewed(refused string) <-chan struct{}
}

// Fallback says where a channel goes on when its replay ID is refused.
type Fallback string

const (
	// FallbackRetained takes everything the server retains (-2), and only new
	// events (-1) if that is refused as well. The default.
	FallbackRetained Fallback = "retained"
	// FallbackNew takes only new events. For busy channels, since every retained
	// event counts against the org's daily allowance again.
	FallbackNew Fallback = "new"
)

// Channel is one subscription.
type Channel struct {
	Name     string   // as subscribed: /topic/Name, /topic/Name?Field=value, /data/CaseChangeEvent, /event/Name__e, /u/Name
	Fallback Fallback // "" means FallbackRetained
	// Optional says that the stream is whole without the channel: while it is
	// refused the link is up all the same, and Status.Without tells.
	Optional bool
}

// Event is one event as it came.
type Event struct {
	Channel  string          // Channel.Name of the subscription
	Replay   int64           // position after which to resume; NoReplay if the event has none
	Data     json.RawMessage // member "data"; shares memory with its batch, so clone it to keep it for long
	Received time.Time       // when the reply that held it was complete
}

// GapKind says why events may be missing.
type GapKind string

const (
	// GapRefused means Salesforce no longer knows the replay ID (expired, or
	// from before an org migration).
	GapRefused GapKind = "replay refused"
	// GapNoCursor means there was no position to resume from, so that the
	// channel now starts with new events.
	GapNoCursor GapKind = "no cursor"
	// GapOversized means that one reply was larger than the client reads. It would
	// be as large again from the same position, so its events are passed over.
	GapOversized GapKind = "reply too large"
)

// Gap says that events of a channel may be missing: query the records instead.
type Gap struct {
	Kind    GapKind
	Refused int64 // the refused replay ID; NoReplay but with GapRefused
	From    int64 // where the subscription goes on: ReplayAll or ReplayNew
}

// Link is the state of the connection in one word.
type Link string

const (
	LinkConnecting Link = "connecting" // a session is being built, and nothing failed twice in a row
	LinkUp         Link = "up"         // handshake, all channels confirmed, connect replies arrive in time
	LinkDegraded   Link = "degraded"   // a session is alive, but a channel is refused or the owner is slow
	LinkDown       Link = "down"       // no session, after repeated or lasting failure; or Run has ended
)

// Status is what a person should know about the connection.
type Status struct {
	Link   Link
	Cause  string    // stable word for the last fault, as "unknown-client"; "" when up
	Reason string    // what the server or the network said
	Hint   string    // what a person can do about it; "" if nothing is asked
	Until  time.Time // when the next attempt is due, if the link is down
	// Without is an optional channel that is refused, and why; "" if none is.
	Without string
}

// Options configures a Client. TokenSource, APIVersion, Channels, Cursor and
// Deliver are required.
type Options struct {
	TokenSource TokenSource
	APIVersion  string // as "67.0"
	Channels    []Channel

	// Cursor returns the durable position of a channel, NoReplay (-1) if there is
	// none. It is called before each subscribe.
	Cursor func(ctx context.Context, channel string) (int64, error)

	// Deliver returns nil when the batch is durable. Meanwhile the next poll is under
	// way, and what that brings waits; then nothing is asked for until Deliver has
	// returned. Salesforce drops a session that does not poll for 40 s, which costs
	// a new handshake but no events. After an error the same events are delivered
	// again, from Cursor.
	Deliver func(ctx context.Context, batch []Event) error

	// OnGap is called when events of a channel may be missing, after the new
	// subscription stands and before later events of that channel are delivered.
	// The owner queries what it missed and voids its cursor. After an error the
	// session is given up and the gap is reported again. Nil ignores gaps.
	OnGap func(ctx context.Context, channel string, gap Gap) error

	// OnLink is told each change of the link. It must not block. Nil ignores it.
	OnLink func(Status)

	Logger    *slog.Logger  // default: discard
	HTTP      *http.Client  // its Transport is used, nothing else; default: a transport made for long polls
	Slack     time.Duration // grace on top of the server's poll timeout; default 20 s
	UserAgent string        // default "omnibridge"
}

// maxChannels and maxChannelName bound what a subscribe can weigh: Salesforce
// refuses requests above 32,768 bytes.
const (
	maxChannels    = 100
	maxChannelName = 1024
)

var apiVersionForm = regexp.MustCompile(`^[1-9][0-9]\.0$`)

// withDefaults returns o completed, or every fault of o at once.
func (o Options) withDefaults() (Options, error) {
	var faults []error
	complain := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf(format, args...))
	}
	if o.TokenSource == nil {
		complain("TokenSource is missing: streaming cannot log in without one")
	}
	if o.Cursor == nil {
		complain("Cursor is missing: streaming reads the position of each channel from it")
	}
	if o.Deliver == nil {
		complain("Deliver is missing: streaming hands its events to it")
	}
	if !apiVersionForm.MatchString(o.APIVersion) {
		complain("APIVersion %q is not a version such as \"67.0\"", o.APIVersion)
	}
	if o.Slack < 0 {
		complain("Slack must not be negative")
	}
	o.Channels = append([]Channel(nil), o.Channels...)
	faults = append(faults, checkChannels(o.Channels)...)
	if len(faults) > 0 {
		return o, fmt.Errorf("streaming options: %w", errors.Join(faults...))
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnLink == nil {
		o.OnLink = func(Status) {}
	}
	if o.OnGap == nil {
		o.OnGap = func(context.Context, string, Gap) error { return nil }
	}
	o.Slack = cmp.Or(o.Slack, 20*time.Second)
	o.UserAgent = cmp.Or(o.UserAgent, "omnibridge")
	return o, nil
}

// checkChannels fills in defaults and returns what is wrong.
func checkChannels(channels []Channel) (faults []error) {
	if len(channels) == 0 || len(channels) > maxChannels {
		faults = append(faults, fmt.Errorf("%d channels given: name 1 to %d", len(channels), maxChannels))
	}
	seen := map[string]bool{}
	for i := range channels {
		c := &channels[i]
		key := replayKey(c.Name)
		switch {
		case !strings.HasPrefix(c.Name, "/") || strings.HasPrefix(c.Name, "/meta/") || len(c.Name) > maxChannelName:
			faults = append(faults, fmt.Errorf("channel %q: a name starts with a slash, not with /meta/, and has at most %d bytes", c.Name, maxChannelName))
		case seen[key]:
			faults = append(faults, fmt.Errorf("channel %q: %s is given twice; a channel has one position", c.Name, key))
		}
		seen[key] = true
		switch c.Fallback {
		case "":
			c.Fallback = FallbackRetained
		case FallbackRetained, FallbackNew:
		default:
			faults = append(faults, fmt.Errorf("channel %q: fallback %q is not %q or %q", c.Name, c.Fallback, FallbackRetained, FallbackNew))
		}
	}
	return faults
}

// replayKey is a channel without its filter: the name that replay maps use, and
// that events may echo (salesforce-apis 3.3).
func replayKey(channel string) string {
	key, _, _ := strings.Cut(channel, "?")
	return key
}
