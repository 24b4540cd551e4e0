package streaming_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The server of the benchmarks runs in a process of its own, so that CPU time in
// the benchmark's process is the client's alone. It answers every poll at once,
// at /poll{N}/cometd/67.0 with N events of about 650 bytes, and is as cheap as
// can be, since events per second are a figure of both sides.

const benchServing = "OMNIBRIDGE_STREAMING_BENCH_SERVER"

// TestServeBenchmarks is the other process; in an ordinary run it does nothing.
func TestServeBenchmarks(*testing.T) {
	if os.Getenv(benchServing) == "" {
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("http://%s\n", l.Addr())
	go http.Serve(l, &flood{sessions: map[string]*flooded{}})
	io.Copy(io.Discard, os.Stdin) // until the benchmark ends
}

// benchServer starts the server and returns its address.
func benchServer(b *testing.B) string {
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeBenchmarks$")
	cmd.Env = append(os.Environ(), benchServing+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://") {
		b.Fatalf("the server of the benchmark says %q, %v", line, err)
	}
	return strings.TrimSpace(line)
}

// flood is the server.
type flood struct {
	mu       sync.Mutex
	sessions map[string]*flooded
}

type flooded struct {
	ready chan struct{} // closed when it is subscribed
	once  sync.Once
	next  int64
}

func (f *flood) session(id string) *flooded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sessions[id]
}

func (f *flood) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var metas []meta
	if r.Method != http.MethodPost {
		http.Error(w, "long polling only", http.StatusMethodNotAllowed) // Faye tries WebSocket
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&metas); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	prefix, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/poll"), "/")
	batch, _ := strconv.Atoi(prefix)
	body := []byte{'['}
	for _, m := range metas {
		body = f.answer(body, r, m, batch, len(metas) == 1)
	}
	body[len(body)-1] = ']' // in place of the last comma
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// answer appends the reply to a message and the events that go with it.
func (f *flood) answer(body []byte, r *http.Request, m meta, batch int, alone bool) []byte {
	more := ""
	switch s := f.session(m.ClientID); {
	case m.Channel == "/meta/handshake":
		f.mu.Lock()
		m.ClientID = fmt.Sprintf("2bc9d4f1a7c04e5b8d3f6a90%08d", len(f.sessions))
		f.sessions[m.ClientID] = &flooded{ready: make(chan struct{}), next: 100}
		f.mu.Unlock()
		more = `,"version":"1.0","supportedConnectionTypes":["long-polling"]`
	case s == nil:
		more = `,"error":"403::Unknown client","successful":false`
	case m.Channel == "/meta/subscribe":
		more = `,"subscription":"` + m.Subscription + `"`
		s.once.Do(func() { close(s.ready) })
	case m.Channel == "/meta/connect" && m.Advice != nil:
		more = `,"advice":{"reconnect":"retry","interval":0,"timeout":110000}`
	case m.Channel == "/meta/connect" && alone:
		select {
		case <-s.ready:
		case <-r.Context().Done():
		}
		for range batch {
			s.next++
			body = benchEvent(body, s.next)
		}
	}
	return fmt.Appendf(body, `{"id":"%s","channel":"%s","clientId":"%s","successful":true%s},`, m.ID, m.Channel, m.ClientID, more)
}

// benchEvent appends a PushTopic event and a comma.
func benchEvent(body []byte, replay int64) []byte {
	body = append(body, `{"clientId":"2bc9d4f1a7c04e5b8d3f6a9012345678","channel":"`+psr+`","data":{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":`...)
	body = strconv.AppendInt(body, replay, 10)
	return append(body, `,"type":"updated"},"sobject":{"Id":"0JR000000012345","WorkItemId":"5700000000000AB","ServiceChannelId":"0N90000000000AB","QueueId":"00G0000000000AB","OwnerId":"0050000000000AB",`+
		`"RoutingModel":"ExternalRouting","RoutingPriority":1,"CapacityWeight":1.00,"CapacityPercentage":null,"IsTransfer":false,"IsPushAttempted":true,"LastDeclinedAgentSession":null,`+
		`"CreatedDate":"2026-11-22T09:59:58.000Z","LastModifiedDate":"2026-11-22T10:00:00.000Z","Serial":12345,"DrpSkills":"a, b and c","PreferredUserId":null,"Subject":"Where is my order? \"still\" waiting"}}},`...)
}
