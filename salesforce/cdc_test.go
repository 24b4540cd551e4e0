package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

const (
	presenceID = "0Sv000000000001CAA"
	createdAt  = `"CreatedDate":"2026-11-22T10:00:00.000Z"`
	newPSR     = `"RoutingModel":"ExternalRouting","IsReadyForRouting":true,"Serial":1,"WorkItemId":"` + caseID + `","GroupId":"` + queueID + `","ServiceChannelId":"` + channelID + `","IsPushed":false,"PreferredUserId":"` + agentID + `",` + createdAt
	newWork    = `"UserId":"` + agentID + `","WorkItemId":"` + caseID + `","ServiceChannelId":"` + channelID + `","PendingServiceRoutingId":"` + psrID + `","Status":"Assigned",` + createdAt
	newRow     = `"UserId":"` + agentID + `","ServicePresenceStatusId":"` + statusID + `","IsCurrentState":true`
)

// captured is a change event; what is "PSR", "Work" or "Row".
func captured(kind, what, ids, more string) streaming.Event {
	object := map[string]string{"PSR": "PendingServiceRouting", "Work": "AgentWork", "Row": "UserServicePresence"}[what]
	if more != "" {
		more = "," + more
	}
	return event(CaptureChannel, `{"schema":"x","payload":{"ChangeEventHeader":{"entityName":"`+first(object, what)+`","recordIds":[`+ids+`],"changeType":"`+kind+`","commitTimestamp":1}`+more+`},"event":{"replayId":7}}`)
}

// about is a change event of the one record of each object that tests use.
func about(kind, what, more string) streaming.Event {
	return captured(kind, what, `"`+map[string]string{"PSR": psrID, "Work": workID, "Row": presenceID}[what]+`"`, more)
}

// rowsByID answers composite reads from rows, and counts what was asked.
type rowsByID struct {
	mu    sync.Mutex
	rows  map[string]string // id to fields
	calls []string          // of each, how many ids its queries asked for
	steps []func(http.ResponseWriter)
}

var askedIDs = regexp.MustCompile(`'(\w{18})'`)

func (q *rowsByID) answer(w http.ResponseWriter, _ *http.Request, body string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.steps) > 0 {
		step := q.steps[0]
		q.steps = q.steps[1:]
		step(w)
		return
	}
	var request struct {
		Requests []struct {
			URL string `json:"url"`
			ID  string `json:"referenceId"`
		} `json:"compositeRequest"`
	}
	_ = json.Unmarshal([]byte(body), &request)
	var replies, counts []string
	for _, r := range request.Requests {
		u, _ := url.Parse(r.URL)
		var rows []string
		ids := askedIDs.FindAllStringSubmatch(u.Query().Get("q"), -1)
		for _, id := range ids {
			if row, ok := q.rows[id[1]]; ok {
				rows = append(rows, `{"attributes":{"type":"x"},"Id":"`+id[1]+`",`+row+`}`)
			}
		}
		counts = append(counts, fmt.Sprint(len(ids)))
		replies = append(replies, fmt.Sprintf(`{"body":{"totalSize":%d,"done":true,"records":[%s]},"httpStatusCode":200,"referenceId":%q}`, len(rows), strings.Join(rows, ","), r.ID))
	}
	q.calls = append(q.calls, strings.Join(counts, "+"))
	answer(w, 200, `{"compositeResponse":[`+strings.Join(replies, ",")+`]}`)
}

func captureOf(t *testing.T) (*capture, *rowsByID) {
	q := &rowsByID{rows: map[string]string{}}
	o, _ := orgOf(t, q.answer)
	return NewCapture(o).(*capture), q
}

