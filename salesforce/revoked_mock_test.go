package salesforce_test

import (
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
)

// TestMockRevokedTwice: all sessions are revoked, and again as soon as the stream is
// back. It may not log in for 30 s then, but need not: a REST call has.
func TestMockRevokedTwice(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	e := newEar(t)
	m.listen(t, salesforce.NewPushTopics(m.bridge), e)
	sessions := func() string {
		for _, c := range m.org.Streaming().Clients() {
			if c.Held {
				return c.ID
			}
		}
		return ""
	}
	agent, seen := m.org.Agent("ada"), 0
	heard := func() bool {
		rows := 0
		for _, s := range e.signals {
			if _, ok := s.(omnichannel.PresenceSeen); ok {
				rows++
			}
		}
		more := rows > seen
		seen = rows
		return more
	}
	must(t, agent.Online("Busy"))
	e.until("a position", heard)
	began := time.Now()
	for i, status := range []string{"Available", "Busy"} {
		e.until("the stream is up", func() bool { return e.link == omnichannel.LinkUp })
		before := sessions()
		m.org.Identity().RevokeAll()
		must(t, agent.Online(status)) // ends the poll that is held; the next is refused
		e.until("the last event of the old session", heard)
		if i == 1 {
			// With a token that a call has got before its next poll, the old session would go on.
			e.until("the poll is refused", func() bool { return e.link != omnichannel.LinkUp })
			ok[omnichannel.Baseline](t)(m.bridge.Baseline(t.Context())) // its first call is refused, too, and logs in
		}
		eventually(t, "a new session", func() bool { id := sessions(); return id != "" && id != before })
	}
	must(t, agent.Offline())
	e.until("the first event of the last session", heard)
	if took := time.Since(began); took > 29*time.Second {
		t.Errorf("it took %v: there was a pause of 30 s between two logins", took)
	}
}
