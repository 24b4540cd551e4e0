package streaming

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
)

const (
	requestTimeout  = 30 * time.Second // for everything but a held connect
	goodbyeTimeout  = 2 * time.Second
	neverWithoutEnd = time.Hour // the loop's timer when the machine has no deadline
)

// run is one call of Run. Whoever has an input, the loop or a worker, takes mu,
// lets the machine decide, and carries out what it wants; requests and the owner's
// work begin after mu was given back. So a reply leads to the next request in the
// goroutine that read it, with no other to wait for.
type run struct {
	client *Client
	ctx    context.Context
	wg     sync.WaitGroup
	tasks  chan task     // to workers that wait for one
	wake   chan struct{} // tells the loop to look at the deadline again; has room for one

	mu      sync.Mutex // guards the following
	machine *machine
	armed   time.Time // when the loop looks at the deadline
	begun   []task    // of the step under way
	token   string    // the one last used
	session *session
	cancel  context.CancelFunc // ends the request under way
	jobs    []deed             // for the owner, in order
	working bool               // the first of jobs is with the owner
	seen    *seen
	status  Status
}

// task is a request or a piece of the owner's work. It runs without mu.
type task func() answer

// answer is what a goroutine has to say.
type answer struct {
	input    input
	messages []message
	received time.Time
	token    string
	instance string // token only
	clientID string // handshake only
	batch    []Event
}

func (r *run) loop() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	r.bring(input{kind: inBegin})
	for {
		wait, fresh := r.arm()
		timer.Reset(wait)
		select {
		case <-r.ctx.Done():
			r.bring(input{kind: inStop})
			return
		case <-r.wake:
		case reason := <-r.client.renewals:
			r.bring(input{kind: inRenew, fault: &fault{renewed, reason}})
		case <-fresh:
			r.bring(input{kind: inFresh})
		case <-timer.C:
			r.bring(input{kind: inTick})
		}
	}
}

// arm returns how long the loop may wait, and for what.
func (r *run) arm() (wait time.Duration, fresh <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait = neverWithoutEnd
	if deadline := r.machine.deadline(); !deadline.IsZero() {
		wait = max(time.Until(deadline), 0)
	}
	r.armed = time.Now().Add(wait)
	return wait, r.fresh()
}

// bring brings an input of the loop to the machine.
func (r *run) bring(in input) {
	r.mu.Lock()
	r.step(in)
	begun := r.release()
	r.mu.Unlock()
	for _, t := range begun {
		r.start(t)
	}
}

// settle brings a worker's answer to the machine and returns what the worker goes
// on with; nil if there is nothing. After the end, answers are worth nothing.
func (r *run) settle(a answer) task {
	r.mu.Lock()
	if r.ctx.Err() == nil {
		r.take(a)
	}
	begun := r.release()
	r.mu.Unlock()
	if len(begun) == 0 {
		return nil
	}
	for _, t := range begun[1:] {
		r.start(t)
		runtime.Gosched() // the owner gets the events before the server is asked for more
	}
	return begun[0]
}

// release returns what has begun in a step, and tells the loop if it would look at
// the deadline too late, or has something else to wait for. The caller holds mu.
func (r *run) release() (begun []task) {
	begun, r.begun = r.begun, nil
	deadline := r.machine.deadline()
	if !deadline.IsZero() && deadline.Before(r.armed) || r.machine.awaitsLogin() {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	return begun
}

// start gives a task to a worker: one that waits, if there is one, since a new
// goroutine would grow its stack anew.
func (r *run) start(t task) {
	select {
	case r.tasks <- t:
	default:
		r.wg.Go(func() { r.serve(t) })
	}
}

// serve is a worker.
func (r *run) serve(t task) {
	for {
		for t != nil {
			t = r.settle(t())
		}
		select {
		case t = <-r.tasks:
		case <-r.ctx.Done():
			return
		}
	}
}

// fresh returns a channel that is closed when a token is there that spares us a
// login; nil while we want none.
func (r *run) fresh() <-chan struct{} {
	source, shared := r.client.options.TokenSource.(Renewer)
	if !shared || !r.machine.awaitsLogin() {
		return nil
	}
	return source.Renewed(r.token)
}

// step lets the machine decide and carries out what it wants. The caller holds mu.
func (r *run) step(in input) {
	deeds, err := r.machine.step(time.Now(), in)
	switch {
	case err == errStale:
		if in.kind != inTick && in.kind != inRenew && in.kind != inFresh {
			r.client.count(func(s *Stats) { s.Stale++ })
		}
	case err != nil:
		r.client.options.Logger.Error("streaming machine", slog.Any("err", err))
	}
	for _, d := range deeds {
		r.carry(d)
	}
	r.report()
	r.work()
}

// take brings an answer to the machine. Answers of an ended session may bring
// nothing with them: their events come again.
func (r *run) take(a answer) {
	if a.input.kind == inJob {
		r.settleJob(a)
		return
	}
	if r.machine.expects(a.input) != nil {
		r.client.count(func(s *Stats) { s.Stale++ })
		return
	}
	if a.token != "" {
		r.token = a.token
	}
	switch a.input.kind {
	case inToken:
		if a.input.fault == nil {
			r.session, a.input.fault = r.client.transport.newSession(a.instance)
		}
	case inHandshake:
		r.session.clientID = a.clientID
	}
	if a.messages != nil {
		var strays int
		a.input.batch, strays = events(a.messages, r.client.names, a.received)
		if strays > 0 {
			r.client.count(func(s *Stats) { s.Strays += uint64(strays) })
		}
	}
	r.step(a.input)
}

func (r *run) carry(d deed) {
	switch d.do {
	case inToken:
		r.login(d)
	case inHandshake:
		r.client.count(func(s *Stats) { s.Handshakes++ })
		sent := r.session.handshake()
		r.ask(d, []outgoing{sent}, func(resp response, a *answer) {
			a.input, a.clientID = handshakeInput(resp, sent)
		})
	case inConnect:
		r.client.count(func(s *Stats) { s.Polls++ })
		sent := r.session.connect(d.first)
		r.ask(d, []outgoing{sent}, func(resp response, a *answer) {
			a.input = connectInput(resp, sent)
		})
	case inSubscribe:
		r.subscribe(d)
	case doDeliver, doGap:
		r.jobs = append(r.jobs, d)
	case doForget:
		r.jobs = nil
	case doAbandon:
		r.abandon(d.farewell)
	}
}

// background begins a request, under a context that abandon ends.
func (r *run) background(d deed, do func(ctx context.Context) answer) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel = cancel
	r.begun = append(r.begun, func() answer {
		defer cancel()
		a := do(ctx)
		a.input.kind, a.input.seq = d.do, d.seq
		return a
	})
}