// inShort tells a signal in a few words.
func inShort(s omnichannel.Signal) string {
	switch s := s.(type) {
	case omnichannel.PSRSeen:
		if s.Deleted {
			return "gone"
		}
		p := s.PSR
		if p.ID == "" || p.Record != caseID || p.Channel != channelID || p.Created.IsZero() {
			return fmt.Sprintf("incomplete %+v", s)
		}
		return fmt.Sprintf("serial=%d pushed=%t queue=%t prefer=%t", p.Serial, p.Pushed, p.Queue != "", p.Prefer != "")
	case omnichannel.WorkSeen:
		w := s.Work
		if w.ID == "" || w.Record != caseID || w.User != agentID || w.PSR != psrID || w.Channel != channelID || w.Created.IsZero() {
			return fmt.Sprintf("incomplete %+v", s)
		}
		return strings.TrimSpace(string(w.Status) + " " + w.DeclineReason)
	case omnichannel.PresenceSeen:
		if s.Row.ID == "" || s.Row.User != agentID || s.Row.Status != statusID {
			return fmt.Sprintf("incomplete %+v", s)
		}
		return fmt.Sprintf("current=%t", s.Row.Current)
	}
	return fmt.Sprintf("%T", s)
}

// told decodes a batch and tells its signals in short, then its gap if any.
func told(t *testing.T, c *capture, batch ...streaming.Event) string {
	t.Helper()
	d, err := c.Decode(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range d.Signals {
		list = append(list, inShort(s))
	}
	for channel, why := range d.Gaps {
		if channel != CaptureChannel {
			t.Errorf("gap of %s", channel)
		}
		list = append(list, "gap: "+why)
	}
	return strings.Join(list, "; ")
}

// batch is what one delivery holds, what it means, and which reads it takes.
type batch struct {
	events []streaming.Event
	want   string
	calls  string // ids asked for by the queries of each call, as "1+1, 1"
}

// TestCapture tells how change events are completed: each case is a series of
// batches that one daemon sees. rows are what the org would answer to a read.
func TestCapture(t *testing.T) {
	full := "serial=1 pushed=false queue=true prefer=true"
	ev := func(list ...streaming.Event) []streaming.Event { return list }
	for _, tt := range []struct {
		name    string
		rows    map[string]string
		batches []batch
	}{
		{"a life seen from its start takes no read", nil, []batch{
			{ev(about("CREATE", "PSR", newPSR), about("CREATE", "Work", newWork), about("UPDATE", "PSR", `"Serial":2,"IsPushed":true`)), full + "; Assigned; serial=2 pushed=true queue=true prefer=true", ""},
			{ev(about("UPDATE", "Work", `"Status":"Declined","DeclineReason":"busy"`), about("UPDATE", "PSR", `"IsPushed":false,"Serial":3,"PreferredUserId":null`)), "Declined busy; serial=3 pushed=false queue=true prefer=false", ""},
			{ev(about("DELETE", "PSR", "")), "gone", ""},
		}},
		{"after a restart identity is read, and the event's own state stands",
			map[string]string{workID: strings.Replace(newWork, "Assigned", "Closed", 1)}, []batch{
				{ev(about("UPDATE", "Work", `"Status":"Opened"`), about("UPDATE", "Work", `"Status":"Closed"`)), "Opened; Closed", "1"},
			}},
		{"one call completes all of a batch",
			map[string]string{psrID: strings.Replace(newPSR, `"Serial":1`, `"Serial":5`, 1), workID: newWork, presenceID: newRow}, []batch{
				{ev(about("UPDATE", "Row", `"IsCurrentState":false`), about("UPDATE", "PSR", `"Serial":5`), about("UPDATE", "Work", `"Status":"Opened"`)), "current=false; serial=5 pushed=false queue=true prefer=true; Opened", "1+1+1"},
			}},
		{"a missing serial means that something lies between: read",
			map[string]string{psrID: strings.NewReplacer(`"Serial":1`, `"Serial":4`, `"IsPushed":false`, `"IsPushed":true`).Replace(newPSR)}, []batch{
				{ev(about("CREATE", "PSR", newPSR), about("UPDATE", "PSR", `"Serial":3,"LastDeclinedAgentSession":"x"`)), full + "; serial=4 pushed=true queue=true prefer=true", "1"},
				{ev(about("UPDATE", "PSR", `"Serial":4,"IsPushed":true`)), "serial=4 pushed=true queue=true prefer=true", ""},
			}},
		{"an update without a serial proves nothing: read",
			map[string]string{psrID: strings.Replace(newPSR, `"Serial":1`, `"Serial":2`, 1)}, []batch{
				{ev(about("CREATE", "PSR", newPSR), about("UPDATE", "PSR", `"IsPushed":true`)), full + "; serial=2 pushed=false queue=true prefer=true", "1"},
			}},
		{"an old event does not bring an old state back", nil, []batch{
			{ev(about("CREATE", "PSR", newPSR), about("UPDATE", "PSR", `"Serial":2,"IsPushed":true`)), full + "; serial=2 pushed=true queue=true prefer=true", ""},
			{ev(about("CREATE", "PSR", newPSR), about("UPDATE", "PSR", `"Serial":1`)), "serial=2 pushed=true queue=true prefer=true; serial=2 pushed=true queue=true prefer=true", ""},
		}},
		{"what is not there any more is gone",
			nil, []batch{
				{ev(about("UPDATE", "PSR", `"Serial":9`), about("UPDATE", "Work", `"Status":"Opened"`), about("UPDATE", "Row", `"IsCurrentState":false`)), "gone", "1+1+1"},
			}},
		{"work that Salesforce routes itself is not ours", nil, []batch{
			{ev(about("CREATE", "PSR", strings.Replace(newPSR, "ExternalRouting", "MostAvailable", 1)), about("UPDATE", "PSR", `"Serial":2,"IsPushed":true`)), "", ""},
			{ev(about("UPDATE", "PSR", `"Serial":3,"RoutingModel":"ExternalRouting"`)), "serial=3 pushed=true queue=true prefer=true", ""},
			{ev(about("UPDATE", "PSR", `"Serial":4,"RoutingModel":"MostAvailable"`), about("UPDATE", "PSR", `"Serial":5`)), "gone", ""},
			{ev(about("UPDATE", "PSR", `"Serial":6,"RoutingModel":"ExternalRouting","IsReadyForRouting":false`)), "", ""},
		}},
		{"work that left external routing while nobody looked may have been ours",
			map[string]string{psrID: strings.Replace(newPSR, "ExternalRouting", "MostAvailable", 1)}, []batch{
				{ev(about("UPDATE", "PSR", `"Serial":3,"RoutingModel":"MostAvailable"`)), "gone", "1"},
			}},
		{"a capacity counted anew is noise", nil, []batch{
			{ev(about("CREATE", "Row", newRow), about("UPDATE", "Row", `"AverageCapacity":2.5`), about("UPDATE", "Work", `"HandleTime":3`)), "current=true", ""},
			{ev(about("UPDATE", "Row", `"IsCurrentState":false,"StatusEndDate":"2026-11-22T10:00:00.000Z"`)), "current=false", ""},
		}},
		{"presence that has ended stays ended", map[string]string{presenceID: strings.Replace(newRow, "true", "false", 1)}, []batch{
			{ev(about("GAP_UPDATE", "Row", ""), about("CREATE", "Row", newRow)), "current=false; current=false", "1"},
		}},
		{"one change of many records", nil, []batch{
			{ev(captured("CREATE", "Work", `"0Bz000000000001","0Bz000000000002","0Bz000000000003CAA"`, newWork)), "Assigned; Assigned; Assigned", ""},
			{ev(captured("UPDATE", "Work", `"`+workID+`","0Bz000000000002"`, `"Status":"Unavailable"`)), "Unavailable; Unavailable", ""},
		}},
		{"gap events are read", map[string]string{psrID: newPSR, workID: strings.Replace(newWork, "Assigned", "Opened", 1), presenceID: newRow}, []batch{
			{ev(about("GAP_CREATE", "PSR", ""), about("GAP_UPDATE", "Work", ""), about("GAP_UNDELETE", "Row", "")), full + "; Opened; current=true", "1+1+1"},
			{ev(about("UNDELETE", "Work", newWork)), "Opened", "1"},
		}},
		{"a deletion in a gap", nil, []batch{
			{ev(about("CREATE", "PSR", newPSR)), full, ""},
			{ev(about("GAP_DELETE", "PSR", ""), about("GAP_DELETE", "Work", ""), about("DELETE", "Work", ""), about("DELETE", "Row", "")), "gone", "1+1"},
		}},
		{"an overflow is a gap", nil, []batch{
			{ev(captured("GAP_OVERFLOW", "Work", `"000000000000000AAA"`, ""), about("CREATE", "Row", newRow)), "current=true; gap: event 7: Salesforce left out changes of AgentWork: too many at once (GAP_OVERFLOW)", ""},
		}},
		{"others on the channel are passed over", nil, []batch{
			{ev(captured("CREATE", "Account", `"001000000000001AAA"`, ""), captured("GAP_OVERFLOW", "Account", `"000000000000000AAA"`, ""), captured("DANCE", "Account", ``, "")), "", ""},
		}},
	} {
		c, q := captureOf(t)
		q.rows = tt.rows
		for i, b := range tt.batches {
			q.calls = nil
			if got := told(t, c, b.events...); got != b.want {
				t.Errorf("%s: batch %d:\n got %s\nwant %s", tt.name, i, got, b.want)
			}
			if got := strings.Join(q.calls, ", "); got != b.calls {
				t.Errorf("%s: batch %d: calls %q, want %q", tt.name, i, got, b.calls)
			}
		}
	}
}

// TestCaptureOfWhatCannotBeRead holds that an event that never decodes is a gap,
// and that the rest of its batch is told.
func TestCaptureOfWhatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		ev   streaming.Event
		want string
	}{
		{event(CaptureChannel, `{`), "JSON"},
		{event(CaptureChannel, `[]`), "cannot unmarshal"},
		{event(CaptureChannel, `null`), "no ChangeEventHeader"},
		{event(CaptureChannel, `{"event":{"type":"created"},"sobject":{"Id":"`+psrID+`"}}`), "no ChangeEventHeader"},
		{event(CaptureChannel, `{"payload":{"ChangeEventHeader":7}}`), "ChangeEventHeader"},
		{about("SNAPSHOT", "PSR", newPSR), `"SNAPSHOT"`},
		{captured("UPDATE", "PSR", ``, newPSR), "no record"},
		{captured("GAP_UPDATE", "PSR", `"0JR*"`, ""), "0JR*"},
		{about("CREATE", "PSR", `"RoutingModel":"ExternalRouting","IsReadyForRouting":true`), "can the integration user see them"},
		{about("CREATE", "Work", strings.Replace(newWork, agentID, "", 1)), "UserId"},
		{about("CREATE", "Work", strings.Replace(newWork, "Assigned", "Dancing", 1)), "Dancing"},
		{about("CREATE", "Row", `"IsCurrentState":true`), "UserId"},
	} {
		c, _ := captureOf(t)
		got := told(t, c, tt.ev, captured("CREATE", "Row", `"0Sv000000000009CAA"`, newRow))
		if !strings.HasPrefix(got, "current=true; gap: event 7: ") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %s", tt.ev.Data, got)
		}
	}
}

