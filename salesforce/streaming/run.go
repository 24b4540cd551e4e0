package streaming

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	requestTimeout  = 30 * time.Second // for everything but a held connect
	goodbyeTimeout  = 2 * time.Second
	neverWithoutEnd = time.Hour // the loop's timer when the machine has no deadline
)

// run is one call of Run. Its fields belong to the goroutine of loop; others
// only send answers.
type run struct {
	client  *Client
	ctx     context.Context
	machine *machine
	answers chan answer
	tasks   chan func() // to goroutines that wait for one
	wg      sync.WaitGroup

	token   string // the one last used
	session *session
	cancel  context.CancelFunc // ends the request under way
	jobs    []deed             // for the owner, in order
	working bool               // the first of jobs is with the owner
	seen    *seen
	status  Status
}

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
	r.step(input{kind: inBegin})
	for {
		wait := neverWithoutEnd
		if deadline := r.machine.deadline(); !deadline.IsZero() {
			wait = max(time.Until(deadline), 0)
		}
		timer.Reset(wait)
		select {
		case <-r.ctx.Done():
			r.step(input{kind: inStop})
			return
		case a := <-r.answers:
			r.take(a)
		case reason := <-r.client.renewals:
			r.step(input{kind: inRenew, fault: &fault{renewed, reason}})
		case <-r.fresh():
			r.step(input{kind: inFresh})
		case <-timer.C:
			r.step(input{kind: inTick})
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

// step lets the machine decide and carries out what it wants.
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

// background runs do in a goroutine of this run, under a context that abandon
// ends, and sends its answer.
func (r *run) background(d deed, do func(ctx context.Context) answer) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel = cancel
	r.start(func() {
		defer cancel()
		a := do(ctx)
		a.input.kind, a.input.seq = d.do, d.seq
		r.send(a)
	})
}

// start runs a task beside the loop: in a goroutine that has ended another, if
// there is one, for a new one would grow its stack anew with every poll.
func (r *run) start(task func()) {
	select {
	case r.tasks <- task:
	default:
		r.wg.Go(func() {
			for {
				task()
				select {
				case task = <-r.tasks:
				case <-r.ctx.Done():
					return
				}
			}
		})
	}
}

func (r *run) send(a answer) {
	select {
	case r.answers <- a:
	case <-r.ctx.Done():
	}
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

// subscribe reads the owner's positions, off the loop since they are in a
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
