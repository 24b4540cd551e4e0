package interactions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

// endpoint is a provider's: it answers as it is told, and notes what it heard.
type endpoint struct {
	mu     sync.Mutex
	begin  time.Time
	answer func(heard []notification) (status int, headers http.Header, err error)
	heard  []string // what was taken: "Kind externalid"
	tries  []string // when it was called, since begin
	header http.Header
	url    string
}

func (e *endpoint) RoundTrip(q *http.Request) (*http.Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	body, _ := io.ReadAll(q.Body)
	var list []notification
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	e.tries = append(e.tries, fmt.Sprintf("%v/%d", time.Since(e.begin).Round(time.Second), len(list)))
	e.header, e.url = q.Header, q.URL.String()
	status, headers, err := 204, http.Header{}, error(nil)
	if e.answer != nil {
		status, headers, err = e.answer(list)
	}
	if err != nil {
		return nil, err
	}
	if status < 300 {
		for _, n := range list {
			e.heard = append(e.heard, n.Notification+" "+n.ObjectID)
		}
	}
	return &http.Response{StatusCode: status, Header: headers, Body: io.NopCloser(strings.NewReader(""))}, nil
}

func (e *endpoint) list() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.heard, ", ")
}

// telling runs fn in a bubble with a server that tells an endpoint.
func telling(t *testing.T, change func(*Options), fn func(r *rig, e *endpoint)) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{begin: time.Now()}
		r := newRig(t, func(o *Options) {
			o.Transport = e
			if change != nil {
				change(o)
			}
		})
		r.registered(`{"provider": "crm", "endpoint": "https://crm.example/hook?key=hidden", "headers": {"X-Key": "k"}}`)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		fn(r, e)
		stop()
		running.Wait()
	})
}

// owes is an interaction to whose provider words are owed.
func owes(id string, kinds ...string) vcc.Interaction {
	x := vcc.Interaction{ID: vcc.InteractionID(id), Call: &vcc.Call{Provider: "crm", External: "ext-" + id}}
	for i, kind := range kinds {
		x.Owed = append(x.Owed, vcc.Word{ID: fmt.Sprintf("%s/%d/%s", id, i, kind), Kind: kind, Agent: "ada"})
	}
	return x
}

func TestTell(t *testing.T) {
	telling(t, nil, func(r *rig, e *endpoint) {
		var got []notification
		e.answer = func(heard []notification) (int, http.Header, error) { got = heard; return 200, nil, nil }
		r.Tell(owes("x", "AssignToAgent"))
		r.Tell(owes("x", "AssignToAgent", "Release")) // the first is on its way
		r.Tell(vcc.Interaction{ID: "of nobody"})
		synctest.Wait()
		if e.list() != "AssignToAgent ext-x, Release ext-x" {
			t.Fatalf("heard %s", e.list())
		}
		if n := got[0]; n.Params.AccountName != "Acme" || n.Params.Agent != "user ada" || n.Params.AgentID != "shown ada" || len(n.ID) != 36 {
			t.Errorf("%+v", n)
		}
		if e.header.Get("X-Key") != "k" || e.header.Get("Content-Type") != "application/json" || e.url != "https://crm.example/hook?key=hidden" {
			t.Errorf("%v %s", e.header, e.url)
		}
		put := r.taken()
		var words []string
		for _, q := range put {
			if q.Kind != vcc.Told || q.Interaction != "x" {
				t.Errorf("%+v", q)
			}
			words = append(words, q.Words...)
		}
		if strings.Join(words, " ") != "x/0/AssignToAgent x/1/Release" || r.Waiting() != 0 {
			t.Errorf("told %q, %d wait", words, r.Waiting())
		}
	})
}

func TestNotificationID(t *testing.T) {
	if first, again := notificationID("a"), notificationID("a"); first != again || first == notificationID("b") {
		t.Error("it does not follow from the word")
	}
	raw, err := json.Marshal([]notification{{Notification: "Release"}})
	if want := `[{"notification":"Release","objectid":"","notificationid":"","params":{"AccountName":"","Agent":"","AgentId":""}}]`; err != nil || string(raw) != want {
		t.Errorf("%s, want %s", raw, want)
	}
}

