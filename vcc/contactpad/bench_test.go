package contactpad

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// crowd is many panels, each of an agent of its own. They do not read by
// themselves, so what they cost is what the server holds for them.
type crowd struct {
	r     *rig
	conns []*websocket.Conn
}

func (c *crowd) agent(i int) vcc.AgentID { return vcc.AgentID(fmt.Sprintf("0050000000%05dAAA", i)) }

// gather opens n panels and waits until each has its desk.
func gather(b *testing.B, n int) *crowd {
	c := &crowd{r: real(b, func(o *Options) { o.AskEvery, o.Lease = time.Hour, 2*time.Hour })}
	for i := range n {
		agent := c.agent(i)
		c.r.desks.now[agent] = busyDesk(agent)
		d := websocket.Dialer{Subprotocols: []string{subprotocol}, ReadBufferSize: 256, WriteBufferSize: 256,
			NetDial: func(network, addr string) (net.Conn, error) { return net.Dial(network, addr) }}
		conn, _, err := d.Dial("ws"+c.r.url[4:]+"/pad/ws", http.Header{"Origin": {c.r.url}})
		if err != nil {
			b.Fatal(err)
		}
		c.conns = append(c.conns, conn)
		if err := conn.WriteJSON(map[string]any{"t": "hello", "v": 1, "panel": fmt.Sprintf("panel-%05d", i), "token": c.r.session(agent), "visible": true}); err != nil {
			b.Fatal(err)
		}
		c.desk(b, i)
	}
	b.Cleanup(func() {
		for _, conn := range c.conns {
			conn.Close()
		}
	})
	return c
}

// desk reads the messages of a panel until the next desk.
func (c *crowd) desk(b *testing.B, i int) []byte {
	for {
		_, data, err := c.conns[i].ReadMessage()
		if err != nil {
			b.Fatal(err)
		}
		if bytes.HasPrefix(data, []byte(`{"t":"desk"`)) {
			return data
		}
	}
}

// busyDesk is a desk with a call, two chats and three cases.
func busyDesk(agent vcc.AgentID) vcc.Desk {
	now := time.Now()
	d := vcc.Desk{Agent: agent, Name: "Ana Silva", State: vcc.AgentState{Major: vcc.Ready}, Since: now, Shown: "Ready (Working)", ShownSince: now, Mark: "working", Load: 99,
		States: []vcc.AgentState{{Major: vcc.Ready}, {Major: vcc.Outbound}, {Major: vcc.Away}, {Major: vcc.Away, Minor: "Break"}}}
	for i := range 6 {
		d.Cards = append(d.Cards, vcc.Card{Interaction: vcc.InteractionID(fmt.Sprint("interaction-", i)), Offer: 1, Class: vcc.NonLive, Medium: "case", Name: "00001044 Refund not received",
			Record: caseID, Plan: "refunds", PlanLabel: "Refunds", State: vcc.CardConnected, Since: now, Size: 6,
			Actions: []vcc.Action{{Do: vcc.Release}, {Do: vcc.Consult}, {Do: vcc.Transfer, Off: "not now"}}})
	}
	return d
}

// BenchmarkPanels opens 5,000 panels in one process. It reports what each costs the
// process (both ends of its connection are in it), and how soon a change of a desk
// is in the panel's hands.
func BenchmarkPanels(b *testing.B) {
	const n = 5000
	before := inUse()
	c := gather(b, n)
	each := float64(inUse()-before) / n
	took := make([]time.Duration, 0, 1<<16)
	i := 0
	for b.Loop() {
		d := busyDesk(c.agent(i % n))
		d.Load = i
		start := time.Now()
		c.r.desks.set(d)
		c.desk(b, i%n)
		took = append(took, time.Since(start))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(each/1024, "KiB/panel")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	p99 := took[len(took)*99/100]
	b.ReportMetric(float64(p99.Microseconds())/1000, "ms-p99")
	if len(took) >= 1000 && p99 > 5*time.Millisecond {
		b.Errorf("a change is in the panel after %v (p99), want less than 5ms", p99)
	}
}

// BenchmarkBurst changes the desks of 1,000 agents at once, as at the end of an
// hour, and measures until the last panel has its own.
func BenchmarkBurst(b *testing.B) {
	const n = 1000
	c := gather(b, n)
	round := 0
	for b.Loop() {
		round++
		for i := range n {
			d := busyDesk(c.agent(i))
			d.Load = round
			c.r.desks.set(d)
		}
		for i := range n {
			c.desk(b, i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/panel")
}

// inUse returns how much memory heap and stacks take.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
