package interactions

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"omnibridge/vcc"
)

const secret = "a-token-of-some-length"

// rig is a server with everything around it kept in memory.
type rig struct {
	*Server
	t  testing.TB
	mu sync.Mutex
	// what was put, and what the next Put answers
	put    []vcc.Report
	putErr error
	docs   map[string][]byte
	log    strings.Builder
}

func newRig(t testing.TB, change ...func(*Options)) *rig {
	r := &rig{t: t, docs: map[string][]byte{}}
	o := Options{
		Tokens: []Token{{Secret: secret}, {Secret: "only-for-the-crm!", Providers: []string{"crm"}}},
		Put:    r.take, Store: r, Account: "Acme", Rate: 1e6, Burst: 1e6,
		Plan: func(route string) (vcc.PlanID, bool) {
			return vcc.PlanID("plan of " + route), route != "nowhere"
		},
		Agent: func(name string) (vcc.AgentID, bool) { return vcc.AgentID("id of " + name), name != "nobody" },
		AgentName: func(id vcc.AgentID) (string, string) {
			return "user " + string(id), "shown " + string(id)
		},
		Log: slog.New(slog.NewTextHandler(&locked{w: &r.log, mu: &r.mu}, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	return r
}

type locked struct {
	w  *strings.Builder
	mu *sync.Mutex
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

func (r *rig) take(ctx context.Context, reports []vcc.Report) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.putErr != nil {
		return r.putErr
	}
	r.put = append(r.put, reports...)
	return nil
}

// taken returns what was put since it was asked last.
func (r *rig) taken() []vcc.Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	put := r.put
	r.put = nil
	return put
}

func (r *rig) logged() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.String()
}

func (r *rig) Keep(_ context.Context, kind, name string, doc []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.putErr != nil {
		return r.putErr
	}
	r.docs[kind+"/"+name] = doc
	return nil
}

func (r *rig) Kept(_ context.Context, kind string) (map[string][]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.docs == nil {
		return nil, errors.New("the disk is gone")
	}
	docs := map[string][]byte{}
	for name, doc := range maps.Clone(r.docs) {
		if rest, ok := strings.CutPrefix(name, kind+"/"); ok {
			docs[rest] = doc
		}
	}
	return docs, nil
}

// post sends a request; header names and values alternate, and replace the usual.
func (r *rig) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	r.t.Helper()
	q := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	q.Header.Set("Accept", mediaType)
	q.Header.Set("Authorization", "Bearer "+secret)
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Del(headers[i])
		if headers[i+1] != "" {
			q.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, q)
	var got struct{ Message string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Message == "" {
		r.t.Fatalf("answered %d %q, which has no message: %v", w.Code, w.Body, err)
	}
	return w
}

// ok sends what must be taken.
func (r *rig) ok(path, body string) {
	r.t.Helper()
	if w := r.post(path, body); w.Code != http.StatusOK {
		r.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
}

func (r *rig) registered(body string) {
	r.t.Helper()
	r.ok("/interactions/register", body)
}
