//go:build unix

package streaming_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

// BenchmarkPolls measures whole polls over loopback, with nothing made durable:
// ours, a floor that is the least a Go program can do, and the clients of others
// that are installed. One operation is one poll.
func BenchmarkPolls(b *testing.B) {
	url := benchServer(b)
	for _, batch := range []int{1, 100, 1000} {
		instance := fmt.Sprintf("%s/poll%d", url, batch)
		b.Run(fmt.Sprintf("%d/omnibridge", batch), func(b *testing.B) { pollOurs(b, instance, batch) })
		b.Run(fmt.Sprintf("%d/floor", batch), func(b *testing.B) { pollFloor(b, instance, batch) })
		for _, peer := range benchPeers {
			b.Run(fmt.Sprintf("%d/%s", batch, peer.name), func(b *testing.B) { pollPeer(b, peer, instance, batch) })
		}
	}
}

// pollOurs takes a batch out of the client for each operation.
func pollOurs(b *testing.B, instance string, batch int) {
	batches := make(chan int)
	c, err := streaming.New(streaming.Options{
		TokenSource: &tokens{instance: instance}, APIVersion: "67.0", Channels: []streaming.Channel{{Name: psr}},
		Cursor: func(context.Context, string) (int64, error) { return 100, nil },
		Deliver: func(ctx context.Context, events []streaming.Event) error {
			select {
			case batches <- len(events):
			case <-ctx.Done():
			}
			return nil
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	<-batches
	benchPoll(b, batch, func() int { return <-batches })
	stop()
	<-ended
}

// pollFloor posts connects with net/http and reads replies with encoding/json:
// no cookies, no deduplication, no recovery, no deadline.
func pollFloor(b *testing.B, instance string, batch int) {
	type element struct {
		Channel  string `json:"channel"`
		ClientID string `json:"clientId"`
		Data     *struct {
			Event struct {
				Replay int64 `json:"replayId"`
			} `json:"event"`
			SObject json.RawMessage `json:"sobject"`
		} `json:"data"`
	}
	var last int64
	post := func(text string) (events int, clientID string) {
		req, err := http.NewRequest(http.MethodPost, instance+"/cometd/67.0", bytes.NewReader([]byte(text)))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer token-1")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			b.Fatal(err)
		}
		var all []element
		if err := json.Unmarshal(body, &all); err != nil {
			b.Fatal(err)
		}
		for _, e := range all {
			if e.Data != nil {
				last = max(last, e.Data.Event.Replay)
				events++
			}
			clientID = e.ClientID
		}
		return events, clientID
	}
	_, id := post(`[{"id":"1","channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}]`)
	post(`[{"id":"2","channel":"/meta/subscribe","clientId":"` + id + `","subscription":"` + psr + `"}]`)
	connect := `[{"id":"3","channel":"/meta/connect","clientId":"` + id + `","connectionType":"long-polling"}]`
	benchPoll(b, batch, func() int { events, _ := post(connect); return events })
}

// benchPoll runs polls and reports what an event costs.
func benchPoll(b *testing.B, batch int, poll func() int) {
	before := processTime()
	for b.Loop() {
		if n := poll(); n != batch {
			b.Fatalf("%d events in a poll, want %d", n, batch)
		}
	}
	benchCost(b, b.N*batch, b.Elapsed(), processTime()-before)
}

func benchCost(b *testing.B, events int, took, cpu time.Duration) {
	b.ReportMetric(float64(events)/took.Seconds(), "events/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(events), "cpu-µs/event")
}

// processTime is the CPU time of this process so far.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
