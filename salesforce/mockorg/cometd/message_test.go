package cometd

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg/clock"
)

// Whatever is posted, the server answers with a status or with an array that has
// one reply per message, and the ids are the ones that came.
func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`[]`, `{}`, `[{}]`, `[null]`, `{"channel":"/meta/handshake","id":"1","ext":{"replay":true}}`,
		`[{"id":2,"channel":"/meta/connect","clientId":"x","connectionType":"long-polling","advice":{"timeout":0}},{"channel":"/meta/subscribe","subscription":"/topic/A","ext":{"replay":{"/topic/A":"-2"}}}]`,
		`{"channel":"/meta/subscribe","subscription":["/a","/b?x=1"],"ext":{"replay":{"/a":1e9}}}`, `[{"advice":7,"ext":[]}]`,
	} {
		f.Add([]byte(seed))
	}
	c := clock.New()
	f.Cleanup(c.Stop)
	f.Fuzz(func(t *testing.T, body []byte) {
		messages, err := parse(body)
		for _, m := range messages {
			m.timeout()
			m.replay()
			m.subscriptions()
			numeric(m.ID)
		}
		s := New(Options{Clock: c})
		defer s.Close()
		r := httptest.NewRequest(http.MethodPost, "/cometd/67.0", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "x")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if len(body) > maxRequest {
			if w.Code != http.StatusRequestEntityTooLarge {
				t.Fatalf("%d bytes: status %d", len(body), w.Code)
			}
			return
		}
		if err != nil {
			if w.Code != http.StatusBadRequest {
				t.Fatalf("status %d for %q", w.Code, body)
			}
			return
		}
		var replies []struct {
			ID      json.RawMessage
			Channel string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &replies); err != nil {
			t.Fatalf("answer %q: %v", w.Body, err)
		}
		if len(replies) != len(messages) {
			t.Fatalf("%d replies to %d messages", len(replies), len(messages))
		}
		for i, r := range replies {
			var want bytes.Buffer
			if len(messages[i].ID) > 0 {
				json.Compact(&want, messages[i].ID)
			}
			if want.String() != string(r.ID) {
				t.Fatalf("id %s came back as %s", messages[i].ID, r.ID)
			}
			if strings.ToValidUTF8(messages[i].Channel, "\ufffd") != r.Channel {
				t.Fatalf("channel %q came back as %q", messages[i].Channel, r.Channel)
			}
		}
	})
}
