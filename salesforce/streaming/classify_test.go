package streaming

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestRules holds the table against every row of salesforce-apis 3.5.
func TestRules(t *testing.T) {
	tests := []struct {
		on     request
		fault  string // member "error"
		reason string // ext.sfdc.failureReason
		advice string
		want   verdict
		do     remedy
		wait   time.Duration // at least
	}{
		{onConnect, "401::Authentication invalid", "", "none", authenticationInvalid, reauthenticate, 0},
		{onHandshake, "403::Handshake denied", "401::Authentication invalid", "none", authenticationInvalid, reauthenticate, 0},
		{onHandshake, "403::Handshake denied", "401::Request requires authentication", "none", noCredentials, reauthenticate, 0},
		{onConnect, "403::Unknown client", "", "handshake", unknownClient, rehandshake, 0},
		{onConnect, "403::Unknown client", "", "none", unknownClient, rehandshake, 0},
		{onSubscribe, "403::Unknown client", "", "handshake", unknownClient, rehandshake, 0},
		{onHandshake, "403::Handshake denied", "", "none", handshakeDenied, wait, time.Minute},
		{onHandshake, "403::Handshake denied", "403::Organization concurrent user limit exceeded", "none", concurrentLimit, wait, time.Minute},
		{onHandshake, "403::Handshake denied", "403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections", "none", throttled, wait, 2 * time.Minute},
		{onHandshake, "401::Authentication invalid", "503::Server is too busy.  Please try your request again later.", "none", serverBusy, wait, time.Minute},
		{onConnect, "401::Authentication invalid", "503::Server is too busy.  Please try your request again later.", "none", serverBusy, wait, time.Minute},
		{onSubscribe, "503::Server is too busy.  Please try your request again later.", "", "none", serverBusy, wait, time.Minute},
		{onSubscribe, "403::Organization total events daily limit exceeded", "", "", dailyLimit, wait, time.Hour},
		{onConnect, "403::Organization total events daily limit exceeded", "", "none", dailyLimit, wait, time.Hour},
		{onSubscribe, "403:denied_by_security_policy:create_denied", "", "", channelDenied, config, 5 * time.Minute},
		{onSubscribe, "403::Cannot create channel /topic/Nix", "", "", channelDenied, config, 5 * time.Minute},
		{onSubscribe, "403::Restricted channel", "", "", channelRestricted, config, 5 * time.Minute},
		{onSubscribe, "403::User not enabled for streaming", "", "", userNotEnabled, config, 5 * time.Minute},
		{onHandshake, "403::Handshake denied", "403::User not enabled for streaming", "none", userNotEnabled, config, 5 * time.Minute},
		{onSubscribe, "403::User not allowed to subscribe CDC without View All Data permissions", "", "", userNotAllowed, config, 5 * time.Minute},
		{onSubscribe, "403::Subscriber does not have access to the entity in this topic", "", "", entityNoAccess, config, 5 * time.Minute},
		{onSubscribe, "403::Subscription limit exceeded for this topic", "", "", topicLimit, config, 5 * time.Minute},
		{onSubscribe, "403::Client has not completed handshake", "", "", noHandshake, bug, time.Minute},
		{onHandshake, "400::API version in the URI is mandatory. URI format: '/cometd/67.0'", "", "", apiVersion, config, 5 * time.Minute},
		{onHandshake, "400::Unsupported API version. Supported versions are 37.0 and later", "", "", apiVersion, config, 5 * time.Minute},
		{onConnect, "400::Invalid connection type carrier-pigeon", "", "", badRequest, bug, time.Minute},
		{onSubscribe, "400::Channel name not specified", "", "", badChannelName, bug, time.Hour},
		{onSubscribe, "400::Channel subscriptions must start with a leading '/'", "", "", badChannelName, bug, time.Hour},
		{onSubscribe, "400::The channel you requested to subscribe to doesn't exist /topic/Nix", "", "", channelMissing, config, 5 * time.Minute},
		{onConnect, "400::Authenticated user id does not match the session's user id", "", "", otherUser, rehandshake, 0},
		{onSubscribe, "404::Unknown channel", "", "", channelMissing, config, 5 * time.Minute},
		{onSubscribe, "404::channel names may not vary only by case", "", "", channelCase, config, 5 * time.Minute},
		{onConnect, "402::session_unknown", "", "handshake", unknownClient, rehandshake, 0},
		{onConnect, "401:pq4hj3:Unknown client", "", "handshake", unknownClient, rehandshake, 0},
		{onConnect, "402:abc:Session expired", "", "", unknownClient, rehandshake, 0},
		{onConnect, "400::Client abc has established a session, but no BAYEUX_BROWSER cookie present", "", "", lostCookie, rehandshake, 0},
		{onSubscribe, "400::The replayId {11} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", "", "", replayRefused, fallBack, 0},
		{onSubscribe, "400::The replayId for channel {/topic/X} wasn't found using the provided replay ID map {{}}. Ensure that the channel name … matches", "", "", replayMap, bug, time.Hour},
		{onConnect, "408::Request Timeout", "", "", serverFault, rehandshake, 0},
		{onConnect, "413::Maximum Request Size Exceeded", "", "", requestTooLarge, bug, time.Minute},
		{onConnect, "429::Too Many Requests", "", "", throttled, wait, 5 * time.Minute},
		{onConnect, "500::Internal", "", "", serverFault, rehandshake, 0},

		{onConnect, "499::Never heard of", "", "handshake", advisedHandshake, rehandshake, 0},
		{onConnect, "499::Never heard of", "", "none", unknown[onConnect], rehandshake, 0},
		{onSubscribe, "499::Never heard of", "", "none", unknown[onSubscribe], config, 5 * time.Minute},
		{onHandshake, "", "", "none", unknown[onHandshake], wait, 30 * time.Second},
	}
	for _, tt := range tests {
		f := classify(tt.on, message{fault: tt.fault, reason: tt.reason, advice: advice{reconnect: tt.advice}})
		if f.verdict != tt.want {
			t.Errorf("%s %q (%q): %s, want %s", tt.on, tt.fault, tt.reason, f.name, tt.want.name)
		}
		if f.do != tt.do || f.wait < tt.wait {
			t.Errorf("%s %q (%q): %s, wait %v; want %s, at least %v", tt.on, tt.fault, tt.reason, f.do, f.wait, tt.do, tt.wait)
		}
	}
}