func (r *run) login(d deed) {
	tokens := r.client.options.TokenSource
	r.client.count(func(s *Stats) { s.Logins++ })
	refused := ""
	if d.fresh {
		refused = r.token
	}
	r.background(d, func(ctx context.Context) answer {
		if refused != "" {
			tokens.Invalidate(refused)
		}
		token, instance, err := tokens.Token(ctx)
		a := answer{token: token, instance: instance}
		if err != nil {
			a.input.fault = classifyToken(err)
		}
		return a
	})
}

// ask posts messages and has fill read the response.
func (r *run) ask(d deed, messages []outgoing, fill func(response, *answer)) {
	s, t := r.session, r.client.transport
	r.background(d, func(ctx context.Context) answer {
		return answered(t.post(ctx, s, messages...), fill)
	})
}

func answered(resp response, fill func(response, *answer)) answer {
	a := answer{messages: resp.messages, token: resp.token, received: time.Now()}
	fill(resp, &a)
	return a
}

// subscribe reads the owner's positions, as part of the task since they are in a
// store, and asks for the channels from there.
func (r *run) subscribe(d deed) {
	s, t := r.session, r.client.transport
	messages := make([]outgoing, len(d.asks))
	for i, a := range d.asks {
		messages[i] = s.subscribe(a.channel)
	}
	r.background(d, func(ctx context.Context) answer {
		positions := make([]int64, len(d.asks))
		for i, a := range d.asks {
			position, err := r.position(ctx, a)
			if err != nil {
				return answer{input: input{fault: &fault{cursorUnreadable, err.Error()}}}
			}
			positions[i], messages[i] = position, messages[i].at(position)
		}
		return answered(t.post(ctx, s, messages...), func(resp response, a *answer) {
			a.input = subscribeInput(resp, messages, positions)
		})
	})
}

func (r *run) position(ctx context.Context, a ask) (int64, error) {
	if a.forced {
		return a.from, nil
	}
	position, err := r.client.options.Cursor(ctx, a.channel)
	if err == nil && position < ReplayAll {
		err = fmt.Errorf("%d is not a replay ID", position)
	}
	if err != nil {
		return 0, fmt.Errorf("read cursor of %s: %w", a.channel, err)
	}
	return position, nil
}

// abandon ends what is under way and, where the server may still hold the
// session, tells it: sessions count against the org's limit until they expire.
func (r *run) abandon(farewell bool) {
	if r.cancel != nil {
		r.cancel()
	}
	old := r.session
	r.session = nil
	if !farewell {
		return
	}
	r.client.release() // the next session shall not inherit a broken connection
	if old == nil || old.clientID == "" {
		return
	}
	goodbye := old.message("/meta/disconnect")
	r.wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), goodbyeTimeout)
		defer cancel()
		r.client.transport.post(ctx, old, goodbye)
	})
}

// report tells the owner of a change of the link.
func (r *run) report() {
	status := r.machine.status()
	if status == r.status {
		return
	}
	r.status = status
	level := slog.LevelInfo
	if status.Link == LinkDegraded || status.Link == LinkDown && r.ctx.Err() == nil {
		level = slog.LevelWarn
	}
	r.client.options.Logger.LogAttrs(r.ctx, level, "streaming link changed",
		slog.String("link", string(status.Link)), slog.String("cause", status.Cause),
		slog.String("reason", status.Reason), slog.String("hint", status.Hint), slog.String("without", status.Without))
	r.client.options.OnLink(status)
}
