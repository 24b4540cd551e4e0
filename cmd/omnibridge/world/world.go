package world

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"omnibridge/salesforce/mockorg"
)

// Pace says how long things take in the world; each is drawn from half to one and
// a half times what is given.
type Pace struct {
	Arrive   time.Duration // between two customers
	Think    time.Duration // before an agent answers
	Handle   time.Duration // an agent's work on one item
	Rejoin   time.Duration // until an agent who dropped off is back
	Patience time.Duration // before an impatient customer leaves
	// Calm is by how much fewer customers come while a person plays an agent at the
	// console: people are slower, and want to look. Zero means as many as ever.
	Calm int
}

// DefaultPace keeps six agents busy and shows everything within half a minute.
var DefaultPace = Pace{Arrive: 700 * time.Millisecond, Think: 900 * time.Millisecond, Handle: 6 * time.Second, Rejoin: 4 * time.Second, Patience: 5 * time.Second, Calm: 5}

// between draws a time around d.
func (p Pace) between(rng *rand.Rand, d time.Duration) time.Duration {
	return d/2 + time.Duration(rng.Int64N(max(int64(d), 1)))
}

// Options says what world it is.
type Options struct {
	Org  *mockorg.Org
	Seed uint64
	Pace Pace // zero means DefaultPace
	// Impatient is how many of a hundred customers leave if they have to wait.
	// Zero means 12.
	Impatient int
}

// kind is a kind of work that customers bring.
type kind struct {
	object, queue string
	share         int // of a hundred
}

var kinds = []kind{
	{"LiveChatTranscript", "Support_Chat", 40},
	{"MessagingSession", "Support_Messaging", 30},
	{"Case", "Support_Cases", 30},
}

var (
	firstNames = []string{"Noor", "Jonas", "Mei", "Olu", "Sara", "Tomás", "Ines", "Yusuf", "Lena", "Kofi"}
	lastNames  = []string{"Haddad", "Berg", "Tanaka", "Adeyemi", "Rossi", "Silva", "Novak", "Demir", "Fischer", "Mensah"}
)

// status is the presence status with which agents log in: it serves all channels.
const status = "Available"

// Run lets agents and customers live until ctx ends, and returns when the last
// of them has stopped.
func Run(ctx context.Context, o Options) error {
	if o.Pace == (Pace{}) {
		o.Pace = DefaultPace
	}
	if o.Impatient == 0 {
		o.Impatient = 12
	}
	states := o.Org.Agents()
	if len(states) == 0 {
		return errors.New("the org has no agents: seed some users with a presence configuration")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for i, s := range states {
		a := newAgent(o, s, i, &wg)
		wg.Go(func() {
			if err := a.live(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Go(func() {
		if err := o.customers(ctx, &wg); err != nil {
			cancel(err)
		}
	})
	<-ctx.Done()
	wg.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// customers lets customers arrive until ctx ends.
func (o Options) customers(ctx context.Context, wg *sync.WaitGroup) error {
	rng := rand.New(rand.NewPCG(o.Seed, 0))
	for {
		k, name := drawKind(rng), firstNames[rng.IntN(len(firstNames))]+" "+lastNames[rng.IntN(len(lastNames))]
		impatient, patience := rng.IntN(100) < o.Impatient, o.Pace.between(rng, o.Pace.Patience)
		work, err := o.Org.AddWork(mockorg.NewWork{Object: k.object, Queue: k.queue, Name: name})
		if err != nil {
			return fmt.Errorf("start a %s: %w", k.object, err)
		}
		if impatient {
			wg.Go(func() { o.leave(ctx, work.ID, patience) })
		}
		gap := o.Pace.between(rng, o.Pace.Arrive)
		if o.watched() {
			gap *= time.Duration(max(o.Pace.Calm, 1))
		}
		if !pause(ctx, gap) {
			return nil
		}
	}
}

// watched tells whether a person plays an agent at the console.
func (o Options) watched() bool {
	for _, s := range o.Org.Agents() {
		if o.Org.AtConsole(s.ID) {
			return true
		}
	}
	return false
}

// leave takes a customer away, unless somebody has answered in time.
func (o Options) leave(ctx context.Context, id string, patience time.Duration) {
	if !pause(ctx, patience) {
		return
	}
	for _, w := range o.Org.Records("AgentWork") {
		if w["WorkItemId"] == id && (w["Status"] == "Opened" || w["Status"] == "Closed") {
			return
		}
	}
	_ = o.Org.LeaveWork(id) // over already: fine
}

// drawKind draws what a customer brings.
func drawKind(rng *rand.Rand) kind {
	n := rng.IntN(100)
	for _, k := range kinds {
		if n < k.share {
			return k
		}
		n -= k.share
	}
	return kinds[len(kinds)-1]
}
