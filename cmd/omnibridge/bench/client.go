package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
	"omnibridge/vcc"
)

// Names of the clients that are written in Go and live in this program.
const (
	ours  = "omnibridge"
	floor = "go-floor"
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
	case ours:
		err = runOurs(ctx, p, m)
	case floor:
		err = runFloor(ctx, p, m)
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
// before the next poll, as in the daemon.
func runOurs(ctx context.Context, p plan, m *meter) (err error) {
	commit := func(context.Context, []streaming.Event) error { return nil }
	if p.Data != "" {
		s, err := store.Open(ctx, store.Options{Path: p.Data})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		commit = func(ctx context.Context, events []streaming.Event) error { return s.Commit(ctx, changeOf(events)) }
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
		return fmt.Errorf("bench client %s: %w", ours, err)
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

// runFloor posts connects with net/http and reads replies with encoding/json: the
// least a Go program can do. No cookies, no deduplication, no recovery.
func runFloor(ctx context.Context, p plan, m *meter) error {
	var clientID string
	send := func(text string) ([]floorMessage, error) { return post(ctx, p.Instance, text) }
	shaken, err := send(`[{"id":"1","channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}]`)
	if err != nil {
		return err
	}
	clientID = shaken[len(shaken)-1].ClientID
	if _, err := send(`[{"id":"2","channel":"/meta/subscribe","clientId":"` + clientID + `","subscription":"` + p.Channel + `"}]`); err != nil {
		return err
	}
	for {
		all, err := send(`[{"id":"3","channel":"/meta/connect","clientId":"` + clientID + `","connectionType":"long-polling"}]`)
		if err != nil {
			return err
		}
		now := time.Now()
		for i := range all {
			if d := all[i].Data; d != nil {
				m.event(d.Event.Replay, d.SObject, now)
			}
		}
		if m.settle(now) {
			return nil
		}
	}
}

type floorMessage struct {
	Channel  string `json:"channel"`
	ClientID string `json:"clientId"`
	Data     *struct {
		Event struct {
			Replay int64 `json:"replayId"`
		} `json:"event"`
		SObject json.RawMessage `json:"sobject"`
	} `json:"data"`
}

func post(ctx context.Context, instance, text string) ([]floorMessage, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, instance+"/cometd/67.0", bytes.NewReader([]byte(text)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer token-1")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	var all []floorMessage
	if err := json.Unmarshal(body, &all); err != nil || len(all) == 0 {
		return nil, fmt.Errorf("bench client %s: the server said %.200q: %w", floor, body, err)
	}
	return all, nil
}
