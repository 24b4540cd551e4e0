package mockorg

import (
	"context"
	"fmt"
	"maps"
)

// Await holds until want is content with the rows of a query, looks again after
// every commit, and returns those rows. It never polls. When ctx ends first, it
// returns the rows seen last with a ControlError of status 408; a query that
// cannot be read, or asks for COUNT(), is refused at once.
//
// The rows are copies and hold all fields of their records, whichever the query
// selects. want runs outside the org's lock.
func (o *Org) Await(ctx context.Context, soql string, want func(rows []Row) bool) ([]Row, error) {
	p, err := o.schema.prepare(soql)
	if err != nil {
		return nil, badRequest("await %q: %v", soql, err)
	}
	if p.query.Count {
		return nil, badRequest("await %q: COUNT() gives no rows; select Id and say how many rows to wait for", soql)
	}
	return o.await(ctx, p, want)
}

func (o *Org) await(ctx context.Context, p *plan, want func(rows []Row) bool) ([]Row, error) {
	for {
		rows, next, err := o.look(p)
		if err != nil {
			return nil, badRequest("await: %v", err)
		}
		if want(rows) {
			return rows, nil
		}
		select {
		case <-next:
		case <-o.chronicle.done:
			return rows, &ControlError{408, fmt.Sprintf("waited in vain: the org was closed while the query gave %d rows", len(rows))}
		case <-ctx.Done():
			return rows, &ControlError{408, fmt.Sprintf("waited in vain: the query gives %d rows (%v)", len(rows), context.Cause(ctx))}
		}
	}
}

// look runs a query and returns what tells of the next commit.
func (o *Org) look(p *plan) (rows []Row, next <-chan struct{}, err error) {
	err = o.view(func(t *tx) error {
		next = o.chronicle.next
		found, err := t.run(p, false)
		rows = make([]Row, len(found))
		for i, row := range found {
			rows[i] = maps.Clone(row)
		}
		return err
	})
	return rows, next, err
}