// TestRetry: a provider that cannot be reached is tried again, ever more slowly, and
// hears everything in order.
func TestRetry(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		err    error
	}{
		{"unreachable", 0, nil, errors.New("no route to host")},
		{"500", 500, nil, nil}, {"503", 503, nil, nil}, {"401", 401, nil, nil}, {"404", 404, nil, nil}, {"302", 302, http.Header{"Location": {"https://elsewhere.example"}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			telling(t, nil, func(r *rig, e *endpoint) {
				down := true
				e.answer = func([]notification) (int, http.Header, error) {
					if down {
						return tt.status, tt.header, tt.err
					}
					return 200, nil, nil
				}
				r.Tell(owes("x", "AssignToAgent"))
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if n := len(e.tries); n < 12 || n > 40 {
					t.Errorf("%d tries in ten minutes: %v", n, e.tries)
				}
				r.Tell(owes("y", "AssignToAgent"))
				r.Tell(owes("x", "AssignToAgent", "Release"))
				if got := r.taken(); len(got) > 0 {
					t.Errorf("noted as told: %+v", got)
				}
				e.mu.Lock()
				down = false
				e.mu.Unlock()
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				if e.list() != "AssignToAgent ext-x, AssignToAgent ext-y, Release ext-x" {
					t.Errorf("heard %s", e.list())
				}
				if log := r.logged(); strings.Contains(log, "hidden") || !strings.Contains(log, "trying again") {
					t.Errorf("log: %s", log)
				}
			})
		})
	}
}

