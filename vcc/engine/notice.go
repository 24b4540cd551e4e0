package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"omnibridge/vcc"
)

const (
	// keptNotices bounds the notices of an agent; the oldest gives way.
	keptNotices = 20
	// sameCause is how long notices of one cause are told as one (panel-ux, W13).
	sameCause = 5 * time.Minute
)

// Why Salesforce did not take an offer, in Notice.Reason (panel-ux 6, M14).
const (
	lostAway    = "away"
	lostOffline = "offline"
	lostChannel = "channel"
	lostFull    = "full"
	lostClosed  = "closed"
	lostSilent  = "no answer"
)

// notify tells a of something until it is dismissed. Who is not logged in to
// ContactPad has nobody to be told, and finds no pile of old notices later.
func (m *Machine) notify(a *agent, n vcc.Notice) {
	if a.loggedIn() {
		m.keep(a, n)
	}
}

// keep puts n on top of what a is told.
func (m *Machine) keep(a *agent, n vcc.Notice) {
	n.At, n.Count = m.now, 1
	kept := slices.Clone(a.row.Notices)
	if i := slices.IndexFunc(kept, func(old vcc.Notice) bool { return m.sameNotice(old, n) }); i >= 0 {
		n.Count += kept[i].Count
		kept = slices.Delete(kept, i, i+1)
	}
	n.ID = m.noticeID(kept)
	kept = slices.Insert(kept, 0, n)
	a.row.Notices = kept[:min(len(kept), keptNotices)]
	m.touchAgent(a)
}

// about fills in what n tells of x.
func about(x *item, n vcc.Notice) vcc.Notice {
	w := x.row.Work
	n.Interaction, n.Name, n.Medium, n.Class = x.row.ID, w.Name, w.Medium, w.Class
	n.Detail = shorten(n.Detail)
	return n
}

// sameNotice tells whether n says once more what old says. Offers that came to
// nothing are counted over all interactions of a medium, the rest per interaction.
func (m *Machine) sameNotice(old, n vcc.Notice) bool {
	if old.Kind != n.Kind || old.Reason != n.Reason || old.By != n.By || m.now.Sub(old.At) > sameCause {
		return false
	}
	switch n.Kind {
	case vcc.NotDelivered, vcc.CustomerGone, vcc.OfferOver, vcc.MissedCall:
		return old.Medium == n.Medium && old.Class == n.Class
	default:
		return old.Interaction == n.Interaction && old.Name == n.Name
	}
}

// noticeID returns an id that none of kept has. A notice that counts one more is a
// new one: dismissing the old one must not take it away unseen.
func (m *Machine) noticeID(kept []vcc.Notice) string {
	base := strconv.FormatInt(m.now.UnixMilli(), 36)
	id := base
	for i := 2; slices.ContainsFunc(kept, func(n vcc.Notice) bool { return n.ID == id }); i++ {
		id = base + "-" + strconv.Itoa(i)
	}
	return id
}

func (m *Machine) dismiss(a *agent, c vcc.Command) *denied {
	kept := slices.DeleteFunc(slices.Clone(a.row.Notices), func(n vcc.Notice) bool { return n.ID == c.Notice })
	if len(kept) != len(a.row.Notices) {
		a.row.Notices = kept
		m.touchAgent(a)
	}
	return nil
}

// tellRefused tells the agent of leg what became of an offer that came to nothing;
// until is when the same may be offered again.
func (m *Machine) tellRefused(x *item, leg vcc.Leg, r vcc.Report, until time.Time) {
	a := m.agents[leg.Agent]
	n := vcc.Notice{Detail: r.Detail}
	switch {
	case r.Reason == vcc.Declined:
		n.Kind, n.Until, n.Detail = vcc.OfferDeclined, until, ""
	case r.Reason == vcc.TimedOut && x.live():
		n.Kind, n.Detail = vcc.MissedCall, ""
		if b := a.row.Blocked; b != nil {
			n.Until = b.Until
		}
	case r.Reason == vcc.TimedOut:
		n.Kind, n.Detail = vcc.OfferOver, "it was not accepted in "+words(m.cfg.AcceptWithin[x.row.Work.Class])
	case r.Reason == vcc.Failed, r.Reason == vcc.Unavailable:
		n.Kind, n.Reason = vcc.NotDelivered, m.whyLost(x, a, r)
	default:
		return
	}
	m.notify(a, about(x, n))
}

// whyLost says why Salesforce did not take an offer: by its words where they tell,
// else by how the agent stands there.
func (m *Machine) whyLost(x *item, a *agent, r vcc.Report) string {
	told := strings.ToLower(r.Detail)
	says := func(any ...string) bool {
		return slices.ContainsFunc(any, func(s string) bool { return strings.Contains(told, s) })
	}
	p := a.row.Omni
	switch {
	case says("capacity"):
		return lostFull
	case !a.told || !p.Online, says("not online", "offline"):
		return lostOffline
	case len(p.Channels) == 0:
		return lostAway
	case !slices.Contains(p.Channels, x.row.Work.Channel):
		return lostChannel
	case r.Reason == vcc.Unavailable, says("closed", "canceled", "ended"):
		return lostClosed
	case says("channel"):
		return lostChannel
	default:
		return lostSilent
	}
}

// tellChanged tells the agent of leg that x left the desk by somebody else's doing;
// by names who has it now, if known.
func (m *Machine) tellChanged(x *item, leg *vcc.Leg, reason, by string) {
	if leg == nil || leg.State == vcc.WrapUp {
		return
	}
	m.notify(m.agents[leg.Agent], about(x, vcc.Notice{Kind: vcc.ChangedByOthers, Reason: reason, By: by}))
}

// tellWithdrawn tells the agent of leg that x left routing.
func (m *Machine) tellWithdrawn(x *item, leg *vcc.Leg, reason vcc.Reason) {
	switch {
	case reason == vcc.LeftRouting, reason == vcc.Deleted && leg.State == vcc.Connected:
		m.tellChanged(x, leg, string(reason), "")
	case leg.State == vcc.Offered, leg.State == vcc.Alerted:
		m.notify(m.agents[leg.Agent], about(x, vcc.Notice{Kind: vcc.CustomerGone, Reason: string(reason)}))
	}
}

// tellSupervised tells a which state a supervisor chose in a's stead (panel-ux 6, M27).
func (m *Machine) tellSupervised(a *agent, c vcc.Command) {
	if c.By == "" || c.Do != vcc.SetState && c.Do != vcc.LogIn && c.Do != vcc.LogOut {
		return
	}
	to := c.State
	if c.Do == vcc.LogIn {
		to = a.row.State
	}
	m.keep(a, vcc.Notice{Kind: vcc.ChangedByOthers, Reason: string(c.Do), Name: to.String(), By: c.By, Detail: shorten(c.Why)})
}

// words writes a duration without what is zero: "30 s", "2 min", "1 min 30 s".
func words(d time.Duration) string {
	d = d.Round(time.Second)
	var parts []string
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.of; n > 0 {
			parts = append(parts, strconv.FormatInt(int64(n), 10)+" "+u.name)
			d -= n * u.of
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
