package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"omnibridge/vcc"
)

// A commit of many entries is nearly all work on the journal: a row and an entry
// of its index for each. So those of a large change are stored as one row
// (journal_batch), and become rows of their own when the journal is pruned, which
// is done now and then and beside the work:
//
//	Commit -- few ----------------------> journal        rows, found by interaction
//	       -- many --> journal_batch --------^ unpack    searched as text until then
const (
	batchFrom = 16  // entries of a change from which on they are stored so
	batchMost = 100 // entries in one row; unpacking it is one transaction, for which commits wait
)

// batched is an entry within a batch.
type batched struct {
	At          int64             `json:"at"` // in microseconds
	Interaction vcc.InteractionID `json:"interaction,omitempty"`
	What        string            `json:"what,omitempty"`
	Offer       int               `json:"offer,omitempty"`
	Agent       vcc.AgentID       `json:"agent,omitempty"`
	Why         string            `json:"why,omitempty"`
}

// usualEntry is about how many bytes an entry takes in a batch.
const usualEntry = 128

// batch stores entries as one row; last is the number of the last of them.
func (w *writer) batch(last int64, entries []Entry) error {
	doc := append(make([]byte, 0, len(entries)*usualEntry), '[')
	for i := range entries {
		doc = appendEntry(doc, &entries[i])
		doc = append(doc, ',')
	}
	doc[len(doc)-1] = ']' // in the place of the last comma
	if err := w.exec(addBatch, last, string(doc)); err != nil {
		return violation(err, entries[0].Interaction, "%d journal entries from %q on", len(entries), entries[0].What)
	}
	return nil
}

// appendEntry appends an entry as batched is read. It is written by hand because
// encoding/json would take longer than the database.
func appendEntry(doc []byte, e *Entry) []byte {
	doc = append(doc, `{"at":`...)
	doc = strconv.AppendInt(doc, e.At.UnixMicro(), 10)
	doc = appendMember(doc, `,"interaction":`, string(e.Interaction))
	doc = appendMember(doc, `,"what":`, e.What)
	if e.Offer != 0 {
		doc = append(doc, `,"offer":`...)
		doc = strconv.AppendInt(doc, int64(e.Offer), 10)
	}
	doc = appendMember(doc, `,"agent":`, string(e.Agent))
	doc = appendMember(doc, `,"why":`, e.Why)
	return append(doc, '}')
}

// appendMember appends a member that is text, unless that is empty.
func appendMember(doc []byte, name, text string) []byte {
	if text == "" {
		return doc
	}
	return appendText(append(doc, name...), text)
}

// appendText appends a JSON string.
func appendText(doc []byte, text string) []byte {
	for _, c := range []byte(text) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(legible(text)) // a string always can be
			return append(doc, quoted...)
		}
	}
	doc = append(doc, '"')
	doc = append(doc, text...)
	return append(doc, '"')
}

// unbatch reads the entries of a row, with their numbers.
func unbatch(last int64, doc []byte) ([]Entry, error) {
	var all []batched
	if err := decode("journal_batch", strconv.FormatInt(last, 10), doc, &all); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(all))
	for i, e := range all {
		entries[i] = Entry{Seq: last - int64(len(all)-1-i), At: time.UnixMicro(e.At).UTC(),
			Interaction: e.Interaction, What: e.What, Offer: e.Offer, Agent: e.Agent, Why: e.Why}
	}
	return entries, nil
}

// batches reads what a query wants of the entries that are still in batches.
func (r reader) batches(q JournalQuery, limit int) (found []Entry, err error) {
	rows, err := r.tx.QueryContext(r.ctx, `SELECT seq, doc FROM journal_batch WHERE seq > $1 ORDER BY seq`, q.AfterSeq)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var member []byte // of an entry that is wanted
	if q.Interaction != "" {
		member = appendMember(nil, `"interaction":`, string(q.Interaction))
	}
	var last int64
	var doc sql.RawBytes
	for len(found) < limit && rows.Next() {
		if err := rows.Scan(&last, &doc); err != nil {
			return nil, err
		}
		if !bytes.Contains(doc, member) {
			continue
		}
		entries, err := unbatch(last, doc)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Seq > q.AfterSeq && (q.Interaction == "" || e.Interaction == q.Interaction) {
				found = append(found, e)
			}
		}
	}
	return found, rows.Err()
}

// unpack turns all batches into rows of the journal, a batch per transaction so
// that commits get their turn.
func (s *Store) unpack(ctx context.Context, op string) error {
	for more := true; more; {
		err := s.write(ctx, op, func(w *writer) error {
			var last int64
			var doc []byte
			err := w.tx.QueryRowContext(ctx, `SELECT seq, doc FROM journal_batch ORDER BY seq LIMIT 1`).Scan(&last, &doc)
			if errors.Is(err, sql.ErrNoRows) {
				more = false
				return nil
			}
			if err != nil {
				return err
			}
			entries, err := unbatch(last, doc)
			if err != nil {
				return err
			}
			if err := w.entries(last-int64(len(entries)), entries); err != nil {
				return err
			}
			if _, err := w.tx.ExecContext(ctx, `DELETE FROM journal_batch WHERE seq = $1`, last); err != nil {
				return fmt.Errorf("remove batch %d: %w", last, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
