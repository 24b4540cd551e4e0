package streaming_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

func TestRefusedChannelIsTriedAgainAndOthersGoOn(t *testing.T) {
	const cases = "/data/CaseChangeEvent"
	bubble(t, func(t *testing.T) {
		s := newServer()
		s.next("subscribe", func(w http.ResponseWriter, r *http.Request, m meta) bool {
			p, _ := s.peer(r, m)
			s.follow(p, m)
			second := m
			second.ID, second.Subscription = "4", cases
			refusal := reply(second, "403:denied_by_security_policy:create_denied", "", "")
			refusal["subscription"] = cases
			s.write(w, r, refusal, reply(m, "", "", ""))
			return true
		})
		r := newRig(t, s, func(o *streaming.Options) {
			o.Channels = append(o.Channels, streaming.Channel{Name: cases})
		})
		st := r.owner.now()
		if st.Link != streaming.LinkDegraded || st.Cause != "channel-denied" || !strings.Contains(st.Hint, "Change Data Capture") {
			t.Fatalf("%+v", st)
		}
		sent := s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{sent}) {
			t.Errorf("the other channel delivered %v", got)
		}
		pause(8 * time.Minute)
		r.wantLink(streaming.LinkUp)
		if n := s.count("/meta/handshake"); n != 1 {
			t.Errorf("%d handshakes; a refused channel must not cost the session", n)
		}
		r.end()
	})
}

func TestFilteredChannel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		filtered := psr + "?QueueId=00G1"
		r := newRig(t, s, func(o *streaming.Options) { o.Channels[0].Name = filtered })
		s.publish(psr)
		synctest.Wait()
		m := s.requests("/meta/subscribe")[0].raw
		if m.Subscription != filtered || string(m.Ext.Replay) != `{"`+psr+`":-1}` {
			t.Errorf("subscribed %s with %s", m.Subscription, m.Ext.Replay)
		}
		if got := r.owner.delivered; len(got) != 1 || got[0].Channel != filtered {
			t.Errorf("delivered %+v", got)
		}
		r.end()
	})
}
