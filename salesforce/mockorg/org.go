package mockorg

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"

	"omnibridge/salesforce/mockorg/clock"
)

// Options says how an org behaves. The zero value is a working org.
type Options struct {
	// Clock is the org's time; nil means a clock of its own, which Close stops.
	Clock *clock.Clock
	// BaseURL is where clients reach the org, without a trailing slash. It is
	// what login replies hand out as instance URL; Serve sets it when it is empty.
	BaseURL string
	// DailyRequests is the API allowance per day; 0 means 15,000.
	DailyRequests int
	// KeepDeleted is how many deleted records per object queryAll and Records
	// still see; 0 means 100,000.
	KeepDeleted int
	// Seed is what the org holds when it starts; nil means DefaultSeed.
	Seed *Seed
}

func (p *Options) fill() error {
	switch {
	case p.DailyRequests < 0:
		return fmt.Errorf("mockorg: DailyRequests is %d; it must not be negative", p.DailyRequests)
	case p.KeepDeleted < 0:
		return fmt.Errorf("mockorg: KeepDeleted is %d; it must not be negative", p.KeepDeleted)
	}
	if p.DailyRequests == 0 {
		p.DailyRequests = 15_000
	}
	if p.KeepDeleted == 0 {
		p.KeepDeleted = 100_000
	}
	return nil
}

// Org is one mock Salesforce org. All methods may be called by several
// goroutines. Make one with New and end it with Close.
type Org struct {
	options Options
	clock   *clock.Clock
	schema  *schema
	rules   map[*object][]rule // fixed after New

	mu     sync.RWMutex // guards tables and everything in them
	tables map[*object]*table

	omni      *omni      // Omni-Channel's own state, guarded by mu
	chronicle *chronicle // what was committed, guarded by mu
}

// New returns an org that serves nothing yet: hand it to an http.Server or to
// httptest, or call Serve.
func New(options Options) (*Org, error) {
	if err := options.fill(); err != nil {
		return nil, err
	}
	s, err := newSchema(crmSchema, omniSchema, conversationSchema)
	if err != nil {
		return nil, err
	}
	o := &Org{options: options, clock: options.Clock, schema: s, rules: map[*object][]rule{}, tables: map[*object]*table{}}
	if o.clock == nil {
		o.clock = clock.New()
	}
	for _, ob := range s.objects {
		o.tables[ob] = newTable(ob)
	}
	o.omni, o.chronicle = newOmni(o), newChronicle()
	if err := o.plant(options.Seed); err != nil {
		return nil, err
	}
	return o, nil
}

// ServeHTTP answers as the org's host would.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// Serve answers on l until Close. It returns nil once the org is closed.
func (o *Org) Serve(l net.Listener) error { return errors.New("not served") }

// Close ends the org: timers and held requests.
func (o *Org) Close() error { return nil }

func (o *Org) publish(t *tx, changes []entry) {}
