package mockorg

import (
	"cmp"
	"encoding/json"
	"net/http"
	"time"
)

// omniView is what the console's Omni-Channel widget shows of one agent.
type omniView struct {
	// Agent is false for users without a presence configuration: the widget says so.
	Agent bool `json:"agent"`
	// Session is another one after each login; "" while offline.
	Session string `json:"session"`
	// Connected is false after the connection was lost.
	Connected  bool         `json:"connected"`
	Status     *omniStatus  `json:"status"` // null while offline
	Statuses   []omniStatus `json:"statuses"`
	Capacity   float64      `json:"capacity"`
	Load       float64      `json:"load"`
	AutoAccept bool         `json:"auto_accept"`
	Decline    bool         `json:"decline"`
	// AskReason makes the widget ask for the reason of a decline.
	AskReason bool       `json:"ask_reason"`
	Reasons   []string   `json:"reasons"`
	Works     []omniWork `json:"works"` // assigned and opened, oldest first
	Now       int64      `json:"now"`   // the org's time, ms since 1970
}

// omniStatus is one presence status.
type omniStatus struct {
	ID       string        `json:"id"`
	APIName  string        `json:"api_name"`
	Label    string        `json:"label"`
	Channels []omniChannel `json:"channels"`
}

// omniChannel is a service channel of a status, in the toolkit's words.
type omniChannel struct {
	ID   string `json:"channelId"`
	Name string `json:"developerName"`
}

// omniWork is one AgentWork that an agent has.
type omniWork struct {
	ID       string  `json:"id"`
	Record   string  `json:"record"`
	Object   string  `json:"object"`
	Title    string  `json:"title"`
	Detail   string  `json:"detail"`
	Queue    string  `json:"queue"`
	Status   string  `json:"status"` // Assigned or Opened
	TabBased bool    `json:"tab_based"`
	Weight   float64 `json:"weight"`
	// Since is when the work item asked for an agent, Assigned when this one was
	// asked, Accepted when this one accepted (0: not yet), ms since 1970.
	Since    int64 `json:"since"`
	Assigned int64 `json:"assigned"`
	Accepted int64 `json:"accepted"`
	// Deadline is when the push times out, 0 for never.
	Deadline int64 `json:"deadline"`
}

// omniView is what the widget of a user shows. The org's lock is held.
func (c *console) omniView(t *tx, user string) omniView {
	config, agent := configOf(t, user)
	v := omniView{Agent: agent, Connected: true, Statuses: []omniStatus{}, Reasons: []string{}, Works: []omniWork{}, Now: t.now().UnixMilli(),
		Capacity: capacityOf(t, user), Load: loadOf(t, user, ""), AutoAccept: config.flag("OptionsIsAutoAcceptEnabled"),
		Decline: config.flag("OptionsIsDeclineEnabled"), AskReason: config.flag("OptionsIsDeclineReasonEnabled")}
	session := c.o.omni.sessions[user]
	t.each("ServicePresenceStatus", func(row Row) bool {
		s := statusView(t, row)
		v.Statuses = append(v.Statuses, s)
		if session != nil && session.status == s.ID {
			v.Status = &s
		}
		return true
	})
	if session != nil {
		v.Session, v.Connected = session.key, !session.dropped
	}
	t.each("PresenceDeclineReason", func(row Row) bool {
		v.Reasons = append(v.Reasons, row.str("MasterLabel"))
		return true
	})
	for _, w := range held(t, user) {
		v.Works = append(v.Works, workView(t, w, v.Capacity))
	}
	return v
}

func statusView(t *tx, row Row) omniStatus {
	s := omniStatus{ID: row.ID(), APIName: row.str("DeveloperName"), Label: row.str("MasterLabel"), Channels: []omniChannel{}}
	for _, link := range t.among("ServiceChannelStatus", is("ServicePresenceStatusId", row.ID())) {
		if channel, ok := t.get(link.str("ServiceChannelId")); ok {
			s.Channels = append(s.Channels, omniChannel{ID: channel.ID(), Name: channel.str("DeveloperName")})
		}
	}
	return s
}

func workView(t *tx, w Row, capacity float64) omniWork {
	v := omniWork{ID: w.ID(), Record: w.str("WorkItemId"), Status: w.str("Status"), Weight: weight(w, capacity),
		TabBased: w.str("CapacityModel") != "StatusBased", Since: millis(w["RequestDateTime"]), Assigned: millis(w["AssignedDateTime"]), Accepted: millis(w["AcceptDateTime"])}
	v.Object = t.objectOf(v.Record)
	if row, ok := t.get(v.Record); ok {
		v.Title, v.Detail = titleOf(t, row)
	}
	if queue, ok := t.get(w.str("OriginalGroupId")); ok {
		v.Queue = queue.str("Name")
	}
	if n := w.num("PushTimeout"); n > 0 && v.Status == "Assigned" {
		v.Deadline = v.Assigned + n*1000
	}
	return v
}

// millis is a time as JavaScript counts it, 0 for none.
func millis(value any) int64 {
	at, ok := value.(time.Time)
	if !ok {
		return 0
	}
	return at.UnixMilli()
}

// omniOf is omniView for those who do not hold the lock.
func (c *console) omniOf(user string) omniView {
	var v omniView
	_ = c.o.view(func(t *tx) error { v = c.omniView(t, user); return nil })
	return v
}

