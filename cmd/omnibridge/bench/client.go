package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
	"omnibridge/vcc"
)

// Names of the clients that live in this program.
const (
	ours      = "omnibridge"
	floor     = "go-floor"
	diskFloor = "disk-floor" // ours, with a plain file in the place of the store
	// Without a client: the same entries committed in a loop.
	bareDisk   = "bare-disk"
	bareSQLite = "bare-sqlite"
)

// Client is what a child process runs: it carries out a plan, given as JSON, and
// prints its figures.
func Client(ctx context.Context, text string, out io.Writer) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return fmt.Errorf("bench client: the plan: %w", err)
	}
	m := newMeter(p)
	var err error
	switch p.Client {
	case ours, diskFloor:
		err = runOurs(ctx, p, m)
	case floor:
		err = runFloor(ctx, p, m)
	case bareDisk, bareSQLite:
		err = runBare(ctx, p, m)
	default:
		err = fmt.Errorf("bench client: there is no client %q", p.Client)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(m.found)
}

// login is a TokenSource: the server lets everybody in.
type login string

func (l login) Token(context.Context) (token, instanceURL string, err error) {
	return "token-1", string(l), nil
}
func (login) Invalidate(string) {}

var errEnough = errors.New("measured enough")

// runOurs runs the client of this project; with p.Data each delivery is durable
// before the poll after the next, as in the daemon.
func runOurs(ctx context.Context, p plan, m *meter) (err error) {
	commit := func(context.Context, []streaming.Event) error { return nil }
	switch {
	case p.Client == diskFloor:
		f, err := os.Create(p.Data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		commit = func(_ context.Context, events []streaming.Event) error {
			return m.commit(func() error { return appendTo(f, lines(changeOf(events))) })
		}
	case p.Data != "":
		s, err := store.Open(ctx, store.Options{Path: p.Data})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		commit = func(ctx context.Context, events []streaming.Event) error {
			return m.commit(func() error { return s.Commit(ctx, changeOf(events)) })
		}
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	c, err := streaming.New(streaming.Options{
		TokenSource: login(p.Instance), APIVersion: "67.0", Channels: []streaming.Channel{{Name: p.Channel}},
		Cursor: func(context.Context, string) (int64, error) { return max(m.last, firstReplay), nil },
		Deliver: func(ctx context.Context, events []streaming.Event) error {
			if err := commit(ctx, events); err != nil {
				stop(err)
				return err
			}
			now := time.Now()
			for i := range events {
				m.event(events[i].Replay, events[i].Data, now)
			}
			if m.settle(now) {
				stop(errEnough)
				<-ctx.Done() // what comes now is not measured
			}
			return nil
		},
	})
	if err != nil {
		return err
	}
	if err := c.Run(ctx); !errors.Is(err, errEnough) {
		return fmt.Errorf("bench client %s: %w", p.Client, err)
	}
	return nil
}

// changeOf is what a delivery leaves in the store: a row per event, and the
// cursor after the last, in one transaction.
func changeOf(events []streaming.Event) store.Change {
	c := store.Change{Journal: make([]store.Entry, len(events))}
	for i := range events {
		e := &events[i]
		c.Journal[i] = store.Entry{At: e.Received, Interaction: vcc.InteractionID(strconv.FormatInt(e.Replay, 10)), What: "arrived", Why: "bench"}
	}
	last := &events[len(events)-1]
	c.Cursors = []omnichannel.Cursor{{Channel: last.Channel, Replay: last.Replay}}
	return c
}

// lines is a change as text, a line for each row.
func lines(c store.Change) []byte {
	const usual = 64
	text := make([]byte, 0, (len(c.Journal)+len(c.Cursors))*usual)
	for i := range c.Journal {
		e := &c.Journal[i]
		text = strconv.AppendInt(text, e.At.UnixMicro(), 10)
		for _, word := range [...]string{string(e.Interaction), e.What, e.Why} {
			text = append(append(text, ' '), word...)
		}
		text = append(text, '\n')
	}
	for _, x := range c.Cursors {
		text = fmt.Appendf(text, "%s %d\n", x.Channel, x.Replay)
	}
	return text
}

// appendTo makes text durable as cheaply as can be: it appends it to a file, and
// syncs that.
func appendTo(f *os.File, text []byte) error {
	if _, err := f.Write(text); err != nil {
		return err
	}
	return f.Sync()
}
