package mockorg

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	streamPing  = 20 * time.Second
	streamWrite = 10 * time.Second // for a page to take a message
	maxWatched  = 200              // records that one page looks at
	maxStreams  = 2000
)

// stream is one page's connection, over which it learns what happens: messages
// {"t":"omni","omni":…}, {"t":"event","name":…,"params":…} and
// {"t":"record","id":…}. The page says {"watch":[ids]}: which records it shows.
//
// It never polls: it sleeps until the next commit, or until somebody touches a
// record that it watches.
type stream struct {
	c    *console
	user string // "" on the customer page
	conn *websocket.Conn
	wake chan struct{} // of one

	mu      sync.Mutex // guards the following
	watched map[string]bool
	dirty   map[string]bool
	stale   bool // the widget's state is another one, though no record tells
}

var upgrader = websocket.Upgrader{HandshakeTimeout: streamWrite} // checks that the origin is its own host

// serveStream is an agent's page coming to listen.
func (c *console) serveStream(w http.ResponseWriter, r *http.Request) {
	user, ok := c.o.identity.Visitor(r)
	if !ok {
		http.Error(w, "nobody is logged in", http.StatusUnauthorized)
		return
	}
	c.rejoin(user.ID)
	c.listen(w, r, user.ID, nil)
}

// listen serves a stream until either side ends it.
func (c *console) listen(w http.ResponseWriter, r *http.Request, user string, watched []string) {
	s := &stream{c: c, user: user, wake: make(chan struct{}, 1), watched: map[string]bool{}, dirty: map[string]bool{}}
	for _, id := range watched {
		s.watched[id] = true
	}
	if !c.enter(s) {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer c.exit(s)
	var err error
	if s.conn, err = upgrader.Upgrade(w, r, nil); err != nil {
		return // it has answered
	}
	defer s.conn.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	var reading sync.WaitGroup
	reading.Go(func() { defer cancel(); s.read() })
	s.write(ctx, r)
	s.conn.Close() // so that read ends
	reading.Wait()
}

// AtConsole tells whether a user, by id, has the console open.
func (o *Org) AtConsole(user string) bool {
	o.console.mu.Lock()
	defer o.console.mu.Unlock()
	return o.console.open[user] > 0
}

func (c *console) enter(s *stream) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.streams) >= maxStreams {
		return false
	}
	c.streams[s] = struct{}{}
	if s.user != "" {
		c.open[s.user]++
	}
	return true
}

func (c *console) exit(s *stream) {
	c.mu.Lock()
	delete(c.streams, s)
	last := false
	if s.user != "" {
		if c.open[s.user]--; c.open[s.user] == 0 {
			delete(c.open, s.user)
			last = true
		}
	}
	c.mu.Unlock()
	if last {
		c.leave(s.user)
	}
}

// touch tells the stream that there is something new about a record.
func (s *stream) touch(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.watched[id] {
		return
	}
	s.dirty[id] = true
	s.rouse()
}

// rouse ends the stream's sleep.
func (s *stream) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it will wake already
	}
}

// connectionChanged tells the pages of an agent that the connection to
// Omni-Channel was lost or is there again. The org's lock may be held.
func (c *console) connectionChanged(user string) {
	if c == nil { // the org is being built
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.streams {
		if s.user == user {
			s.mu.Lock()
			s.stale = true
			s.mu.Unlock()
			s.rouse()
		}
	}
}

// read takes what the page says until it is gone.
func (s *stream) read() {
	s.conn.SetReadLimit(64 << 10)
	alive := func(string) error { return s.conn.SetReadDeadline(time.Now().Add(3 * streamPing)) }
	s.conn.SetPongHandler(alive)
	_ = alive("")
	for {
		var said struct {
			Watch []string `json:"watch"`
		}
		_, text, err := s.conn.ReadMessage()
		if err != nil || json.Unmarshal(text, &said) != nil {
			return
		}
		if s.user == "" || len(said.Watch) > maxWatched {
			continue
		}
		s.mu.Lock()
		s.watched = map[string]bool{}
		for _, id := range said.Watch {
			if long, ok := parseID(id); ok {
				s.watched[long] = true
			}
		}
		s.mu.Unlock()
	}
}

// write tells the page what happens until ctx ends or the org does.
func (s *stream) write(ctx context.Context, r *http.Request) {
	ping := time.NewTicker(streamPing)
	defer ping.Stop()
	told := s.begin()
	for {
		next, done, messages := s.look(told)
		for _, m := range messages {
			_ = s.conn.SetWriteDeadline(time.Now().Add(streamWrite))
			if s.conn.WriteJSON(m) != nil {
				return
			}
		}
		select {
		case <-next:
		case <-s.wake:
		case <-ping.C:
			s.c.o.identity.Visitor(r) // a page that is open keeps its login
			if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(streamWrite)) != nil {
				return
			}
		case <-done:
			return
		case <-ctx.Done():
			return
		}
	}
}

// streamed is a message to a page.
type streamed struct {
	T      string    `json:"t"`
	Omni   *omniView `json:"omni,omitempty"`
	Name   string    `json:"name,omitempty"`
	Params any       `json:"params,omitempty"`
	ID     string    `json:"id,omitempty"`
	Op     string    `json:"op,omitempty"`
}

// told is how far a page has been told.
type told struct {
	seq  uint64    // the last change
	omni *omniView // the widget's last state, nil at first

	// The last refusal, since a status that follows from it comes in a commit of
	// its own.
	refused   string
	refusedAt time.Time
}

