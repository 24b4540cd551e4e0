package salesforce

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type idRow struct{ ID string }

// pages serves a query of that many rows, so many per page.
func pages(total, size int) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, r *http.Request, _ string) {
		from := 0
		if _, at, ok := strings.Cut(r.URL.Path, "/query/01g-"); ok {
			_, _ = fmt.Sscan(at, &from)
		}
		to := min(from+size, total)
		rows := []map[string]any{}
		for i := from; i < to; i++ {
			rows = append(rows, map[string]any{"Id": fmt.Sprint(i), "attributes": map[string]string{"type": "Case"}})
		}
		out := map[string]any{"totalSize": total, "done": to == total, "records": rows}
		if to < total {
			out["nextRecordsUrl"] = fmt.Sprintf("/services/data/v62.0/query/01g-%d", to)
		}
		_ = json.NewEncoder(w).Encode(out)
	}
}

func TestQueryReadsAllPages(t *testing.T) {
	for _, tt := range []struct{ total, size, requests int }{{0, 10, 1}, {1, 10, 1}, {10, 10, 1}, {11, 10, 2}, {95, 10, 10}} {
		f := newFakeOrg(t, pages(tt.total, tt.size))
		rows, err := Query[idRow](t.Context(), f.client(t), "SELECT Id FROM Case")
		if err != nil || len(rows) != tt.total {
			t.Fatalf("%+v: %d rows, %v", tt, len(rows), err)
		}
		for i, r := range rows {
			if r.ID != fmt.Sprint(i) {
				t.Errorf("row %d is %s", i, r.ID)
			}
		}
		if requests, _ := f.seen(); len(requests) != tt.requests {
			t.Errorf("%+v: %d requests", tt, len(requests))
		}
	}
}

func TestQueryIsBounded(t *testing.T) {
	for most, fits := range map[int]bool{94: false, 95: true} {
		f := newFakeOrg(t, pages(95, 10))
		rows, err := Query[idRow](t.Context(), f.client(t, func(o *Options) { o.MaxRows = most }), "SELECT Id FROM Case")
		if (err == nil) != fits || fits && len(rows) != 95 {
			t.Errorf("%d rows where %d may come, %v", len(rows), most, err)
		}
	}
}

func TestRowsStopsFetchingWithItsReader(t *testing.T) {
	f := newFakeOrg(t, pages(100, 10))
	for range Rows[idRow](t.Context(), f.client(t), "SELECT Id FROM Case") {
		break
	}
	if requests, _ := f.seen(); len(requests) != 1 {
		t.Errorf("%d requests", len(requests))
	}
}