// TestEveryRuleIsReachable finds a rule that a former one hides.
func TestEveryRuleIsReachable(t *testing.T) {
	for i, r := range rules {
		text := ""
		for _, w := range r.words {
			text += w + " "
		}
		on := r.on
		if on == "" {
			on = onConnect
		}
		v, ok := match(on, bayeuxError{r.from, text})
		if !ok || v != r.verdict {
			t.Errorf("rule %d (%s) is hidden by %s", i, r.verdict.name, v.name)
		}
	}
}

// TestVerdictsHelp asks of every verdict that waits for a person to say what to do.
func TestVerdictsHelp(t *testing.T) {
	all := []verdict{slowOwner, badInstance, loginRefused, ownerFailed, gapOpen}
	for _, r := range append(append([]rule(nil), rules...), statuses...) {
		all = append(all, r.verdict)
	}
	names := map[string]verdict{}
	for _, v := range all {
		if v.hint == "" && (v.do == config || v.do == bug || v.wait > time.Minute) {
			t.Errorf("%s makes people wait and does not say what they can do", v.name)
		}
		if old, ok := names[v.name]; ok && old != v {
			t.Errorf("two verdicts are called %s", v.name)
		}
		names[v.name] = v
	}
}

func TestParseError(t *testing.T) {
	tests := map[string]bayeuxError{
		"403::Unknown client":                         {403, ":unknown client"},
		"403:denied_by_security_policy:create_denied": {403, "denied_by_security_policy:create_denied"},
		"401:id:Unknown client":                       {401, "id:unknown client"},
		"Plain Words":                                 {0, "plain words"},
		"words: with colon":                           {0, "words: with colon"},
		"":                                            {0, ""},
	}
	for in, want := range tests {
		if got := parseError(in); got != want {
			t.Errorf("%q: %+v, want %+v", in, got, want)
		}
	}
}

func TestClassifyHTTP(t *testing.T) {
	tests := []struct {
		status int
		retry  string
		want   string
		do     remedy
		wait   time.Duration
	}{
		{302, "", "redirected", config, 5 * time.Minute},
		{400, "", "http-status", wait, time.Minute},
		{401, "", "http-unauthorized", reauthenticate, 0},
		{403, "", "http-forbidden", config, time.Minute},
		{404, "", "http-not-found", config, 5 * time.Minute},
		{408, "", "server-fault", rehandshake, 0},
		{410, "", "api-version", config, 5 * time.Minute},
		{413, "", "request-too-large", bug, time.Minute},
		{429, "", "throttled", wait, 5 * time.Minute},
		{429, "900", "throttled", wait, 15 * time.Minute},
		{500, "", "server-fault", rehandshake, 0},
		{503, "7", "server-fault", rehandshake, 7 * time.Second},
		{503, "soon", "server-fault", rehandshake, 0},
		{503, "-7", "server-fault", rehandshake, 0},
		{503, "999999999999", "server-fault", rehandshake, time.Hour},
		{503, "Sun, 22 Nov 2026 10:01:30 GMT", "server-fault", rehandshake, 90 * time.Second},
		{503, "Sun, 22 Nov 2026 09:59:00 GMT", "server-fault", rehandshake, 0},
		{503, "Mon, 22 Nov 2027 10:00:00 GMT", "server-fault", rehandshake, time.Hour},
	}
	for _, tt := range tests {
		f := classifyHTTP(tt.status, http.Header{"Retry-After": {tt.retry}, "Date": {"Sun, 22 Nov 2026 10:00:00 GMT"}})
		if f.name != tt.want || f.do != tt.do || f.wait != tt.wait {
			t.Errorf("HTTP %d, Retry-After %q: %s, %s, %v; want %s, %s, %v", tt.status, tt.retry, f.name, f.do, f.wait, tt.want, tt.do, tt.wait)
		}
	}
}

type retryable bool

func (r retryable) Error() string   { return "login" }
func (r retryable) Retryable() bool { return bool(r) }

func TestClassifyTransportAndToken(t *testing.T) {
	if f := classifyTransport(io.ErrUnexpectedEOF); f.verdict != network {
		t.Errorf("cut reply: %s", f.name)
	}
	if f := classifyTransport(fmt.Errorf("read: %w", errTooLarge)); f.verdict != oversized {
		t.Errorf("huge reply: %s", f.name)
	}
	tests := []struct {
		err  error
		want verdict
	}{
		{errors.New("invalid_grant: user hasn't approved this consumer"), loginRefused},
		{fmt.Errorf("log in: %w", retryable(false)), loginRefused},
		{fmt.Errorf("log in: %w", retryable(true)), tokenUnavailable},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, tokenUnavailable},
		{context.DeadlineExceeded, tokenUnavailable},
	}
	for _, tt := range tests {
		if f := classifyToken(tt.err); f.verdict != tt.want {
			t.Errorf("%v: %s, want %s", tt.err, f.name, tt.want.name)
		}
	}
}
