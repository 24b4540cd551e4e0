package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"strings"

	"github.com/simpleforce/simpleforce"
)

// Query runs a SOQL query and returns the rows of all its pages, decoded into
// T: a struct with json tags, a map, or [json.RawMessage] for the rows as they
// came. If the pages expire under way, the query is run once more from the
// start. Errors are those of [Client.Do]; a query cannot end unknown.
func Query[T any](ctx context.Context, c *Client, soql string) ([]T, error) {
	for again := false; ; again = true {
		var rows []T
		var failed error
		for row, err := range Rows[T](ctx, c, soql) {
			if err != nil {
				failed = err
				break
			}
			rows = append(rows, row)
		}
		if failed == nil {
			return rows, nil
		}
		if e, ok := errors.AsType[*APIError](failed); again || !ok || e.Code() != "INVALID_QUERY_LOCATOR" {
			return nil, failed
		}
	}
}

// Rows runs a SOQL query and yields its rows, fetching page after page as the
// caller goes on; an error ends it. One page is in memory at a time.
func Rows[T any](ctx context.Context, c *Client, soql string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for at, seen := soql, 0; at != ""; {
			page, err := c.page(ctx, at)
			if err != nil {
				yield(zero, err)
				return
			}
			var rows []T
			if err := json.Unmarshal(page.Records, &rows); err != nil {
				yield(zero, fmt.Errorf("query %s: decode rows: %w", objectOf(soql), err))
				return
			}
			if seen += len(rows); seen > c.opt.MaxRows {
				yield(zero, fmt.Errorf("query %s: more than %d rows: narrow the query", objectOf(soql), c.opt.MaxRows))
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if page.Done {
				return
			}
			if at == page.Next || len(rows) == 0 {
				yield(zero, fmt.Errorf("query %s: the pages do not come to an end", objectOf(soql)))
				return
			}
			at = page.Next
		}
	}
}

// page is one reply to a query. The rows are kept from the library, which
// would decode their numbers as floating point and dies on a null row.
type page struct {
	Total   int             `json:"totalSize"`
	Done    bool            `json:"done"`
	Next    string          `json:"nextRecordsUrl,omitempty"`
	Records json.RawMessage `json:"records"`
}

// page runs a query, or fetches the page at a nextRecordsUrl.
func (c *Client) page(ctx context.Context, at string) (page, error) {
	op := "query"
	if !strings.HasPrefix(at, "/services/data") {
		op = "query " + objectOf(at)
		if n := len(url.QueryEscape(at)); n > maxURL {
			return page{}, fmt.Errorf("%s: %w: the query has %d bytes in a URL, Salesforce takes %d: split it", op, ErrBadCall, n, maxURL)
		}
	} else if _, err := url.ParseRequestURI(at); err != nil {
		return page{}, fmt.Errorf("%s: nextRecordsUrl is not a valid path", op)
	}
	var p page
	k := &call{op: op, repeatable: true, keep: func(body []byte) ([]byte, error) {
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, fmt.Errorf("decode reply: %w", err)
		}
		if len(p.Records) == 0 {
			return nil, errors.New("the reply holds no records: it is not the answer to a query")
		}
		return json.Marshal(page{Total: p.Total, Done: p.Done, Next: p.Next, Records: json.RawMessage("[]")})
	}}
	err := c.run(ctx, k, func(sf *simpleforce.Client) error {
		r, err := sf.Query(at)
		if err == nil {
			p.Done, p.Next = r.Done, r.NextRecordsURL
		}
		return err
	})
	if err == nil && !p.Done && !strings.HasPrefix(p.Next, "/services/data") {
		err = fmt.Errorf("%s: more pages are promised, but nextRecordsUrl is not a path of the API", op)
	}
	return p, err
}

// objectOf returns the object of a query, for errors: the rest of a query may
// hold personal data.
func objectOf(soql string) string {
	words := strings.Fields(soql)
	for i, w := range words[:max(len(words)-1, 0)] {
		if strings.EqualFold(w, "from") && isObject(words[i+1]) {
			return words[i+1]
		}
	}
	return "(no object)"
}
