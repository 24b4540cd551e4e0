package streaming_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

// TestOrgMovesToAnotherInstance: the login names another instance, whose replay IDs
// begin anew. Nothing of the old one is kept: not its session, its cookies or its
// position, which is void. The owner is told so, before the first event of the new.
func TestOrgMovesToAnotherInstance(t *testing.T) {
	bubble(t, func(t *testing.T) {
		instances := map[string]*server{"old.test": newServer(), "new.test": newServer()}
		before, after := instances["old.test"], instances["new.test"]
		var mu sync.Mutex
		var strange []string // cookies of the old instance at the new one
		moved := false
		var late int // requests to the old instance after the move
		r := newRig(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			mu.Lock()
			if moved && req.Host == "old.test" {
				late++
			}
			if req.Host == "new.test" && strings.Contains(req.Header.Get("Cookie"), "old") {
				strange = append(strange, req.Header.Get("Cookie"))
			}
			mu.Unlock()
			if req.Host == "old.test" {
				http.SetCookie(w, &http.Cookie{Name: "node", Value: "old", Path: "/"})
			}
			instances[req.Host].ServeHTTP(w, req)
		}), func(o *streaming.Options) { o.TokenSource.(*tokens).instance = "http://old.test" })
		for range 50 {
			before.publish(psr)
		}
		pause(time.Minute)
		r.wantLink(streaming.LinkUp)
		old := r.owner.replays()
		if len(old) != 50 {
			t.Fatalf("%d events of the old instance", len(old))
		}

		// The new instance has events from before we come, and does not know the old ID.
		want := []int64{after.publish(psr), after.publish(psr)}
		after.mu.Lock()
		after.refused[old[len(old)-1]] = true
		after.mu.Unlock()
		gapped := -1
		r.owner.onGap = func() { gapped = len(r.owner.replays()) }
		r.tokens.mu.Lock()
		r.tokens.instance, r.tokens.renew = "http://new.test", after.admit
		r.tokens.mu.Unlock()
		mu.Lock()
		moved = true
		mu.Unlock()
		before.mu.Lock()
		clear(before.tokens)
		before.mu.Unlock()
		before.forget()
		pause(5 * time.Minute)
		r.wantLink(streaming.LinkUp)
		want = append(want, after.publish(psr))
		pause(time.Second)

		if got := r.owner.replays()[len(old):]; !slices.Equal(got, want) {
			t.Errorf("events of the new instance %v, want %v", got, want)
		}
		last := r.owner.gaps[len(r.owner.gaps)-1]
		if gap := (streaming.Gap{Kind: streaming.GapRefused, Refused: old[len(old)-1], From: streaming.ReplayAll}); last != gap || gapped != len(old) {
			t.Errorf("the gap is %+v and was told after %d events, want %+v after %d", last, gapped, gap, len(old))
		}
		r.end()
		mu.Lock()
		defer mu.Unlock()
		if len(strange) > 0 || late > 5 {
			t.Errorf("%d requests to the old instance after the move, and cookies of it at the new: %v", late, strange)
		}
	})
}
