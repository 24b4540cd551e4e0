package streaming

import "time"

// rules is the table of Bayeux errors, in order of precedence. It follows
// salesforce-apis 3.5 row by row; TestRules holds every row against it.
var rules = []rule{
	{from: 503, to: 503, verdict: serverBusy},
	{words: []string{"server is too busy"}, verdict: serverBusy},

	// CometD says 402::session_unknown, faye 401:id:Unknown client.
	{words: []string{"unknown client"}, verdict: unknownClient},
	{words: []string{"session_unknown"}, verdict: unknownClient},
	{from: 402, to: 402, verdict: unknownClient},
	{from: 400, to: 400, words: []string{"has established a session", "cookie"}, verdict: lostCookie},
	{from: 400, to: 400, words: []string{"user id does not match"}, verdict: otherUser},

	{from: 401, to: 401, words: []string{"requires authentication"}, verdict: noCredentials},
	{from: 401, to: 401, verdict: authenticationInvalid},

	{from: 403, to: 403, words: []string{"concurrent user limit exceeded"}, verdict: concurrentLimit},
	{from: 403, to: 403, words: []string{"to protect all customers"}, verdict: throttled},
	{from: 403, to: 403, words: []string{"total events daily limit exceeded"}, verdict: dailyLimit},
	{from: 403, to: 403, words: []string{"subscription limit exceeded"}, verdict: topicLimit},
	{words: []string{"denied_by_security_policy"}, verdict: channelDenied},
	{from: 403, to: 403, words: []string{"cannot create channel"}, verdict: channelDenied},
	{words: []string{"restricted channel"}, verdict: channelRestricted},
	{words: []string{"user not enabled for streaming"}, verdict: userNotEnabled},
	{words: []string{"user not allowed to subscribe"}, verdict: userNotAllowed},
	{words: []string{"does not have access to the entity"}, verdict: entityNoAccess},
	{words: []string{"has not completed handshake"}, verdict: noHandshake},

	{on: onSubscribe, from: 400, to: 400, words: []string{"replayid for channel", "replay id map"}, verdict: replayMap},
	{on: onSubscribe, from: 400, to: 400, words: []string{"replayid", "invalid"}, verdict: replayRefused},
	{words: []string{"api version in the uri is mandatory"}, verdict: apiVersion},
	{words: []string{"unsupported api version"}, verdict: apiVersion},
	{words: []string{"invalid connection type"}, verdict: badRequest},
	{words: []string{"channel name not specified"}, verdict: badChannelName},
	{words: []string{"must start with a leading"}, verdict: badChannelName},
	{words: []string{"the channel you requested to subscribe to doesn't exist"}, verdict: channelMissing},
	{words: []string{"unknown channel"}, verdict: channelMissing},
	{words: []string{"may not vary only by case"}, verdict: channelCase},

	{from: 408, to: 408, verdict: serverFault},
	{from: 413, to: 413, verdict: requestTooLarge},
	{from: 429, to: 429, verdict: throttled},
	{from: 500, to: 599, verdict: serverFault},

	// Last, because the reason beside it says more where there is one.
	{words: []string{"handshake denied"}, verdict: handshakeDenied},
}

// statuses is the table of HTTP statuses, for responses without a Bayeux body.
var statuses = []rule{
	{from: 300, to: 399, verdict: redirected},
	{from: 401, to: 401, verdict: httpUnauthorized},
	{from: 403, to: 403, verdict: httpForbidden},
	{from: 404, to: 404, verdict: httpNotFound},
	{from: 410, to: 410, verdict: apiVersion},
	{from: 408, to: 408, verdict: serverFault},
	{from: 413, to: 413, verdict: requestTooLarge},
	{from: 429, to: 429, verdict: throttled},
	{from: 500, to: 599, verdict: serverFault},
}

// unknown judges errors that no rule knows. Only a subscribe can fail for one
// channel alone.
var unknown = map[request]verdict{
	onHandshake: {name: "handshake-failed", do: wait, wait: 30 * time.Second,
		hint: "Salesforce refused the handshake for a reason this client does not know; its words are in the detail"},
	onConnect: {name: "connect-failed", do: rehandshake},
	onSubscribe: {name: "subscribe-failed", do: config, wait: 5 * time.Minute, parks: true,
		hint: "Salesforce refused the subscription for a reason this client does not know; its words are in the detail"},
}

