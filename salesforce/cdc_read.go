package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"omnibridge/omnichannel"
)

// One call reads up to readPaths times readEach records by their ids: as many
// queries as a composite request takes (salesforce-apis 2.5), each short enough
// for a URL. Reading the whole org is cheaper than a second call.
const (
	readPaths = 5
	readEach  = 200
)

// reading is what was read for a batch.
type reading struct {
	rows   map[string]fieldSet // by id, newer than the batch; nil for a record that is not there
	unread map[string]error    // why one could not be read, for good
}

func newReading() reading {
	return reading{rows: map[string]fieldSet{}, unread: map[string]error{}}
}

// selection is one query of a call.
type selection struct {
	*entity
	ids []string
}

func (s selection) path() string {
	return queryPath("SELECT Id, " + strings.Join(s.fields, ", ") + " FROM " + s.object + " WHERE Id IN " + QuoteList(s.ids))
}

// read reads the records that changes lack, all at once. An error may pass.
func (c *capture) read(ctx context.Context, into reading, changes []change) error {
	selections, left := selected(c.lacking(into, changes))
	for _, id := range left {
		into.unread[id] = fmt.Errorf("more than %d records to read at once", readPaths*readEach)
	}
	paths := make([]string, len(selections))
	for i, s := range selections {
		paths[i] = s.path()
	}
	replies, err := c.org.client.ReadAll(ctx, paths...)
	if err != nil && !lasting(err) {
		return fmt.Errorf("complete change events: %w", err)
	}
	for i, s := range selections {
		rows, failed := []fieldSet(nil), err
		if err == nil {
			rows, failed = rowsOf[fieldSet](replies[i])
		}
		if failed != nil && !lasting(failed) {
			return fmt.Errorf("complete change events of %s: %w", s.object, failed)
		}
		into.take(s, rows, failed)
	}
	return nil
}

// lacking returns, by object, the ids of the records that changes lack.
func (c *capture) lacking(read reading, changes []change) map[*entity][]string {
	wanted := map[*entity][]string{}
	seen := map[string]bool{}
	for _, ch := range changes {
		for _, id := range ch.ids {
			if !seen[id] && c.lacks(read, ch, id) {
				seen[id] = true
				wanted[ch.entity] = append(wanted[ch.entity], id)
			}
		}
	}
	return wanted
}

// selected shares ids out to the queries of one call; left are those that it has
// no room for.
func selected(wanted map[*entity][]string) (list []selection, left []string) {
	for _, e := range entityOrder {
		for ids := range slices.Chunk(wanted[e], readEach) {
			if len(list) == readPaths {
				left = append(left, ids...)
			} else {
				list = append(list, selection{e, ids})
			}
		}
	}
	return list, left
}

// take takes the rows of a query, or why it failed.
func (r reading) take(s selection, rows []fieldSet, err error) {
	for _, id := range s.ids {
		if err != nil {
			r.unread[id] = err
		} else {
			r.rows[id] = nil
		}
	}
	for _, row := range rows {
		var id string
		if err := json.Unmarshal(row["Id"], &id); err != nil {
			continue // what has no id was not asked for
		}
		kept := fieldSet{}
		for _, name := range s.fields {
			kept[name] = row[name]
		}
		r.rows[omnichannel.Long(id)] = kept
	}
}

// lasting tells whether a read that failed would fail again: the user may not
// read the records, or a field is not there.
func lasting(err error) bool {
	e, ok := errors.AsType[*APIError](err)
	return ok && !e.Retryable || errors.Is(err, ErrBadCall)
}