// wish is the last status that somebody chose in a console, and when.
type wish struct {
	status, reason string
	at             time.Time
}

// wishLasts is for how long a change of status is put down to a wish.
const wishLasts = time.Minute

// The reasons that status changes are told with (salesforce-omni 8).
const (
	byToolkit    = "OmniToolkitStatusChange"
	byHand       = "OmniManualStatusChange"
	byLogin      = "OmniLoginStatusChange"
	bySupervisor = "OmniSupervisorStatusChange"
	byDecline    = "OmniDeclineWork"
	byTimeout    = "OmniPushTimeout"
)

// agentCalls are what the page can ask for as the user who is logged in. Those
// about Omni-Channel answer with the widget's new state.
func (c *console) agentCalls() map[string]agentCall {
	return map[string]agentCall{
		"GET /lightning/api/omni": func(user string, _ *http.Request) (any, error) { return c.omniOf(user), nil },
		"POST /lightning/api/omni/status": c.omniCall(func(a Agent, b omniBody) error {
			asked := wish{longOr(b.Status), byHand, c.o.clock.Now()}
			if b.Toolkit {
				asked.reason = byToolkit
			}
			c.mu.Lock()
			c.wished[a.name] = asked
			c.mu.Unlock()
			return a.Online(b.Status)
		}),
		"POST /lightning/api/omni/logout":     c.omniCall(func(a Agent, _ omniBody) error { return a.Offline() }),
		"POST /lightning/api/omni/accept":     c.omniCall(func(a Agent, b omniBody) error { return a.Accept(b.Work) }),
		"POST /lightning/api/omni/decline":    c.omniCall(func(a Agent, b omniBody) error { return a.Decline(b.Work, b.Reason) }),
		"POST /lightning/api/omni/close":      c.omniCall(func(a Agent, b omniBody) error { return a.Close(b.Work) }),
		"POST /lightning/api/omni/transfer":   c.omniCall(func(a Agent, b omniBody) error { return a.Transfer(b.Work, b.To) }),
		"POST /lightning/api/omni/autoaccept": c.omniCall(func(a Agent, b omniBody) error { return a.SetAutoAccept(b.On) }),

		"GET /lightning/api/home":                  c.getHome,
		"GET /lightning/api/record/{id}":           c.getRecord,
		"PATCH /lightning/api/record/{id}":         c.patchRecord,
		"DELETE /lightning/api/record/{id}":        c.deleteRecord,
		"GET /lightning/api/explain/{id}":          c.getExplain,
		"GET /lightning/api/owners/{id}":           c.getOwners,
		"POST /lightning/api/record/{id}/messages": c.postMessage,
		"GET /lightning/api/search":                c.getSearch,
	}
}

// omniBody is what the calls about Omni-Channel take.
type omniBody struct {
	Status  string `json:"status"`
	Toolkit bool   `json:"toolkit"` // asked through the toolkit, not by hand
	Work    string `json:"work"`
	Reason  string `json:"reason"`
	To      string `json:"to"`
	On      bool   `json:"on"`
}

func (c *console) omniCall(do func(Agent, omniBody) error) agentCall {
	return func(user string, r *http.Request) (any, error) {
		var body omniBody
		if err := readBody(r, &body); err != nil {
			return nil, err
		}
		if err := do(c.o.Agent(user), body); err != nil {
			return nil, err
		}
		return c.omniOf(user), nil
	}
}

// longOr brings an id into its long form; what is none stays as it is.
func longOr(id string) string {
	long, _ := parseID(id)
	return cmp.Or(long, id)
}

// rejoin takes back the loss of a connection: the browser is here again before
// Salesforce noticed.
func (c *console) rejoin(user string) {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if s := c.o.omni.sessions[user]; s != nil && s.dropped {
		s.dropped = false
		s.notice.Stop()
		s.notice = nil
		c.connectionChanged(user)
	}
}

// leave is the last page of an agent going away: Salesforce notices after a
// while. Agents with an autopilot need no page.
func (c *console) leave(user string) {
	c.o.mu.Lock()
	defer c.o.mu.Unlock()
	if c.o.omni.sessions[user] != nil && c.o.omni.pilots[user] == nil && !c.o.chronicle.ended() {
		c.o.omni.drop(user)
	}
}

// statusParams are a status as the toolkit tells it: channels as JSON text, ids
// of 15 characters.
func statusParams(status omniStatus, reason string) map[string]string {
	short := make([]omniChannel, len(status.Channels))
	for i, channel := range status.Channels {
		short[i] = omniChannel{ID: channel.ID[:idShort], Name: channel.Name}
	}
	channels, _ := json.Marshal(short) // of texts only
	return map[string]string{"statusId": status.ID[:idShort], "statusName": status.Label, "statusApiName": status.APIName,
		"channels": string(channels), "reason": reason}
}

// reason tells why a status is what it is now.
func (s *stream) reason(status string, login bool, refused string) string {
	s.c.mu.Lock()
	wished := s.c.wished[s.user]
	s.c.mu.Unlock()
	if s.c.o.clock.Now().Sub(wished.at) > wishLasts {
		wished = wish{}
	}
	switch {
	case wished.status == status && wished.reason == byToolkit:
		return byToolkit
	case login:
		return byLogin
	case wished.status == status:
		return wished.reason
	case refused == "Declined":
		return byDecline
	case refused == "DeclinedOnPushTimeout":
		return byTimeout
	}
	return bySupervisor
}
