package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// MaxReads is how many paths one ReadAll takes; at most 5 of them may be
// queries (salesforce-apis 2.5).
const MaxReads = 25

// Reply is the answer to one path of a ReadAll.
type Reply struct {
	Body json.RawMessage // when it succeeded
	Err  *APIError       // when it was refused
}

// ReadAll gets several paths in one request, which counts as one API call.
// Salesforce carries them out one after another, in the order given, so a
// later reply is never older than an earlier one. The paths are as in
// [Client.Do]. The error is for the request as a whole; each reply has its own.
func (c *Client) ReadAll(ctx context.Context, paths ...string) ([]Reply, error) {
	op := fmt.Sprintf("read %d resources", len(paths))
	if len(paths) == 0 {
		return nil, nil
	}
	if len(paths) > MaxReads {
		return nil, fmt.Errorf("%s: %w: one request takes %d: split them", op, ErrBadCall, MaxReads)
	}
	type subrequest struct {
		Method string `json:"method"`
		URL    string `json:"url"`
		ID     string `json:"referenceId"`
	}
	var request struct {
		AllOrNone bool         `json:"allOrNone"`
		Requests  []subrequest `json:"compositeRequest"`
	}
	for i, path := range paths {
		full, err := c.resolve(http.MethodGet, path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: %w", op, ErrBadCall, err)
		}
		request.Requests = append(request.Requests, subrequest{http.MethodGet, "/" + full, "r" + strconv.Itoa(i)})
	}
	// A POST by form, but nothing in it changes anything.
	body, err := c.apex(ctx, &call{op: op, repeatable: true}, http.MethodPost, "composite", request)
	if err != nil {
		return nil, err
	}
	var reply struct {
		Responses []struct {
			Body   json.RawMessage `json:"body"`
			Status int             `json:"httpStatusCode"`
			ID     string          `json:"referenceId"`
		} `json:"compositeResponse"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return nil, fmt.Errorf("%s: decode reply: %w", op, err)
	}
	if len(reply.Responses) != len(paths) {
		return nil, fmt.Errorf("%s: the reply holds %d", op, len(reply.Responses))
	}
	replies := make([]Reply, len(paths))
	for i, r := range reply.Responses {
		switch {
		case r.ID != request.Requests[i].ID:
			return nil, fmt.Errorf("%s: reply %d answers %q", op, i, clip(r.ID))
		case r.Status >= 200 && r.Status < 300:
			replies[i].Body = r.Body
		default:
			replies[i].Err = readAPIError(r.Status, r.Body)
		}
	}
	return replies, nil
}