// TestCaptureReads says what becomes of events that need a read when it fails.
func TestCaptureReads(t *testing.T) {
	update := about("UPDATE", "Work", `"Status":"Opened"`)
	refusal := `{"compositeResponse":[{"body":[{"errorCode":"INVALID_FIELD","message":"No such column 'Status'"}],"httpStatusCode":400,"referenceId":"r0"}]}`
	for _, tt := range []struct {
		name string
		step func(http.ResponseWriter)
		want string // empty: try again
	}{
		{"a passing fault", says(503, errBody("SERVER_UNAVAILABLE", "busy")), ""},
		{"no reply", hangUp, ""},
		{"no access at all", says(403, errBody("INSUFFICIENT_ACCESS", "no")), "INSUFFICIENT_ACCESS"},
		{"a field is hidden", says(200, refusal), "INVALID_FIELD"},
	} {
		c, q := captureOf(t)
		q.rows[workID] = newWork
		q.steps = slices.Repeat([]func(http.ResponseWriter){tt.step}, 10)
		d, err := c.Decode(t.Context(), []streaming.Event{about("CREATE", "Row", newRow), update})
		if tt.want == "" {
			if err == nil || d.Signals != nil || d.Gaps != nil {
				t.Errorf("%s: %+v, %v", tt.name, d, err)
			}
			q.mu.Lock()
			q.steps = nil
			q.mu.Unlock()
			if got := told(t, c, about("CREATE", "Row", newRow), update); got != "current=true; Opened" {
				t.Errorf("%s: tried again: %s", tt.name, got)
			}
			continue
		}
		if err != nil || len(d.Signals) != 1 || !strings.Contains(d.Gaps[CaptureChannel], tt.want) {
			t.Errorf("%s: %+v, %v", tt.name, d, err)
		}
	}
}

