package mockorg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
	"omnibridge/salesforce/mockorg/identity"
)

// What programs log in with unless Options say otherwise. The mock is for
// loopback and holds nothing worth protecting.
const (
	DefaultPassword     = "mock-Passw0rd"
	DefaultClientID     = "mock-org-client"
	DefaultClientSecret = "mock-org-secret"
)

// The app that people log in with, unless Options have one of that client id: it
// is called back at any http address on this machine, needs no secret, and asks
// people for their approval the first time.
const (
	DefaultLoginID     = "mock-org-login"
	DefaultLoginSecret = "mock-org-login-secret"
)

// Options says how an org behaves. The zero value is a working org.
type Options struct {
	// Clock is the org's time; nil means a clock of its own, which Close stops.
	Clock *clock.Clock
	// BaseURL is where clients reach the org, without a trailing slash. It is
	// what login replies hand out as instance URL. When it is empty, Serve sets
	// it, or the first request's Host header does.
	BaseURL string
	// Limits are the org's allowances; nil means DefaultLimits. SetLimits changes
	// them.
	Limits *Limits
	// DailyRequests is the API allowance per day alone; 0 leaves it to Limits.
	DailyRequests int
	// PageSize is the largest page of a query; 0 means the real one, 2,000. A
	// small one shows whether a client turns pages.
	PageSize int
	// KeepDeleted is how many deleted records per object queryAll and Records
	// still see; 0 means 100,000.
	KeepDeleted int
	// Seed is what the org holds when it starts; nil means DefaultSeed.
	Seed *Seed
	// Apps are the connected apps. Nil means one, which logs in by client
	// credentials as IntegrationUser: DefaultClientID, DefaultClientSecret.
	// The app that people log in with, DefaultLoginID, is there beside them.
	Apps []identity.App
	// Password is every user's; empty means DefaultPassword.
	Password string
	// SecurityToken follows the password in API logins; usually empty.
	SecurityToken string
	// SessionLife is how long a session lives without use; 0 means 2 hours.
	SessionLife time.Duration
	// ConnectTimeout is how long a streaming connect is held; 0 means 110 s. The
	// rest of the streaming server's behaviour is set at Streaming().
	ConnectTimeout time.Duration
	// FaultSeed is what the chances of faults are drawn from (Fault.Probability).
	FaultSeed uint64
	// Console is what the console page frames and runs.
	Console Console
	// Log tells at debug level what goes on; nil means nothing is told.
	Log *slog.Logger
}

