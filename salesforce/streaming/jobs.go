package streaming

import "log/slog"

// The owner's work: batches to make durable and gaps to close, one at a time
// and in order, so that nothing of a channel is delivered before its gap is
// closed.

// work hands the next job to the owner if its hands are empty.
func (r *run) work() {
	if r.working || len(r.jobs) == 0 || r.ctx.Err() != nil {
		return
	}
	d := r.jobs[0]
	r.jobs, r.working = r.jobs[1:], true
	if d.do == doGap {
		r.closeGap(d)
		return
	}
	batch := r.seen.fresh(d.batch)
	if dropped := len(d.batch) - len(batch); dropped > 0 {
		r.client.count(func(s *Stats) { s.Duplicates += uint64(dropped) })
	}
	r.begun = append(r.begun, func() answer {
		a := answer{input: input{kind: inJob, seq: d.seq}, batch: batch}
		if len(batch) > 0 {
			if err := r.client.options.Deliver(r.ctx, batch); err != nil {
				a.input.fault = &fault{ownerFailed, err.Error()}
			}
		}
		return a
	})
}

func (r *run) closeGap(d deed) {
	level := slog.LevelWarn
	if d.gap.Kind == GapNoCursor {
		level = slog.LevelInfo // every first start
	}
	r.client.options.Logger.LogAttrs(r.ctx, level, "streaming gap",
		slog.String("channel", d.channel), slog.String("kind", string(d.gap.Kind)),
		slog.Int64("refused", d.gap.Refused), slog.Int64("from", d.gap.From))
	r.begun = append(r.begun, func() answer {
		a := answer{input: input{kind: inJob, seq: d.seq}}
		if err := r.client.options.OnGap(r.ctx, d.channel, d.gap); err != nil {
			a.input.fault = &fault{gapOpen, err.Error()}
		} else {
			r.client.count(func(s *Stats) { s.Gaps++ })
		}
		return a
	})
}

// settleJob takes in what the owner did.
func (r *run) settleJob(a answer) {
	r.working = false
	if a.input.fault == nil {
		r.seen.delivered(a.batch)
		r.client.count(func(s *Stats) { s.Events += uint64(len(a.batch)) })
	}
	r.step(a.input)
}
