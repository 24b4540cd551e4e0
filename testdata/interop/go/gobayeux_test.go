package interop

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sigmavirus24/gobayeux/v2"
	"github.com/sigmavirus24/gobayeux/v2/extensions/replay"
)

// wire signs requests, since the client's own ways to do it reach the hosts of
// Salesforce only, and keeps what was sent.
type wire struct {
	token      string
	subscribed chan struct{} // told after each reply to a subscribe

	mu   sync.Mutex
	sent []map[string]any
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var messages []map[string]any
	if err := json.Unmarshal(body, &messages); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.sent = append(w.sent, messages...)
	w.mu.Unlock()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+w.token)
	reply, err := http.DefaultTransport.RoundTrip(r)
	if bytes.Contains(body, []byte("/meta/subscribe")) {
		w.subscribed <- struct{}{}
	}
	return reply, err
}

// TestGobayeux: it shakes hands, subscribes and receives live events in order. Its
// replay extension never reaches the wire and learns nothing, so it starts with
// new events whatever position it was given, and a forgotten session ends it. It has
// neither login nor records: those are plain HTTP.
func TestGobayeux(t *testing.T) {
	o := theOrg(t)
	o.records(t, "gobayeux")
	channel := o.topic(t, "gobayeux")
	ticket := o.ticket(t) // told before anybody listens

	w := &wire{token: o.token, subscribed: make(chan struct{}, 1)}
	client, err := gobayeux.NewClient(o.URL+"/cometd/62.0", gobayeux.WithHTTPTransport(w))
	if err != nil {
		t.Fatal(err)
	}
	positions := replay.NewMapStorage()
	positions.Set(channel, -2)
	if err := client.UseExtension(replay.New(positions)); err != nil {
		t.Fatal(err)
	}
	batches := make(chan []gobayeux.Message, 10)
	client.Subscribe(gobayeux.Channel(channel), batches)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	faults := client.Start(ctx)
	take(t, w.subscribed, "the reply to the subscribe")

	want := []string{"In Progress", "Done", "New"}
	for _, status := range want {
		o.setStatus(t, ticket, status)
	}
	var got []string
	for len(got) < len(want) {
		for _, m := range take(t, batches, "a live event") {
			var data struct {
				SObject struct {
					ID     string `json:"Id"`
					Status string `json:"Status__c"`
				}
			}
			if err := json.Unmarshal(m.Data, &data); err != nil || string(m.Channel) != channel || data.SObject.ID != ticket {
				t.Fatalf("event on %s: %s, %v", m.Channel, m.Data, err)
			}
			got = append(got, data.SObject.Status)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("live events %v, want %v and nothing from before", got, want)
	}
	if at, _ := positions.Get(channel); at != -2 {
		t.Errorf("it learnt the position %d: it could not in v2.7.0", at)
	}
	w.mu.Lock()
	for _, m := range w.sent {
		if m["ext"] != nil || m["id"] != nil {
			t.Errorf("it sent %v: v2.7.0 sends neither ext nor id", m)
		}
	}
	w.mu.Unlock()

	o.forget(t)
	if err := take(t, faults, "the end after a forgotten session"); !strings.Contains(err.Error(), "connect request was not successful") {
		t.Errorf("it ended with %v", err)
	}
}