func TestQueryKeepsWhatTheRowsSay(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{"totalSize":2,"done":true,"records":[{"N":9007199254740993},null]}`))
	rows, err := Query[json.RawMessage](t.Context(), f.client(t), "SELECT N FROM Big__c")
	if err != nil || len(rows) != 2 || string(rows[0]) != `{"N":9007199254740993}` || string(rows[1]) != "null" {
		t.Errorf("%s, %v", rows, err)
	}
}

func TestQueryStartsAgainWhenItsPagesExpire(t *testing.T) {
	serve := pages(30, 10)
	expired := 0
	f := newFakeOrg(t, nil)
	f.api = func(w http.ResponseWriter, r *http.Request, body string) {
		if strings.HasSuffix(r.URL.Path, "01g-20") && expired == 0 {
			expired++
			answer(w, 400, errBody("INVALID_QUERY_LOCATOR", "invalid query locator"))
			return
		}
		serve(w, r, body)
	}
	rows, err := Query[idRow](t.Context(), f.client(t), "SELECT Id FROM Case")
	if err != nil || len(rows) != 30 || expired != 1 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestOddQueryReplies(t *testing.T) {
	for body, want := range map[string]string{
		`{}`:                                    "no records",
		`[]`:                                    "decode",
		`null`:                                  "no records",
		`<html>`:                                "decode",
		`{"done":true,"records":{}}`:            "decode",
		`{"done":false,"records":[{"Id":"1"}]}`: "nextRecordsUrl",
		`{"done":false,"nextRecordsUrl":"https://evil.test/x","records":[{}]}`:                       "nextRecordsUrl",
		`{"done":false,"nextRecordsUrl":"/services/data/v62.0/query/x","records":[{"Id":"1"}]}`:      "end",
		`{"done":false,"nextRecordsUrl":"/services/data/v62.0/query/\u0000","records":[{"Id":"1"}]}`: "nextRecordsUrl",
		`{"done":true,"records":[{"Id":"1"},{"Id":"2"},{"Id":"3"},{"Id":"4"}]}`:                      "more than 3 rows",
	} {
		std := captureLog(t)
		f := newFakeOrg(t, says2(200, body))
		_, err := Query[idRow](t.Context(), f.client(t, func(o *Options) { o.MaxRows = 3 }), "SELECT Id FROM Case WHERE Name = 'x'")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "query") {
			t.Errorf("%s: error %v, want one about %q", body, err, want)
		}
		if std() != "" {
			t.Errorf("%s: simpleforce wrote to the standard logger: %s", body, std())
		}
	}
}

func TestTooLongQueryIsNotSent(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	_, err := Query[idRow](t.Context(), f.client(t), "SELECT Id FROM Case WHERE Name = '"+strings.Repeat("x", 20_000)+"'")
	if !errors.Is(err, ErrBadCall) || !strings.Contains(err.Error(), "split") {
		t.Errorf("error %v", err)
	}
	if requests, _ := f.seen(); len(requests) != 0 {
		t.Error("it was sent")
	}
}

func TestQuotedTextStaysInItsLiteral(t *testing.T) {
	if got := Quote(`O'Neil \ "x"` + "\n"); got != `'O\'Neil \\ \"x\"\n'` {
		t.Errorf("got %s", got)
	}
	if got := QuoteList([]string{"a", "b'"}); got != `('a', 'b\'')` {
		t.Errorf("got %s", got)
	}
	// However odd the text, the first quote that is not escaped is the last character.
	rapid.Check(t, func(t *rapid.T) {
		q := Quote(rapid.String().Draw(t, "text"))
		for i := 1; i < len(q); i++ {
			switch q[i] {
			case '\\':
				i++
			case '\'':
				if i != len(q)-1 {
					t.Fatalf("%s ends early", q)
				}
				return
			}
		}
		t.Fatalf("%s does not end", q)
	})
}

func TestRowCalls(t *testing.T) {
	const id = "500000000000001AAA"
	for _, tt := range []struct {
		call func(*Client) error
		want string
	}{
		{func(c *Client) error { return c.Update(t.Context(), "Case", id, map[string]any{"OwnerId": nil}) }, "PATCH /services/data/v62.0/sobjects/Case/" + id + ` {"OwnerId":null}`},
		{func(c *Client) error { return c.Delete(t.Context(), "Case", id) }, "DELETE /services/data/v62.0/sobjects/Case/" + id + " "},
		{func(c *Client) error { return c.Get(t.Context(), "Case", id, &idRow{}, "Id", "OwnerId") }, "GET /services/data/v62.0/sobjects/Case/" + id + "?fields=Id%2COwnerId "},
		{func(c *Client) error { _, err := c.Do(t.Context(), "GET", "/services/data", nil); return err }, "GET /services/data "},
		{func(c *Client) error {
			_, err := c.Do(t.Context(), "GET", "sobjects/X/E__c/"+url.PathEscape("a/b c"), nil)
			return err
		}, "GET /services/data/v62.0/sobjects/X/E__c/a%2Fb%20c "},
	} {
		got := ""
		f := newFakeOrg(t, func(w http.ResponseWriter, r *http.Request, body string) {
			got = r.Method + " " + r.URL.RequestURI() + " " + body
			if r.Method == "GET" {
				answer(w, 200, `{"Id":"x"}`)
				return
			}
			w.WriteHeader(204)
		})
		if err := tt.call(f.client(t)); err != nil || got != tt.want {
			t.Errorf("sent %q, want %q; %v", got, tt.want, err)
		}
	}
}

func TestDeleteOfWhatIsGoneSucceeds(t *testing.T) {
	f := newFakeOrg(t, script(hangUp, says(404, errBody("ENTITY_IS_DELETED", "entity is deleted"))))
	if err := f.client(t).Delete(t.Context(), "Case", "500000000000001"); err != nil {
		t.Error(err)
	}
	f = newFakeOrg(t, says2(404, errBody("NOT_FOUND", "no")))
	if err := f.client(t).Delete(t.Context(), "Case", "500000000000001"); err == nil {
		t.Error("a record that never was is deleted")
	}
}

func TestBadCallsAreNotSent(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	c := f.client(t)
	for name, call := range map[string]func() error{
		"object":     func() error { _, err := c.Create(t.Context(), "Agent/Work", fields); return err },
		"id":         func() error { return c.Update(t.Context(), "Case", "../x", fields) },
		"no id":      func() error { return c.Delete(t.Context(), "Case", "") },
		"beyond z":   func() error { _, err := c.Create(t.Context(), "Case{", fields); return err },
		"beyond 9":   func() error { return c.Delete(t.Context(), "Case", "50000000000000:") },
		"get id":     func() error { return c.Get(t.Context(), "Case", "1", nil) },
		"method":     func() error { _, err := c.Do(t.Context(), "SPLICE", "x", nil); return err },
		"path":       func() error { _, err := c.Do(t.Context(), "GET", "a b\x00", nil); return err },
		"host":       func() error { _, err := c.Do(t.Context(), "GET", "//evil.test/x", nil); return err },
		"body":       func() error { _, err := c.Create(t.Context(), "Case", func() {}); return err },
		"batch":      func() error { _, err := c.CreateAll(t.Context(), "Case", make([]any, 201)); return err },
		"batch row":  func() error { _, err := c.CreateAll(t.Context(), "Case", []any{1}); return err },
		"many reads": func() error { _, err := c.ReadAll(t.Context(), make([]string, 26)...); return err },
	} {
		if err := call(); !errors.Is(err, ErrBadCall) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if requests, logins := f.seen(); len(requests)+logins != 0 {
		t.Errorf("sent: %v", requests)
	}
}

func TestCreateAllJudgesRowByRow(t *testing.T) {
	sent := ""
	f := newFakeOrg(t, func(w http.ResponseWriter, r *http.Request, body string) {
		sent = r.URL.Path + " " + body
		answer(w, 200, `[{"id":"500000000000001AAA","success":true,"errors":[]},
			{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"busy","fields":[]}]},
			{"success":false,"errors":[{"statusCode":"DUPLICATE_VALUE","message":"dup","fields":["Ext__c"]}]},
			{"success":false,"errors":[]},
			{"success":true}]`)
	})
	rows := []any{fields, map[string]any{}, json.RawMessage(` { "A" : 1 } `), struct{ B int }{2}, fields}
	got, err := f.client(t).CreateAll(t.Context(), "Case", rows)
	if err != nil {
		t.Fatal(err)
	}
	want := `/services/data/v62.0/composite/sobjects {"allOrNone":false,"records":[` +
		`{"attributes":{"type":"Case"},"UserId":"005000000000001AAA"},{"attributes":{"type":"Case"}},` +
		`{"attributes":{"type":"Case"},"A":1},{"attributes":{"type":"Case"},"B":2},` +
		`{"attributes":{"type":"Case"},"UserId":"005000000000001AAA"}]}`
	if sent != want {
		t.Errorf("sent %s", sent)
	}
	if got[0].ID != "500000000000001AAA" || got[0].Err != nil {
		t.Errorf("row 0: %+v", got[0])
	}
	for i, tt := range []struct {
		code  string
		retry bool
	}{{"UNABLE_TO_LOCK_ROW", true}, {"DUPLICATE_VALUE", false}} {
		e, ok := errors.AsType[*APIError](got[i+1].Err)
		if !ok || e.Code() != tt.code || e.Retryable != tt.retry {
			t.Errorf("row %d: %v", i+1, got[i+1].Err)
		}
	}
	for _, i := range []int{3, 4} { // neither an id nor a reason
		if _, ok := errors.AsType[*UnknownOutcomeError](got[i].Err); !ok {
			t.Errorf("row %d: %v", i, got[i].Err)
		}
	}

	f.api = says2(200, `[]`)
	_, err = f.client(t).CreateAll(t.Context(), "Case", rows)
	if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok {
		t.Errorf("too few results: %v", err)
	}
}

func TestReadAll(t *testing.T) {
	sent := ""
	f := newFakeOrg(t, script(says(503, ``), says(200, `{"compositeResponse":[{"body":{"a":1},"httpStatusCode":200,"referenceId":"r0"},
		{"body":[{"errorCode":"NOT_FOUND","message":"no"}],"httpStatusCode":404,"referenceId":"r1"}]}`)))
	inner := f.api
	f.api = func(w http.ResponseWriter, r *http.Request, body string) { sent = body; inner(w, r, body) }
	got, err := f.client(t).ReadAll(t.Context(), "query?q=SELECT+Id+FROM+Case", "sobjects/Case/x")
	if err != nil || string(got[0].Body) != `{"a":1}` || got[1].Err == nil || got[1].Err.Code() != "NOT_FOUND" {
		t.Errorf("%+v %v", got, err)
	}
	if want := `{"allOrNone":false,"compositeRequest":[{"method":"GET","url":"/services/data/v62.0/query?q=SELECT+Id+FROM+Case","referenceId":"r0"},{"method":"GET","url":"/services/data/v62.0/sobjects/Case/x","referenceId":"r1"}]}`; sent != want {
		t.Errorf("sent %s", sent)
	}
	for _, odd := range []string{`{}`, `[]`, `{"compositeResponse":[{"referenceId":"r1"},{"referenceId":"r0"}]}`} {
		f.api = says2(200, odd)
		if _, err := f.client(t).ReadAll(t.Context(), "a", "b"); err == nil {
			t.Errorf("%s is accepted", odd)
		}
	}
}