// begin is a page that will be told of what comes after now.
func (s *stream) begin() *told {
	s.c.o.mu.RLock()
	defer s.c.o.mu.RUnlock()
	return &told{seq: s.c.o.chronicle.seq}
}

// look gathers what the page has to be told since the last look, and returns
// what ends the sleep after it.
func (s *stream) look(from *told) (next, done <-chan struct{}, messages []streamed) {
	o := s.c.o
	o.mu.RLock()
	defer o.mu.RUnlock()
	t := &tx{o: o, at: o.clock.Now().UTC()}
	next, done = o.chronicle.next, o.chronicle.done
	changes := o.chronicle.since(from.seq)
	from.seq = o.chronicle.seq
	if s.user != "" {
		messages = s.omniNews(t, changes, from)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		if s.watched[change.ID] {
			delete(s.dirty, change.ID)
			messages = append(messages, streamed{T: "record", ID: change.ID, Op: change.Op})
		}
		if about := aboutWork(t, change); s.watched[about] {
			s.dirty[about] = true
		}
	}
	for id := range s.dirty {
		messages = append(messages, streamed{T: "record", ID: id, Op: "updated"})
	}
	clear(s.dirty)
	return next, done, messages
}

// aboutWork is the work item that a change of a PSR or an AgentWork is about.
func aboutWork(t *tx, change Change) string {
	if change.Object != "AgentWork" && change.Object != "PendingServiceRouting" {
		return ""
	}
	rec := t.o.find(change.ID)
	if rec == nil {
		return ""
	}
	return rec.row.str("WorkItemId")
}

// since returns the changes after a sequence number; they are not to be altered.
// The org's lock is held.
func (c *chronicle) since(after uint64) []Change {
	i := sort.Search(len(c.changes), func(i int) bool { return c.changes[i].Seq > after })
	return c.changes[i:]
}

// omniNews is the widget's new state, if it has one, and the toolkit events that
// led to it.
func (s *stream) omniNews(t *tx, changes []Change, from *told) []streamed {
	s.mu.Lock()
	mine := from.omni == nil || s.stale
	s.stale = false
	s.mu.Unlock()
	var events []streamed
	for _, change := range changes {
		switch change.Object {
		case "AgentWork":
			rec := t.o.find(change.ID)
			if rec == nil || rec.row.str("UserId") != s.user {
				continue
			}
			mine = true
			name, status := workEvent(change)
			if name != "" {
				events = append(events, streamed{T: "event", Name: name, Params: map[string]string{
					"workItemId": rec.row.str("WorkItemId")[:idShort], "workId": change.ID[:idShort]}})
			}
			if status == "Declined" || status == "DeclinedOnPushTimeout" {
				from.refused, from.refusedAt = status, change.Time
			}
		case "UserServicePresence":
			rec := t.o.find(change.ID)
			mine = mine || rec != nil && rec.row.str("UserId") == s.user
		case "PresenceUserConfig", "PresenceUserConfigUser", "ServicePresenceStatus", "ServiceChannelStatus", "PresenceDeclineReason":
			mine = true
		default: // a request shows the title of its record
			mine = mine || from.omni != nil && slices.ContainsFunc(from.omni.Works, func(w omniWork) bool { return w.Record == change.ID })
		}
	}
	if !mine {
		return nil
	}
	now := s.c.omniView(t, s.user)
	if from.omni != nil {
		refused := ""
		if t.now().Sub(from.refusedAt) < wishLasts {
			refused = from.refused
		}
		events = append(events, s.presenceEvents(*from.omni, now, refused)...)
	}
	from.omni = &now
	return append([]streamed{{T: "omni", Omni: &now}}, events...)
}

// workEvent is the toolkit's event of a change of an AgentWork, "" for none, and
// the status that it has now, "" for the same.
func workEvent(change Change) (name, status string) {
	status, _ = change.Fields["Status"].(string)
	switch status {
	case "Assigned":
		return "omniChannelWorkAssigned", status
	case "Opened":
		return "omniChannelWorkAccepted", status
	case "Declined", "DeclinedOnPushTimeout":
		return "omniChannelWorkDeclined", status
	case "Closed", "Transferred":
		return "omniChannelWorkClosed", status
	}
	return "", status
}

// presenceEvents are the toolkit's events between two states of a widget.
func (s *stream) presenceEvents(was, now omniView, refused string) []streamed {
	var events []streamed
	tell := func(name string, params any) {
		events = append(events, streamed{T: "event", Name: name, Params: params})
	}
	another := was.Session != now.Session
	if another && was.Session != "" {
		tell("omniChannelLogout", map[string]string{})
	}
	if another && now.Status != nil {
		tell("omniChannelLoginSuccess", map[string]string{"statusId": now.Status.ID[:idShort]})
	}
	if now.Status != nil && (another || was.Status == nil || was.Status.ID != now.Status.ID) {
		tell("omniChannelStatusChanged", statusParams(*now.Status, s.reason(now.Status.ID, another, refused)))
	}
	if was.Load != now.Load || was.Capacity != now.Capacity {
		tell("omniChannelWorkloadChanged", map[string]float64{"configuredCapacity": now.Capacity, "previousWorkload": was.Load, "newWorkload": now.Load})
	}
	if was.Connected && !now.Connected {
		tell("omniChannelConnectionError", map[string]string{"error": "The connection to Omni-Channel was lost."})
	}
	return events
}
