package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Create inserts a record and returns its id. Fields is what encodes to a JSON
// object. A create is only repeated when it certainly was not carried out;
// otherwise the error is an [*UnknownOutcomeError].
func (c *Client) Create(ctx context.Context, object string, fields any) (id string, err error) {
	return c.create(ctx, object, fields, &call{})
}

// create is Create with a call that may be prepared.
func (c *Client) create(ctx context.Context, object string, fields any, k *call) (id string, err error) {
	op := "create " + object
	k.op = op
	if err := checkObject(object); err != nil {
		return "", fmt.Errorf("create: %w", err)
	}
	body, err := c.apex(ctx, k, http.MethodPost, "sobjects/"+object, fields)
	if err != nil {
		return "", err
	}
	var reply rowReply
	if err := json.Unmarshal(body, &reply); err != nil {
		return "", c.lostID(op, fmt.Errorf("decode reply: %w", err))
	}
	if !reply.Success && len(reply.Errors) > 0 {
		return "", fmt.Errorf("%s: %w", op, reply.refusal())
	}
	if !isID(reply.ID) {
		return "", c.lostID(op, errors.New("the reply names no record id"))
	}
	return reply.ID, nil
}

// lostID is for a create that succeeded, by its status, but told no id.
func (c *Client) lostID(op string, err error) error {
	c.counts.unknown.Add(1)
	return &UnknownOutcomeError{Op: op, Err: err}
}

// Update sets fields of a record.
func (c *Client) Update(ctx context.Context, object, id string, fields any) error {
	path, err := rowPath(object, id)
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	_, err = c.do(ctx, "update "+object+" "+id, http.MethodPatch, path, fields)
	return err
}

// Delete removes a record. A record that is gone already is a success: an
// earlier attempt of ours, or somebody else, was faster.
func (c *Client) Delete(ctx context.Context, object, id string) error {
	path, err := rowPath(object, id)
	if err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	_, err = c.do(ctx, "delete "+object+" "+id, http.MethodDelete, path, nil)
	if e, ok := errors.AsType[*APIError](err); ok && e.Code() == "ENTITY_IS_DELETED" {
		return nil
	}
	return err
}

// Get reads the named fields of a record into the value that into points to;
// no fields means all that the user may see.
func (c *Client) Get(ctx context.Context, object, id string, into any, fields ...string) error {
	path, err := rowPath(object, id)
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	if len(fields) > 0 {
		path += "?fields=" + url.QueryEscape(strings.Join(fields, ","))
	}
	op := "get " + object + " " + id
	body, err := c.do(ctx, op, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("%s: decode reply: %w", op, err)
	}
	return nil
}

func rowPath(object, id string) (string, error) {
	if err := checkObject(object); err != nil {
		return "", err
	}
	if err := checkID(id); err != nil {
		return "", fmt.Errorf("%s: %w", object, err)
	}
	return "sobjects/" + object + "/" + id, nil
}

// MaxBatch is how many records one CreateAll takes.
const MaxBatch = 200

// RowResult is what became of one record of a batch.
type RowResult struct {
	ID string // set when the record was created
	// Err is an *APIError when the row was refused; then nothing came of it. It is
	// an *UnknownOutcomeError where a single create would end with one.
	Err error
}

// rowReply is how Salesforce answers for one record. Inside collections an
// error carries statusCode, not errorCode (salesforce-apis 2.5).
type rowReply struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
	Errors  []struct {
		StatusCode string   `json:"statusCode"`
		ErrorCode  string   `json:"errorCode"`
		Message    string   `json:"message"`
		Fields     []string `json:"fields"`
	} `json:"errors"`
}

func (r rowReply) refusal() *APIError {
	items := make([]ErrorItem, 0, min(len(r.Errors), maxErrors))
	for _, e := range r.Errors[:min(len(r.Errors), maxErrors)] {
		items = append(items, ErrorItem{Code: clip(first(e.StatusCode, e.ErrorCode)), Message: clip(e.Message), Fields: e.Fields})
	}
	return newAPIError(0, items)
}

// CreateAll inserts up to [MaxBatch] records of one object in one request and
// judges them one by one: some may fail while others are created. Results are
// in the order of rows, each of which must encode to a JSON object. The error
// is for the request as a whole; an [*UnknownOutcomeError] then leaves every
// row unknown. Rows that failed are not tried again: their errors say which
// may be.
func (c *Client) CreateAll(ctx context.Context, object string, rows []any) ([]RowResult, error) {
	op := fmt.Sprintf("create %d %s", len(rows), object)
	if err := checkObject(object); err != nil {
		return nil, fmt.Errorf("create: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if len(rows) > MaxBatch {
		return nil, fmt.Errorf("%s: %w: one request takes %d records: split them", op, ErrBadCall, MaxBatch)
	}
	records := make([]json.RawMessage, len(rows))
	for i, row := range rows {
		record, err := withType(object, row)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: row %d: %w", op, ErrBadCall, i, err)
		}
		records[i] = record
	}
	body, err := c.do(ctx, op, http.MethodPost, "composite/sobjects", struct {
		AllOrNone bool              `json:"allOrNone"`
		Records   []json.RawMessage `json:"records"`
	}{false, records})
	if err != nil {
		return nil, err
	}
	var replies []rowReply
	if err := json.Unmarshal(body, &replies); err != nil {
		return nil, c.lostID(op, fmt.Errorf("decode reply: %w", err))
	}
	if len(replies) != len(rows) {
		return nil, c.lostID(op, fmt.Errorf("%d results for %d rows", len(replies), len(rows)))
	}
	results := make([]RowResult, len(rows))
	for i, r := range replies {
		switch {
		case r.Success && isID(r.ID):
			results[i].ID = r.ID
		case r.Success || len(r.Errors) == 0:
			results[i].Err = c.lostID(fmt.Sprintf("create %s (row %d)", object, i), errors.New("the reply names no record id"))
		default:
			results[i].Err = c.rowFault(fmt.Sprintf("create %s (row %d)", object, i), r.refusal())
		}
	}
	return results, nil
}

// rowFault judges the refusal of one row as that of a single create is judged:
// after a fault of the server nobody knows.
func (c *Client) rowFault(op string, refused *APIError) error {
	if refused.class == outage {
		return c.lostID(op, refused)
	}
	return fmt.Errorf("%s: %w", op, refused)
}

// withType encodes a row and puts the attribute in that collections want.
func withType(object string, row any) (json.RawMessage, error) {
	fields, err := encode(row)
	if err != nil {
		return nil, err
	}
	fields = bytes.TrimSpace(fields)
	if len(fields) < 2 || fields[0] != '{' {
		return nil, errors.New("a record must encode to a JSON object")
	}
	head := []byte(`{"attributes":{"type":"` + object + `"}`)
	if rest := bytes.TrimSpace(fields[1:]); rest[0] != '}' {
		head = append(head, ',')
	}
	return append(head, fields[1:]...), nil
}
