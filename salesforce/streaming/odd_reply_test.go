package streaming_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

func TestOddEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		events := `{"channel":"` + psr + `","data":{"payload":1}},` + // no replay ID: never a duplicate
			`{"channel":"` + psr + `","data":{"payload":1}},` +
			`{"channel":"` + psr + `","data":{"event":{"replayId":"9"}}},` +
			`{"channel":"` + psr + `","data":{"event":{"replayId":7}}},` + // out of order is no duplicate
			`{"channel":"` + psr + `","data":{"event":{"replayId":"9"}}},` + // this is one
			`{"channel":"` + psr + `","data":{"event":{"replayId":9},"other":true}},` + // and this is not
			`{"channel":"/topic/Other","data":{"event":{"replayId":8}}},` +
			`{"channel":"` + psr + `"},{}`
		s.next("connect", func(w http.ResponseWriter, r *http.Request, m meta) bool {
			fmt.Fprintf(w, `[%s,{"channel":"/meta/connect","successful":true}]`, events)
			return true
		})
		s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{1, -1, -1, 9, 7, 9}) {
			t.Errorf("delivered %v", got)
		}
		if st := r.client.Stats(); st.Duplicates != 1 || st.Strays != 1 || st.Events != 6 {
			t.Errorf("%+v", st)
		}
		r.end()
	})
}

// TestEventsBesideAHandshake: before anything is subscribed there is no position
// that they could follow on.
func TestEventsBesideAHandshake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		pause(time.Minute)
		s.next("handshake", func(w http.ResponseWriter, _ *http.Request, m meta) bool {
			fmt.Fprintf(w, `[{"channel":"%s","data":{"event":{"replayId":1}}},{"channel":"/meta/handshake","id":%q,"successful":true,"clientId":"x"}]`, psr, m.ID)
			return true
		})
		s.forget()
		pause(time.Minute)
		r.wantLink(streaming.LinkUp)
		if got := r.owner.replays(); len(got) > 0 {
			t.Errorf("delivered %v", got)
		}
		if polls := r.client.Stats().Polls; polls != uint64(s.count("/meta/connect")) {
			t.Errorf("%d polls counted of %d", polls, s.count("/meta/connect"))
		}
		r.end()
	})
}

func TestHugeReplyAndRedirect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		written := 0
		s.next("connect", func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
			fmt.Fprint(w, `[{"channel":"`)
			filler := bytes.Repeat([]byte("x"), 1<<20)
			for range 64 {
				n, err := w.Write(filler)
				if written += n; err != nil {
					break
				}
			}
			return true
		})
		s.publish(psr)
		pause(time.Second)
		if written > 18<<20 {
			t.Errorf("%d bytes of one reply were taken", written)
		}
		if !slices.ContainsFunc(r.owner.links, func(st streaming.Status) bool { return st.Cause == "oversized-reply" }) {
			t.Errorf("nobody was told: %+v", r.owner.links)
		}
		r.wantLink(streaming.LinkUp)
		gaps := len(r.owner.gaps)
		s.next("connect", func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			blank := bytes.Repeat([]byte(" "), 1<<20)
			for range 18 { // a few kilobytes as they are sent
				_, _ = z.Write(blank)
			}
			_ = z.Close()
			return true
		})
		s.publish(psr)
		pause(10 * time.Second)
		if len(r.owner.gaps) != gaps+1 {
			t.Errorf("a reply that unpacks to 18 MiB was taken: %+v", r.owner.now())
		}
		r.wantLink(streaming.LinkUp)
		before := s.count("/meta/connect")
		s.next("connect", func(w http.ResponseWriter, r *http.Request, _ meta) bool {
			w.Header().Set("Location", "http://elsewhere.test/cometd/67.0")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		})
		s.publish(psr)
		synctest.Wait()
		s.publish(psr)
		pause(time.Second)
		if st := r.owner.now(); st.Cause != "redirected" {
			t.Errorf("%+v", st)
		}
		if n := s.count("/meta/connect") - before; n != 1 {
			t.Errorf("the redirect was followed, token and all: %d requests", n)
		}
		r.end()
	})
}
