package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// statement names one prepared statement of the writer.
type statement int

const (
	putChain statement = iota
	dropChain
	putInteraction
	dropInteraction
	addLeg
	dropLegs
	putAgent
	putCursor
	putEffect
	dropEffect
	lastEntry
	addEntry
	addEntries4
	addEntries16
	addEntries64
	addBatch
	putMeta
	putKept
	statements // how many
)

// texts is the SQL of the writer, in the dialect that SQLite and PostgreSQL
// share. The next number is taken inside the transaction: there is one writer, so
// nothing can come between.
var texts = [statements]string{
	putChain: `INSERT INTO chain (interaction, state, psr, serial, offer, agent, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (interaction) DO UPDATE SET state = excluded.state, psr = excluded.psr, serial = excluded.serial,
		offer = excluded.offer, agent = excluded.agent, doc = excluded.doc`,
	dropChain: `DELETE FROM chain WHERE interaction = $1`,
	putInteraction: `INSERT INTO interaction (id, state, offers, doc) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, offers = excluded.offers, doc = excluded.doc`,
	dropInteraction: `DELETE FROM interaction WHERE id = $1`,
	addLeg:          `INSERT INTO leg (interaction, offer, agent, state, size) VALUES ($1, $2, $3, $4, $5)`,
	dropLegs:        `DELETE FROM leg WHERE interaction = $1`,
	putAgent:        `INSERT INTO agent (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`,
	putCursor:       `INSERT INTO cursor (channel, replay) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET replay = excluded.replay`,
	putEffect: `INSERT INTO outbox (id, seq, kind, interaction, doc)
		VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM outbox), $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, interaction = excluded.interaction, doc = excluded.doc`,
	dropEffect: `DELETE FROM outbox WHERE id = $1`,
	lastEntry: `SELECT MAX(seq) FROM (SELECT COALESCE(MAX(seq), 0) AS seq FROM journal
		UNION ALL SELECT COALESCE(MAX(seq), 0) FROM journal_batch) AS ends`,
	addEntry:     entriesText(1),
	addEntries4:  entriesText(4),
	addEntries16: entriesText(16),
	addEntries64: entriesText(64),
	addBatch:     `INSERT INTO journal_batch (seq, doc) VALUES ($1, $2)`,
	putKept:      `INSERT INTO kept (kind, name, doc) VALUES ($1, $2, $3) ON CONFLICT (kind, name) DO UPDATE SET doc = excluded.doc`,
	putMeta:      `INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
}

// Commit applies c in one transaction, whole or not at all, and returns when it
// is on disk. A change that would break a rule is refused with a
// *ConstraintError. If ctx ends first, its error is returned and nothing was
// stored. After any other error (a *FileError: disk full, disk broken) the
// caller must not go on from its own memory but start again from Load.
func (s *Store) Commit(ctx context.Context, c Change) error {
	if c.empty() {
		return nil
	}
	return s.write(ctx, "commit change", func(w *writer) error {
		for _, apply := range []func(*Change) error{w.remove, w.chains, w.interactions, w.others, w.day, w.journal} {
			if err := apply(&c); err != nil {
				return err
			}
		}
		return nil
	})
}

// writer is a write transaction under way.
type writer struct {
	ctx   context.Context
	tx    *sql.Tx
	stmts *[statements]*sql.Stmt
	bound [statements]*sql.Stmt // to tx, when first used
}

// write runs fn in a transaction and commits it, or rolls back if fn fails. The
// context is looked at by us alone, up to the commit: a statement is short, and
// for the driver to watch it costs more than running it.
func (s *Store) write(ctx context.Context, op string, fn func(*writer) error) error {
	conn, err := s.db.Conn(ctx) // may wait for other writers
	if err != nil {
		return s.fault(ctx, op, err)
	}
	defer conn.Close() // goes back to where it came from
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return s.fault(ctx, op, err)
	}
	err = fn(&writer{ctx: ctx, tx: tx, stmts: &s.stmts})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
			err = errors.Join(err, undo)
		}
		return s.fault(ctx, op, err)
	}
	if err := tx.Commit(); err != nil {
		return s.fault(ctx, op, err)
	}
	return nil
}

// exec runs a prepared statement.
func (w *writer) exec(st statement, args ...any) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	_, err := w.stmt(st).Exec(args...)
	return err
}

// stmt returns a prepared statement of the transaction.
func (w *writer) stmt(st statement) *sql.Stmt {
	if w.bound[st] == nil {
		w.bound[st] = w.tx.Stmt(w.stmts[st])
	}
	return w.bound[st]
}

// named refuses a key that one of the databases would not take as it is.
func named(id vcc.InteractionID, table, key string) error {
	if key == "" || !storable(key) {
		return &ConstraintError{Named, id, fmt.Sprintf("%s with the id %q", table, key)}
	}
	return nil
}

func (w *writer) remove(c *Change) error {
	for _, id := range c.ForgetChains {
		if err := w.exec(dropChain, string(id)); err != nil {
			return fmt.Errorf("forget chain %s: %w", id, err)
		}
	}
	for _, id := range c.ForgetInteractions {
		if err := w.exec(dropInteraction, string(id)); err != nil { // its legs go with it
			return fmt.Errorf("forget interaction %s: %w", id, err)
		}
	}
	for _, id := range c.Done {
		if err := w.exec(dropEffect, id); err != nil {
			return fmt.Errorf("remove effect %s from the outbox: %w", id, err)
		}
	}
	return nil
}

// chains stores the chains that push nothing first: a PSR may go from one chain
// to another within a change, and the index looks at every single row.
func (w *writer) chains(c *Change) error {
	rows := lastOf(c.Chains, func(x *omnichannel.Chain) vcc.InteractionID { return x.Interaction })
	pushing := 0
	for _, x := range rows {
		if pushes(x.State) {
			pushing++
		} else if err := w.chain(x); err != nil {
			return err
		}
	}
	if pushing == 0 {
		return nil
	}
	if pushing > 1 { // so that two of them may even trade their PSRs
		for _, x := range rows {
			if !pushes(x.State) {
				continue
			}
			if err := w.exec(dropChain, string(x.Interaction)); err != nil {
				return fmt.Errorf("store chain %s: %w", x.Interaction, err)
			}
		}
	}
	for _, x := range rows {
		if !pushes(x.State) {
			continue
		}
		if err := w.chain(x); err != nil {
			return err
		}
	}
	return nil
}

// pushes tells whether a push is outstanding in this state; the index
// chain_one_push lists the same states.
func pushes(s omnichannel.State) bool {
	return s == omnichannel.Pushing || s == omnichannel.Alerting || s == omnichannel.Retracting
}

func (w *writer) chain(x *omnichannel.Chain) error {
	if err := named(x.Interaction, "chain", string(x.Interaction)); err != nil {
		return err
	}
	doc, err := encode("chain", string(x.Interaction), x)
	if err != nil {
		return err
	}
	if err := w.exec(putChain, string(x.Interaction), string(x.State), string(x.PSR), x.Serial, x.Offer, string(x.Agent), doc); err != nil {
		return violation(err, x.Interaction, "chain in state %q with PSR %q serial %d offer %d agent %q", x.State, x.PSR, x.Serial, x.Offer, x.Agent)
	}
	return nil
}

func (w *writer) interactions(c *Change) error {
	for _, x := range lastOf(c.Interactions, func(x *vcc.Interaction) vcc.InteractionID { return x.ID }) {
		if err := w.interaction(x); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) interaction(x *vcc.Interaction) error {
	if err := named(x.ID, "interaction", string(x.ID)); err != nil {
		return err
	}
	doc, err := encode("interaction", string(x.ID), x)
	if err != nil {
		return err
	}
	if err := w.exec(putInteraction, string(x.ID), string(x.State), x.Offers, doc); err != nil {
		return violation(err, x.ID, "interaction in state %q with %d offers", x.State, x.Offers)
	}
	if err := w.exec(dropLegs, string(x.ID)); err != nil {
		return fmt.Errorf("replace legs of interaction %s: %w", x.ID, err)
	}
	for _, leg := range x.Legs {
		if leg.Asker {
			continue // who consults has the call beside who is asked; the rule is about the latter
		}
		if err := w.exec(addLeg, string(x.ID), leg.Offer, string(leg.Agent), string(leg.State), leg.Size); err != nil {
			return violation(err, x.ID, "leg of agent %q in state %q with offer %d size %d", leg.Agent, leg.State, leg.Offer, leg.Size)
		}
	}
	return nil
}

// others stores agents, cursors and effects.
func (w *writer) others(c *Change) error {
	for i := range c.Agents {
		id := string(c.Agents[i].ID)
		if err := named("", "agent", id); err != nil {
			return err
		}
		doc, err := encode("agent", id, &c.Agents[i])
		if err != nil {
			return err
		}
		if err := w.exec(putAgent, id, doc); err != nil {
			return violation(err, "", "agent %q", id)
		}
	}
	for _, x := range c.Cursors {
		if err := named("", "cursor", x.Channel); err != nil {
			return err
		}
		if err := w.exec(putCursor, x.Channel, x.Replay); err != nil {
			return violation(err, "", "cursor of channel %q at %d", x.Channel, x.Replay)
		}
	}
	for i := range c.Effects {
		x := &c.Effects[i]
		if err := named(x.Interaction, "effect", x.ID); err != nil {
			return err
		}
		doc, err := encode("effect", x.ID, x)
		if err != nil {
			return err
		}
		if err := w.exec(putEffect, x.ID, string(x.Kind), string(x.Interaction), doc); err != nil {
			return violation(err, x.Interaction, "effect %q (%s)", x.ID, x.Kind)
		}
	}
	return nil
}

// lastOf returns pointers to the rows, without those that a later one with the
// same key replaces.
func lastOf[R any, K comparable](rows []R, key func(*R) K) []*R {
	out := make([]*R, 0, len(rows))
	at := make(map[K]int, len(rows))
	for i := range rows {
		k := key(&rows[i])
		if j, ok := at[k]; ok {
			out[j] = &rows[i]
			continue
		}
		at[k] = len(out)
		out = append(out, &rows[i])
	}
	return out
}

// violation turns a constraint's refusal of a row into a *ConstraintError that
// describes the row, and wraps every other error with that description.
func violation(err error, id vcc.InteractionID, format string, args ...any) error {
	detail := fmt.Sprintf(format, args...)
	constraint, ok := constraintOf(err)
	if !ok {
		return fmt.Errorf("store %s: %w", detail, err)
	}
	rule, ok := rules[constraint]
	if !ok {
		rule, detail = Unlisted, detail+" against "+constraint
	}
	return &ConstraintError{rule, id, detail}
}
