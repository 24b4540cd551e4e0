// Command bench runs gobayeux for `omnibridge bench streaming`: it carries out a
// plan, given as JSON, and prints what it found, as the other clients do.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/sigmavirus24/gobayeux/v2"
)

type plan struct {
	Instance, Channel string
	Batch, Events     int
	Warm, For         time.Duration
}

type figures struct {
	Events int64         `json:"events"`
	Lost   int64         `json:"lost"`
	Took   time.Duration `json:"took"`
	CPU    time.Duration `json:"cpu"`
	Memory int64         `json:"memory"`
	P50    int64         `json:"p50"`
	P99    int64         `json:"p99"`
}

type event struct {
	Event struct {
		Replay int64 `json:"replayId"`
	} `json:"event"`
	SObject struct {
		Stamp int64 `json:"Stamp__c"`
	} `json:"sobject"`
}

// signed signs requests: the client's own ways reach the hosts of Salesforce only.
type signed struct{}

func (signed) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer token-1")
	return http.DefaultTransport.RoundTrip(r)
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(text string) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	client, err := gobayeux.NewClient(p.Instance+"/cometd/67.0", gobayeux.WithHTTPTransport(signed{}))
	if err != nil {
		return err
	}
	batches := make(chan []gobayeux.Message, 10)
	client.Subscribe(gobayeux.Channel(p.Channel), batches)
	faults := client.Start(context.Background())
	m := meter{plan: p}
	for {
		select {
		case err := <-faults:
			return err
		case batch := <-batches:
			if done, err := m.take(batch); done || err != nil {
				return err
			}
		}
	}
}

// sampled is how many latencies are kept, a fair sample of all.
const sampled = 10_000

type meter struct {
	plan           plan
	first, started time.Time
	cpu            time.Duration
	last           int64
	found          figures
	sample         []int64
}

// take measures a delivery and prints the figures after the last.
func (m *meter) take(batch []gobayeux.Message) (done bool, err error) {
	now := time.Now()
	for _, message := range batch {
		var e event
		if err := json.Unmarshal(message.Data, &e); err != nil {
			return false, err
		}
		if m.last != 0 && e.Event.Replay != m.last+1 {
			m.found.Lost += max(e.Event.Replay-m.last-1, 1)
		}
		m.last = e.Event.Replay
		m.found.Events++
		latency := max(now.UnixMicro()-e.SObject.Stamp, 0)
		if len(m.sample) < sampled {
			m.sample = append(m.sample, latency)
		} else if i := rand.Int64N(m.found.Events); i < sampled {
			m.sample[i] = latency
		}
	}
	if m.plan.Batch > 0 && (m.last-100)%int64(m.plan.Batch) != 0 {
		return false, nil // not the last of its poll
	}
	if m.first.IsZero() {
		m.first = now
	}
	if m.started.IsZero() {
		if now.Sub(m.first) >= m.plan.Warm {
			m.started, m.cpu = now, processTime()
			m.found, m.sample = figures{Lost: m.found.Lost}, m.sample[:0]
		}
		return false, nil
	}
	if now.Sub(m.started) < m.plan.For && (m.plan.Events == 0 || m.found.Events < int64(m.plan.Events)) {
		return false, nil
	}
	m.found.Took, m.found.CPU, m.found.Memory = now.Sub(m.started), processTime()-m.cpu, peakMemory()
	slices.Sort(m.sample)
	m.found.P50, m.found.P99 = m.sample[len(m.sample)/2], m.sample[len(m.sample)*99/100]
	return true, json.NewEncoder(os.Stdout).Encode(m.found)
}

func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakMemory is zero where there is no /proc.
func peakMemory() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, line, _ := strings.Cut(string(status), "VmHWM:")
	if f := strings.Fields(line); len(f) > 0 {
		if kb, err := strconv.ParseInt(f[0], 10, 64); err == nil {
			return kb << 10
		}
	}
	return 0
}
