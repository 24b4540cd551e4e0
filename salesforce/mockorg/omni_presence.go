package mockorg

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

// session is one agent's Omni session, from login to logout.
type session struct {
	key     string       // what LastDeclinedAgentSession shows; opaque (salesforce-omni 3.4)
	dropped bool         // the connection is gone, Salesforce does not know yet
	notice  *clock.Timer // when it will; nil unless dropped
	status  string       // the present status, by id

	// What the presence row tells about the load since it began.
	load           float64 // capacity taken when it was last counted
	mean           float64 // over time
	began, counted time.Time
	full, idle     time.Duration
}

// login opens an Omni session and its first presence row. The session's key is
// the same for the same agent and count of logins, and tells neither.
func (m *omni) login(t *tx, user, status string) error {
	m.logins++
	sum := sha256.Sum256(fmt.Appendf(nil, "omni session %d of %s", m.logins, user))
	key := fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	if m.set.SessionKey == "text" {
		key = strings.Repeat(base64.StdEncoding.EncodeToString(sum[:])+"!", 5)[:200]
	}
	m.sessions[user] = &session{key: key}
	return m.present(t, user, status)
}

// present begins a presence row (salesforce-omni 1.3).
func (m *omni) present(t *tx, user, status string) error {
	s := m.sessions[user]
	s.status, s.began, s.counted, s.full, s.idle = status, t.now(), t.now(), 0, 0
	s.load = loadOf(t, user, "")
	s.mean = s.load
	row := s.statistics()
	row["UserId"], row["OwnerId"], row["ServicePresenceStatusId"] = user, user, status
	row["IsCurrentState"], row["IsAway"], row["StatusStartDate"] = true, isAway(t, status), t.now()
	row["ConfiguredCapacity"] = int64(capacityOf(t, user))
	return m.bySystem(func() error {
		_, err := t.insert("UserServicePresence", row)
		return err
	})
}

// absent ends the present row, if there is one: the only thing a logout does.
func (m *omni) absent(t *tx, user string) error {
	row, ok := presenceOf(t, user)
	if !ok {
		return nil
	}
	fields := Row{}
	if s := m.sessions[user]; s != nil {
		s.count(t.now(), capacityOf(t, user))
		fields = s.statistics()
	}
	fields["IsCurrentState"], fields["StatusEndDate"], fields["StatusDuration"] = false, t.now(), seconds(row, "StatusStartDate", t.now())
	return m.write(t, row.ID(), fields)
}

// turn changes the status of an agent who is online: one transaction closes the
// old row, another makes the new one, and between the two nobody can tell the
// change from a logout (salesforce-omni 1.3, practice warning).
func (m *omni) turn(user, status string) error {
	var s *session
	err := m.o.change(user, func(t *tx) error {
		if s = m.sessions[user]; s == nil || s.status == status {
			s = nil
			return nil
		}
		s.status = status
		if m.set.Busy == "release" && isAway(t, status) {
			if err := m.release(t, user); err != nil {
				return err
			}
		}
		return m.absent(t, user)
	})
	if err != nil || s == nil {
		return err
	}
	arrive := func() error {
		return m.o.change(user, func(t *tx) error {
			if _, there := presenceOf(t, user); there || m.sessions[user] != s || s.status != status {
				return nil // another change or a logout came first
			}
			return m.present(t, user, status)
		})
	}
	if gap := time.Duration(m.o.Settings().StatusGap); gap > 0 {
		m.after(gap, arrive)
		return nil
	}
	return arrive()
}

// release makes every push that is out to an agent Unavailable.
func (m *omni) release(t *tx, user string) error {
	for _, w := range t.among("AgentWork", is("UserId", user), is("Status", "Assigned")) {
		if err := m.unavailable(t, w); err != nil {
			return err
		}
	}
	return nil
}

// logout ends an agent's Omni session, wished for or noticed by Salesforce:
// alerting work becomes Unavailable, opened work is closed or requeued, then
// the presence row ends (salesforce-omni 3.3 "Agent logout", 11.9).
func (m *omni) logout(t *tx, user string) error {
	if err := m.release(t, user); err != nil {
		return err
	}
	for _, w := range t.among("AgentWork", is("UserId", user), is("Status", "Opened")) {
		if err := m.abandoned(t, w); err != nil {
			return err
		}
	}
	if err := m.absent(t, user); err != nil {
		return err
	}
	if s := m.sessions[user]; s != nil && s.notice != nil {
		s.notice.Stop()
	}
	delete(m.sessions, user)
	return nil
}

