package bench

import (
	"bytes"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// plan is what a client in a process of its own is to do.
type plan struct {
	Client   string        `json:"client"`
	Instance string        `json:"instance"` // URL before /cometd/67.0
	Channel  string        `json:"channel"`
	Batch    int           `json:"batch"`  // events per poll; 0: as they come
	Warm     time.Duration `json:"warm"`   // from the first event on, not measured
	For      time.Duration `json:"for"`    // then measured, so long
	Events   int           `json:"events"` // or until so many events came; 0: no bound
	Data     string        `json:"data"`   // file to commit each delivery to; "": none
}

// figures is what a client found, printed as JSON on one line.
type figures struct {
	Events int64         `json:"events"`
	Polls  int64         `json:"polls"` // deliveries, as far as the client shows them
	Lost   int64         `json:"lost"`  // replay ids that did not come, or not in order
	Took   time.Duration `json:"took"`
	CPU    time.Duration `json:"cpu"`
	Memory int64         `json:"memory"` // peak, in bytes
	P50    int64         `json:"p50"`    // from publishing to having it, in µs
	P99    int64         `json:"p99"`
	Commit time.Duration `json:"commit"`     // in commits, all in all
	Busy   time.Duration `json:"commit_cpu"` // CPU time meanwhile; the rest is waiting for the disk
}

// sampled is how many latencies are kept: a fair sample of all, of a fixed size,
// so that the meter does not weigh on the memory it measures.
const sampled = 10_000

// meter measures deliveries.
type meter struct {
	plan    plan
	first   time.Time // when the first event came
	started time.Time // when measuring began
	cpu     time.Duration
	last    int64
	found   figures
	sample  []int64
}

func newMeter(p plan) *meter { return &meter{plan: p, sample: make([]int64, 0, sampled)} }

// event takes one event that the client has in hand since now.
func (m *meter) event(replay int64, data []byte, now time.Time) {
	if m.last != 0 && replay != m.last+1 {
		m.found.Lost += max(replay-m.last-1, 1)
	}
	m.last = replay
	m.found.Events++
	m.keep(max(now.UnixMicro()-stamp(data), 0))
}

// keep adds to the sample, or does not.
func (m *meter) keep(latency int64) {
	if len(m.sample) < sampled {
		m.sample = append(m.sample, latency)
	} else if i := rand.Int64N(m.found.Events); i < sampled {
		m.sample[i] = latency
	}
}

// commit measures a commit, which does its work in this goroutine.
func (m *meter) commit(do func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begun, cpu := time.Now(), threadTime()
	err := do()
	took := time.Since(begun)
	m.found.Commit += took
	m.found.Busy += min(threadTime()-cpu, took)
	return err
}

// done takes n events that were made durable in one go, in so long.
func (m *meter) done(n int, took time.Duration) {
	m.found.Events += int64(n)
	m.keep(took.Microseconds())
}

// settle is called after each delivery and tells whether it was the last.
func (m *meter) settle(now time.Time) bool {
	if m.first.IsZero() {
		m.first = now
	}
	m.found.Polls++
	if m.started.IsZero() {
		if now.Sub(m.first) >= m.plan.Warm {
			m.started, m.cpu = now, processTime()
			m.found, m.sample = figures{Lost: m.found.Lost}, m.sample[:0]
		}
		return false
	}
	if now.Sub(m.started) < m.plan.For && (m.plan.Events == 0 || m.found.Events < int64(m.plan.Events)) {
		return false
	}
	m.found.Took = now.Sub(m.started)
	m.found.CPU = processTime() - m.cpu
	m.found.Memory = peakMemory()
	slices.Sort(m.sample)
	m.found.P50, m.found.P99 = m.sample[len(m.sample)/2], m.sample[len(m.sample)*99/100]
	return true
}

var stampMember = []byte(`"` + stampField + `":`)

// stamp reads when an event was published. It does not parse the event: what its
// owner does with it is no part of the client.
func stamp(data []byte) (micros int64) {
	at := bytes.Index(data, stampMember)
	if at < 0 {
		return 0
	}
	for _, c := range data[at+len(stampMember):] {
		if c < '0' || c > '9' {
			break
		}
		micros = micros*10 + int64(c-'0')
	}
	return micros
}