func TestRetryAfter(t *testing.T) {
	telling(t, nil, func(r *rig, e *endpoint) {
		busy := true
		e.answer = func([]notification) (int, http.Header, error) {
			if busy {
				busy = false
				return 429, http.Header{"Retry-After": {"120"}}, nil
			}
			return 200, nil, nil
		}
		r.Tell(owes("x", "AssignToAgent"))
		time.Sleep(119 * time.Second)
		synctest.Wait()
		if e.list() != "" {
			t.Error("told too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if e.list() == "" {
			t.Error("not told")
		}
	})
}

// TestRefusedWord: one word that a provider does not take holds up no other.
func TestRefusedWord(t *testing.T) {
	telling(t, nil, func(r *rig, e *endpoint) {
		e.answer = func(heard []notification) (int, http.Header, error) {
			for _, n := range heard {
				if n.ObjectID == "ext-bad" {
					return 422, nil, nil
				}
			}
			return 200, nil, nil
		}
		r.Server.Tell(owes("first", "AssignToAgent"))
		for _, id := range []string{"a", "bad", "b", "c"} {
			r.Tell(owes(id, "AssignToAgent"))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if e.list() != "AssignToAgent ext-first, AssignToAgent ext-a, AssignToAgent ext-b, AssignToAgent ext-c" {
			t.Errorf("heard %s", e.list())
		}
		if r.Waiting() != 0 || !strings.Contains(r.logged(), "422") {
			t.Errorf("%d wait; %s", r.Waiting(), r.logged())
		}
	})
}

// TestGiveUp: a word is tried until the time is up, however the waits between fall.
func TestGiveUp(t *testing.T) {
	telling(t, func(o *Options) { o.GiveUp = time.Hour }, func(r *rig, e *endpoint) {
		e.answer = func([]notification) (int, http.Header, error) { return 500, nil, nil }
		r.Tell(owes("x", "AssignToAgent"))
		time.Sleep(time.Hour - time.Second)
		synctest.Wait()
		if r.Waiting() != 1 {
			t.Error("given up too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := r.taken(); len(got) != 1 || got[0].Kind != vcc.Told || !strings.Contains(r.logged(), "dropped") {
			t.Errorf("%+v; %s", got, r.logged())
		}
	})
}

// TestRegisterAgainWakes: a new endpoint is used at once.
func TestRegisterAgainWakes(t *testing.T) {
	telling(t, nil, func(r *rig, e *endpoint) {
		e.answer = func([]notification) (int, http.Header, error) {
			if e.url == "https://new.example" {
				return 200, nil, nil
			}
			return 500, nil, nil
		}
		r.Tell(owes("x", "AssignToAgent"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		at := time.Now()
		r.registered(`{"provider": "crm", "endpoint": "https://new.example"}`)
		synctest.Wait()
		if e.list() == "" || time.Since(at) != 0 {
			t.Errorf("heard %q, %s later", e.list(), time.Since(at))
		}
		// And one without an endpoint hears nothing, and owes nobody anything.
		r.registered(`{"provider": "crm"}`)
		r.Tell(owes("y", "AssignToAgent"))
		synctest.Wait()
		if e.list() != "AssignToAgent ext-x" || r.Waiting() != 0 {
			t.Errorf("heard %s, %d wait", e.list(), r.Waiting())
		}
	})
}

// TestNotNoted: what was said but could not be noted is noted later, and not said
// again meanwhile.
func TestNotNoted(t *testing.T) {
	telling(t, nil, func(r *rig, e *endpoint) {
		r.mu.Lock()
		r.putErr = errors.New("the store is away")
		r.mu.Unlock()
		r.Tell(owes("x", "AssignToAgent"))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.Tell(owes("x", "AssignToAgent"))
		r.mu.Lock()
		r.putErr = nil
		r.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(e.tries) != 1 || len(r.taken()) != 1 {
			t.Errorf("tries %v", e.tries)
		}
	})
}

func TestFullQueue(t *testing.T) {
	telling(t, func(o *Options) { o.MaxQueue = 2 }, func(r *rig, e *endpoint) {
		down := true
		e.answer = func([]notification) (int, http.Header, error) {
			if down {
				return 500, nil, nil
			}
			return 200, nil, nil
		}
		for _, id := range []string{"a", "b", "c", "d"} {
			r.Tell(owes(id, "AssignToAgent"))
		}
		if r.Waiting() != 2 || strings.Count(r.logged(), "too much") != 1 {
			t.Errorf("%d wait; %s", r.Waiting(), r.logged())
		}
		synctest.Wait()
		e.mu.Lock()
		down = false
		e.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		r.Tell(owes("c", "AssignToAgent", "Release")) // with its next word
		synctest.Wait()
		if e.list() != "AssignToAgent ext-a, AssignToAgent ext-b, AssignToAgent ext-c, Release ext-c" {
			t.Errorf("heard %s", e.list())
		}
	})
}

// TestTellBeforeRun: what is told before Run waits for it.
func TestTellBeforeRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &endpoint{begin: time.Now()}
		r := newRig(t, func(o *Options) { o.Transport = e })
		r.registered(`{"provider": "crm", "endpoint": "https://crm.example/"}`)
		r.Tell(owes("x", "AssignToAgent"))
		synctest.Wait()
		if e.list() != "" {
			t.Error("told without Run")
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { r.Run(ctx) })
		synctest.Wait()
		if e.list() == "" {
			t.Error("not told")
		}
		stop()
		running.Wait()
		r.Tell(owes("y", "AssignToAgent")) // when nobody listens any more
	})
}

// TestOverHTTP: a real provider over a real connection.
func TestOverHTTP(t *testing.T) {
	heard := make(chan []notification, 1)
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var list []notification
		if err := json.NewDecoder(q.Body).Decode(&list); err != nil || q.Header.Get("Authorization") != "Basic x" {
			w.WriteHeader(400)
		}
		heard <- list
	}))
	defer provider.Close()
	r := newRig(t)
	api := httptest.NewServer(r)
	defer api.Close()
	send := func(path, body string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, api.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Accept", mediaType)
		q.Header.Set("Authorization", "Bearer "+secret)
		resp, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
	send("/interactions/register", `{"provider": "crm", "endpoint": "`+provider.URL+`/hook", "headers": {"Authorization": "Basic x"}}`)
	send("/interactions/invoke", full)
	got := r.taken()
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { r.Run(ctx) })
	r.Tell(vcc.Interaction{ID: got[0].Interaction, Call: got[0].Call, Owed: []vcc.Word{{ID: "w", Kind: "AssignToAgent", Agent: "ada"}}})
	select {
	case list := <-heard:
		if len(list) != 1 || list[0].ObjectID != "40a4b50f" {
			t.Errorf("%+v", list)
		}
	case <-time.After(time.Minute):
		t.Error("the provider heard nothing")
	}
	stop()
	running.Wait()
}