// TestCaptureBoundsReads holds that one call reads many records, and that more
// than fit into it are a gap.
func TestCaptureBoundsReads(t *testing.T) {
	for _, tt := range []struct {
		n     int
		calls string
		gap   bool
	}{{450, "200+200+50", false}, {1000, "200+200+200+200+200", false}, {1001, "200+200+200+200+200", true}} {
		c, q := captureOf(t)
		var events []streaming.Event
		for i := range tt.n {
			id := omnichannel.Long(fmt.Sprintf("0Bz%012d", i))
			q.rows[id] = newWork
			events = append(events, captured("UPDATE", "Work", `"`+id+`"`, `"Status":"Opened"`))
		}
		d, err := c.Decode(t.Context(), events)
		if err != nil || len(d.Signals) != min(tt.n, 1000) || (len(d.Gaps) > 0) != tt.gap || strings.Join(q.calls, ", ") != tt.calls {
			t.Errorf("%d: %d signals, gaps %v, calls %v, %v", tt.n, len(d.Signals), d.Gaps, q.calls, err)
		}
	}
}

func TestMemoryForgetsWhatWasNotUsed(t *testing.T) {
	m := newMemory(8)
	m.put("kept", fieldSet{})
	for i := range 100 {
		m.put(fmt.Sprint(i), fieldSet{})
		if _, ok := m.get("kept"); !ok {
			t.Fatalf("forgot at %d what was used just now", i)
		}
		if n := len(m.young) + len(m.old); n > 8 {
			t.Fatalf("%d records", n)
		}
	}
	if _, ok := m.get("97"); !ok {
		t.Error("forgot what was put just now")
	}
	if _, ok := m.get("1"); ok {
		t.Error("remembers for ever")
	}
	m.forget("kept")
	if _, ok := m.get("kept"); ok {
		t.Error("remembers what was to be forgotten")
	}
}

