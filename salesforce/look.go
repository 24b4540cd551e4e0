package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"

	"omnibridge/omnichannel"
)

// maxWorks bounds how many AgentWorks of one work item are read, newest first.
const maxWorks = 200

// look reads what the org says of one work item, in one call: PSRs first, then
// AgentWorks, then the record, so that an accept in between shows as Opened.
func (o *Org) look(ctx context.Context, e omnichannel.Effect) (*omnichannel.Seen, error) {
	if err := checkID(string(e.Record)); err != nil {
		return nil, fmt.Errorf("look up work item: %w", err)
	}
	ch, err := o.channel(ctx, e.Channel)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Record, err)
	}
	path, err := rowPath(ch.Entity, string(e.Record))
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Record, err)
	}
	item := Quote(string(e.Record))
	replies, err := o.client.ReadAll(ctx,
		queryPath("SELECT "+psrFields+" FROM PendingServiceRouting WHERE "+inExternalRouting+" AND WorkItemId = "+item),
		queryPath(fmt.Sprintf("SELECT %s FROM AgentWork WHERE WorkItemId = %s ORDER BY CreatedDate DESC, Id DESC LIMIT %d", workFields, item, maxWorks)),
		path+"?fields=OwnerId")
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Record, err)
	}
	psrs, err := rowsOf[psrRow](replies[0])
	if err != nil {
		return nil, fmt.Errorf("look up %s: PSRs: %w", e.Record, err)
	}
	works, err := rowsOf[workRow](replies[1])
	if err != nil {
		return nil, fmt.Errorf("look up %s: AgentWorks: %w", e.Record, err)
	}
	seen := &omnichannel.Seen{}
	for _, r := range psrs {
		seen.PSRs = append(seen.PSRs, r.psr())
	}
	for _, r := range slices.Backward(works) {
		seen.Works = append(seen.Works, r.work())
	}
	if seen.Owner, seen.Missing, err = ownerOf(replies[2]); err != nil {
		return nil, fmt.Errorf("look up %s: %w", e.Record, err)
	}
	return seen, nil
}

// ownerOf reads the owner from the record's reply. An object may have no owner
// or hide it; that is no fault.
func ownerOf(r Reply) (owner string, missing bool, err error) {
	if r.Err != nil {
		switch {
		case r.Err.Code() == "ENTITY_IS_DELETED", r.Err.Code() == "NOT_FOUND":
			return "", true, nil
		case r.Err.Retryable:
			return "", false, fmt.Errorf("record: %w", r.Err)
		}
		return "", false, nil
	}
	var record struct {
		Owner string `json:"OwnerId"`
	}
	if err := json.Unmarshal(r.Body, &record); err != nil {
		return "", false, fmt.Errorf("record: decode reply: %w", err)
	}
	return omnichannel.Long(record.Owner), false, nil
}

// queryPath is the path of a query for ReadAll.
func queryPath(soql string) string { return "query?q=" + url.QueryEscape(soql) }

// rowsOf decodes the rows of a query that fits in one page.
func rowsOf[T any](r Reply) ([]T, error) {
	if r.Err != nil {
		return nil, r.Err
	}
	var p struct {
		Done    bool `json:"done"`
		Records []T  `json:"records"`
	}
	if err := json.Unmarshal(r.Body, &p); err != nil {
		return nil, fmt.Errorf("decode rows: %w", err)
	}
	if !p.Done {
		return nil, fmt.Errorf("more rows than fit in a page (%d)", len(p.Records))
	}
	return p.Records, nil
}