// abandoned is opened work whose agent went offline. A conversation goes back
// to its queue as a transfer, or ends; anything else keeps its owner, and only
// the tab-based model gives the capacity back.
func (m *omni) abandoned(t *tx, agentWork Row) error {
	med := mediumOf(t.objectOf(agentWork.str("WorkItemId")))
	if !med.conversation && agentWork.str("CapacityModel") == "StatusBased" {
		return nil
	}
	if err := m.end(t, agentWork, "Closed"); err != nil {
		return err
	}
	return m.leftAlone(t, agentWork)
}

// leftAlone looks after a conversation that an agent has just lost. When nobody
// else is in it, is asked to be, or can be asked, it goes back to its queue as a
// transfer, or ends if Settings.ChatOffline says so.
func (m *omni) leftAlone(t *tx, agentWork Row) error {
	id := agentWork.str("WorkItemId")
	object := t.objectOf(id)
	med := mediumOf(object)
	work, ok := t.get(id)
	if !ok || !med.conversation || med.isOver(work) {
		return nil
	}
	_, routed := t.first("PendingServiceRouting", is("WorkItemId", id))
	_, attended := t.first("AgentWork", is("WorkItemId", id), is("Status", "Opened", "Assigned"))
	if routed || attended {
		return nil
	}
	queue := agentWork.str("OriginalGroupId")
	if _, ok := routingOf(t, queue); !ok || m.set.ChatOffline == "close" {
		return m.write(t, id, med.ended(work, bySystem, t.now()))
	}
	if err := m.write(t, id, Row{"OwnerId": queue}); err != nil {
		return err
	}
	work, _ = t.get(id)
	err := m.requeue(t, object, work, true)
	if refused, ok := errors.AsType[*APIError](err); ok && refused.Code == "LIMIT_EXCEEDED" {
		return nil // what the org does by itself cannot fail: nobody routes the conversation
	}
	return err
}

// drop cuts an agent's connection: the widget answers no more, and Salesforce
// notices after a while (salesforce-omni 11.13).
func (m *omni) drop(user string) {
	s := m.sessions[user]
	if s.dropped {
		return
	}
	s.dropped = true
	m.o.console.connectionChanged(user)
	s.notice = m.after(time.Duration(m.set.DisconnectAfter), func() error {
		return m.o.change(m.itself(), func(t *tx) error {
			if m.sessions[user] != s || !s.dropped {
				return nil // logged in again, or connected again, meanwhile
			}
			return m.logout(t, user)
		})
	})
}

// loadOf sums the capacity an agent's work takes, apart from one AgentWork. A
// percentage counts against the capacity the agent is configured with.
func loadOf(t *tx, user, except string) float64 {
	capacity := capacityOf(t, user)
	var sum float64
	for _, w := range held(t, user) {
		if w.ID() != except {
			sum += weight(w, capacity)
		}
	}
	return sum
}

// capacityOf is what an agent may hold.
func capacityOf(t *tx, user string) float64 {
	config, _ := configOf(t, user)
	return float64(config.num("Capacity"))
}

// weight is the capacity that a PSR, AgentWork or routing configuration asks for.
func weight(row Row, capacity float64) float64 {
	if w, ok := row["CapacityWeight"].(float64); ok {
		return w
	}
	p, _ := row["CapacityPercentage"].(float64)
	return p / 100 * capacity
}

// recount updates an agent's presence row after the load changed, which in a
// real org makes noise on the presence stream (salesforce-omni 1.3).
func (m *omni) recount(t *tx, user string) error {
	s := m.sessions[user]
	row, ok := presenceOf(t, user)
	if s == nil || !ok {
		return nil
	}
	load := loadOf(t, user, "")
	if load == s.load {
		return nil
	}
	s.count(t.now(), capacityOf(t, user))
	s.load = load
	if m.set.CapacityNoise == "off" {
		return nil
	}
	if err := m.write(t, row.ID(), s.statistics()); err != nil {
		return err
	}
	return nil
}

// count adds the time since the last count to the statistics.
func (s *session) count(now time.Time, capacity float64) {
	past, whole := now.Sub(s.counted), now.Sub(s.began)
	switch {
	case s.load == 0:
		s.idle += past
	case s.load >= capacity:
		s.full += past
	}
	if whole > 0 {
		s.mean = (s.mean*float64(whole-past) + s.load*float64(past)) / float64(whole)
	}
	s.counted = now
}

// statistics are the fields of a presence row that follow the load.
func (s *session) statistics() Row {
	return Row{"AverageCapacity": s.mean, "AtCapacityDuration": int64(s.full / time.Second), "IdleDuration": int64(s.idle / time.Second)}
}