// FuzzCapture holds that no event breaks the decoder, and that what it tells is
// complete.
func FuzzCapture(f *testing.F) {
	for what, more := range map[string]string{"PSR": newPSR, "Work": newWork, "Row": newRow} {
		for kind := range changeKinds {
			f.Add([]byte(about(kind, what, more).Data), []byte(about("UPDATE", what, `"Status":null,"Serial":2`).Data))
		}
	}
	tokens, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"}})
	if err != nil {
		f.Fatal(err)
	}
	tokens.current = Token{Access: "t", InstanceURL: "https://acme.my.salesforce.com"}
	broken, err := NewClient(Options{Tokens: tokens, Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network") })})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		c := NewCapture(&Org{client: broken}).(*capture)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a read fails at once
		d, err := c.Decode(ctx, []streaming.Event{event(CaptureChannel, string(one)), event(CaptureChannel, string(two))})
		if err != nil && (d.Signals != nil || d.Gaps != nil) {
			t.Error("signals beside an error")
		}
		for _, s := range d.Signals {
			switch s := s.(type) {
			case omnichannel.PSRSeen:
				if s.PSR.ID == "" || !s.Deleted && (s.PSR.Record == "" || s.PSR.Channel == "" || s.PSR.Created.IsZero()) {
					t.Errorf("%+v", s)
				}
			case omnichannel.WorkSeen:
				if s.Work.ID == "" || s.Work.Record == "" || s.Work.User == "" || !s.Work.Status.Valid() {
					t.Errorf("%+v", s)
				}
			case omnichannel.PresenceSeen:
				if s.Row.ID == "" || s.Row.User == "" {
					t.Errorf("%+v", s)
				}
			}
		}
	})
}

func BenchmarkCapture(b *testing.B) {
	c := NewCapture(&Org{})
	create, update := about("CREATE", "Work", newWork), about("UPDATE", "Work", `"Status":"Opened"`)
	b.ReportAllocs()
	for b.Loop() {
		if d, err := c.Decode(b.Context(), []streaming.Event{create, update}); err != nil || len(d.Signals) != 2 {
			b.Fatal(d, err)
		}
	}
}