// Verdicts on the session.
var (
	unknownClient = verdict{name: "unknown-client", do: rehandshake}
	lostCookie    = verdict{name: "lost-cookie", do: rehandshake,
		hint: "a proxy between here and Salesforce may be dropping cookies"}
	otherUser = verdict{name: "other-user", do: rehandshake,
		hint: "the token changed to another user; use one integration user for streaming"}
	advisedHandshake = verdict{name: "advised-handshake", do: rehandshake}
	disconnected     = verdict{name: "disconnected", do: rehandshake}

	authenticationInvalid = verdict{name: "authentication-invalid", do: reauthenticate}
	httpUnauthorized      = verdict{name: "http-unauthorized", do: reauthenticate}
	noCredentials         = verdict{name: "no-credentials", do: reauthenticate,
		hint: "Salesforce saw no Authorization header; a proxy may be removing it"}
	loginRefused = verdict{name: "login-refused", do: reauthenticate,
		hint: "check the connected app, its certificate or secret, and that the integration user is active and pre-authorized"}
	tokenUnavailable = verdict{name: "token-unavailable", do: rehandshake,
		hint: "the login host could not be reached; check network, DNS and proxy"}

	serverBusy      = verdict{name: "server-busy", do: wait, wait: time.Minute}
	concurrentLimit = verdict{name: "concurrent-limit", do: wait, wait: time.Minute,
		hint: "the org's limit of concurrent CometD clients is used up; stop other streaming clients (old sessions end after 2 minutes)"}
	throttled = verdict{name: "throttled", do: wait, wait: 5 * time.Minute,
		hint: "Salesforce limits the number of requests; look for another client in a loop"}
	handshakeDenied = verdict{name: "handshake-denied", do: wait, wait: time.Minute,
		hint: "Salesforce denied the handshake without a reason; check that the user may use the Streaming API"}
	serverFault = verdict{name: "server-fault", do: rehandshake, held: true}
	network     = verdict{name: "network", do: rehandshake, held: true,
		hint: "no connection to Salesforce, or it broke; if that lasts, check network, DNS, firewall and proxy"}
	silent = verdict{name: "silent", do: rehandshake, held: true,
		hint: "no answer in time: a firewall or proxy may be cutting long requests without saying so"}
	malformed = verdict{name: "malformed-reply", do: rehandshake, held: true,
		hint: "the answer was not Bayeux; is there a proxy or a login page in between?"}
	oversized = verdict{name: "oversized-reply", do: rehandshake, held: true,
		hint: "one reply exceeded the limit of 16 MiB; its events are passed over, and the org is read instead"}
	renewed     = verdict{name: "renewed", do: rehandshake, held: true}
	ownerFailed = verdict{name: "delivery-failed", do: rehandshake, held: true,
		hint: "events could not be made durable; look at the store. They will come again"}

	slowOwner = verdict{name: "slow-delivery",
		hint: "events are not made durable as fast as they come; look at the store. Nothing is lost"}

	gapOpen = verdict{name: "gap-open", do: rehandshake, held: true,
		hint: "the query that closes a gap failed; it will be asked again"}
	cursorUnreadable = verdict{name: "cursor-unreadable", do: rehandshake, held: true,
		hint: "the position of a channel could not be read; look at the store"}

	badInstance = verdict{name: "bad-instance-url", do: config, wait: time.Minute,
		hint: "the login answered with an instance URL that is not an http(s) address"}
	apiVersion = verdict{name: "api-version", do: config, wait: 5 * time.Minute,
		hint: "set an API version the org supports (37.0 or later)"}
	redirected = verdict{name: "redirected", do: config, wait: 5 * time.Minute,
		hint: "the instance URL answers with a redirect; use the org's My Domain URL"}
	httpForbidden = verdict{name: "http-forbidden", do: config, wait: time.Minute,
		hint: "the user needs the API Enabled permission, and its profile or the connected app must allow this IP address"}
	httpNotFound = verdict{name: "http-not-found", do: config, wait: 5 * time.Minute,
		hint: "there is no streaming endpoint at the instance URL; check URL and API version"}
	unknownStatus = verdict{name: "http-status", do: wait, wait: time.Minute}

	badRequest = verdict{name: "bad-request", do: bug, wait: time.Minute,
		hint: "this is a defect of the client; please report it"}
	noHandshake = verdict{name: "no-handshake", do: bug, wait: time.Minute,
		hint: "this is a defect of the client; please report it"}
	requestTooLarge = verdict{name: "request-too-large", do: bug, wait: time.Minute,
		hint: "this is a defect of the client; please report it"}
)

// Verdicts on a channel.
var (
	dailyLimit = verdict{name: "daily-limit", do: wait, wait: time.Hour, parks: true,
		hint: "the org's daily allowance of delivered events is used up; it is counted over 24 hours and per subscriber; it is tried again every hour"}
	topicLimit = verdict{name: "topic-limit", do: config, wait: 5 * time.Minute, parks: true,
		hint: "too many clients subscribe to this topic"}
	channelDenied = verdict{name: "channel-denied", do: config, wait: 5 * time.Minute, parks: true,
		hint: "the channel does not exist or the user may not read it: create the PushTopic or select the object for Change Data Capture"}
	channelRestricted = verdict{name: "channel-restricted", do: config, wait: 5 * time.Minute, parks: true,
		hint: "the channel is reserved by Salesforce"}
	channelMissing = verdict{name: "channel-missing", do: config, wait: 5 * time.Minute, parks: true,
		hint: "the channel does not exist: create the PushTopic or select the object for Change Data Capture; names are case-sensitive"}
	channelCase = verdict{name: "channel-case", do: config, wait: 5 * time.Minute, parks: true,
		hint: "a channel with the same name in other case exists; write it exactly so"}
	userNotEnabled = verdict{name: "user-not-enabled", do: config, wait: 5 * time.Minute, parks: true,
		hint: "give the user access to the Streaming API (Read on PushTopics, API Enabled)"}
	userNotAllowed = verdict{name: "user-not-allowed", do: config, wait: 5 * time.Minute, parks: true,
		hint: "Change Data Capture of this channel needs View All Data"}
	entityNoAccess = verdict{name: "entity-no-access", do: config, wait: 5 * time.Minute, parks: true,
		hint: "give the user Read on the object that the topic queries"}
	replayRefused  = verdict{name: "replay-refused", do: fallBack, parks: true}
	replayMap      = verdict{name: "replay-map", do: bug, wait: time.Hour, parks: true, hint: "this is a defect of the client; please report it"}
	badChannelName = verdict{name: "bad-channel-name", do: bug, wait: time.Hour, parks: true, hint: "channel names start with a slash, as /topic/Name"}
	unanswered     = verdict{name: "unanswered-subscribe", do: rehandshake, held: true,
		hint: "the server did not answer a subscription"}
)