func (p *Options) fill() error {
	for _, n := range [...]struct {
		name  string
		value int64
	}{
		{"DailyRequests", int64(p.DailyRequests)}, {"PageSize", int64(p.PageSize)}, {"KeepDeleted", int64(p.KeepDeleted)},
		{"SessionLife", int64(p.SessionLife)}, {"ConnectTimeout", int64(p.ConnectTimeout)},
	} {
		if n.value < 0 {
			return fmt.Errorf("mockorg: %s is %d; it must not be negative", n.name, n.value)
		}
	}
	if p.PageSize > maxPage {
		return fmt.Errorf("mockorg: PageSize is %d; it must be at most %d", p.PageSize, maxPage)
	}
	if strings.HasSuffix(p.BaseURL, "/") {
		return fmt.Errorf("mockorg: BaseURL %s ends in a slash; leave it out", p.BaseURL)
	}
	limits := DefaultLimits()
	if p.Limits != nil {
		limits = *p.Limits
	}
	limits.DailyRequests = cmp.Or(p.DailyRequests, limits.DailyRequests)
	if err := limits.validate(); err != nil {
		return fmt.Errorf("mockorg: %w", err)
	}
	p.Limits = &limits
	p.PageSize = cmp.Or(p.PageSize, maxPage)
	p.KeepDeleted = cmp.Or(p.KeepDeleted, 100_000)
	p.Password = cmp.Or(p.Password, DefaultPassword)
	if p.Apps == nil {
		p.Apps = []identity.App{{ClientID: DefaultClientID, Secret: DefaultClientSecret, RunAs: IntegrationUser}}
	}
	if p.Log == nil {
		p.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Org is one mock Salesforce org. All methods may be called by several
// goroutines. Make one with New and end it with Close.
type Org struct {
	options      Options
	clock        *clock.Clock
	schema       *schema
	rules        map[*object][]rule // fixed after New
	identity     *identity.Service
	streaming    *cometd.Server
	controlPlane http.Handler
	console      *console
	setup        setup
	url          atomic.Pointer[string]

	mu        sync.RWMutex // guards the following
	tables    map[*object]*table
	topics    map[*object][]*topic // the active PushTopics by their object
	captured  map[*object]bool     // selected for change data capture
	channels  map[string][]member  // custom channels of change events
	commits   uint64
	omni      *omni      // Omni-Channel's own state
	chronicle *chronicle // what was committed

	cursors  *cursors
	usage    usage
	faults   faults
	requests requests
	zippers  sync.Pool // of *gzip.Writer

	serving sync.Mutex // guards the following
	servers []*http.Server
	closed  bool
}

// New returns an org that serves nothing yet: hand it to an http.Server or to
// httptest, or call Serve.
func New(options Options) (*Org, error) {
	if err := options.fill(); err != nil {
		return nil, err
	}
	s, err := newSchema(crmSchema, omniSchema, conversationSchema, setupSchema)
	if err != nil {
		return nil, err
	}
	o := &Org{
		options: options, clock: options.Clock, schema: s, rules: map[*object][]rule{}, tables: map[*object]*table{},
		channels: map[string][]member{}, cursors: newCursors(), faults: faults{seed: options.FaultSeed}, usage: usage{limits: *options.Limits, work: map[*call]time.Time{}},
		requests: requests{counts: map[string]int{}},
	}
	o.url.Store(&options.BaseURL)
	if o.clock == nil {
		o.clock = clock.New()
	}
	for _, ob := range s.objects {
		o.tables[ob] = newTable(ob)
	}
	if err := o.wire(); err != nil {
		_ = o.Close() // it never fails
		return nil, err
	}
	return o, nil
}

// wire puts the parts of the org together and fills it.
func (o *Org) wire() (err error) {
	o.streaming = cometd.New(cometd.Options{
		Clock: o.clock, ConnectTimeout: o.options.ConnectTimeout, Channel: o.channel, Filter: o.filter, Log: o.options.Log,
		FaultSeed: o.options.FaultSeed,
		Authenticate: func(authorization string) (string, error) {
			session, err := o.identity.Check(authorization)
			return session.UserID, err
		},
	})
	o.identity, err = identity.New(identity.Options{
		Clock: o.clock, BaseURL: o.URL, OrgID: o.organization(), OrgName: o.options.orgName(), Users: o.person, People: o.people,
		Apps: o.withLogin(o.options.Apps), SessionLife: o.options.SessionLife, Log: o.options.Log,
	})
	if err != nil {
		return err
	}
	if o.setup.metadata, err = o.newMetadata(); err != nil {
		return err
	}
	o.rule("PushTopic", rule{check: checkTopic})
	o.rule("PermissionSetAssignment", rule{check: checkAssignment})
	o.omni, o.chronicle = newOmni(o), newChronicle()
	if err := o.SetLimits(*o.options.Limits); err != nil {
		return err
	}
	if o.console, err = newConsole(o, o.options.Console); err != nil {
		return err
	}
	o.controlPlane = o.control()
	return o.plant(o.options.Seed)
}

// organization is the org's own id: its record is the first of its kind.
func (o *Org) organization() string { return makeID("00D", 1) }

// Clock is the org's time, which can be moved forward.
func (o *Org) Clock() *clock.Clock { return o.clock }

// Identity is the org's login service: revoke and expire sessions there.
func (o *Org) Identity() *identity.Service { return o.identity }

// Streaming is the org's streaming server: its settings, faults and clients.
func (o *Org) Streaming() *cometd.Server { return o.streaming }

// URL is where clients reach the org, without a trailing slash; empty while
// nobody has said so.
func (o *Org) URL() string { return *o.url.Load() }

// learnURL takes the org's address from a request if nobody has told it.
func (o *Org) learnURL(r *http.Request) {
	known := o.url.Load()
	if *known != "" || r.Host == "" {
		return
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	o.url.CompareAndSwap(known, new(scheme+"://"+r.Host))
}

// closeWithin bounds how long Close waits for requests that are being answered.
const closeWithin = 5 * time.Second

// Serve answers on l until Close; then it returns nil.
func (o *Org) Serve(l net.Listener) error {
	server := &http.Server{Handler: o, ReadHeaderTimeout: patience, ErrorLog: slog.NewLogLogger(o.options.Log.Handler(), slog.LevelDebug)}
	o.serving.Lock()
	if o.closed {
		o.serving.Unlock()
		return errors.Join(errors.New("mockorg: serve: the org is closed"), l.Close())
	}
	o.servers = append(o.servers, server)
	if known := o.url.Load(); *known == "" {
		o.url.CompareAndSwap(known, new("http://"+l.Addr().String()))
	}
	o.serving.Unlock()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("mockorg: serve: %w", err)
	}
	return nil
}

// Close ends the org: held requests are answered, servers and timers stopped.
// Requests still being answered after five seconds are cut off. It always
// returns nil and may be called more than once.
func (o *Org) Close() error {
	o.serving.Lock()
	servers := o.servers
	o.servers, o.closed = nil, true
	o.serving.Unlock()
	o.mu.Lock()
	o.chronicle.end()
	o.mu.Unlock()
	o.streaming.Close()
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	for _, server := range servers {
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
	}
	if o.options.Clock == nil {
		o.clock.Stop()
	}
	return nil
}
