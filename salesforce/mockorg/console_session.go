package mockorg

import (
	"net/http"
)

// agentCall is a call of the console page's: what the user with an id asks for.
type agentCall func(user string, r *http.Request) (any, error)

// forAgents makes a handler of a call that needs somebody who is logged in.
func (c *console) forAgents(call agentCall) http.HandlerFunc {
	return answering(func(r *http.Request) (any, error) {
		user, ok := c.o.identity.Visitor(r)
		if !ok {
			return nil, &ControlError{http.StatusUnauthorized, "nobody is logged in: choose who you are"}
		}
		return call(user.ID, r)
	})
}

// answering makes a handler of a call, with the body bounded.
func answering(call func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
		w.Header().Set("Cache-Control", "no-store")
		reply, err := call(r)
		controlReply(w, reply, err)
	}
}

// openCalls are the calls that need no login.
func (c *console) openCalls() map[string]func(*http.Request) (any, error) {
	calls := map[string]func(*http.Request) (any, error){
		"GET /lightning/api/session": c.getSession,
		"GET /lightning/api/people":  func(*http.Request) (any, error) { return map[string]any{"people": c.people()}, nil },
	}
	for pattern, call := range c.customerCalls() {
		calls[pattern] = call
	}
	return calls
}

// person is one who can log in at the console.
type consolePerson struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username"`
	// Agent tells whether there is a presence configuration.
	Agent bool `json:"agent"`
	// Status is the label of the present Omni status; "" when offline.
	Status string `json:"status"`
	// Auto tells that an autopilot acts for the agent.
	Auto bool `json:"auto"`
}

// people are those who can log in, agents first.
func (c *console) people() []consolePerson {
	agents, others := []consolePerson{}, []consolePerson{}
	_ = c.o.view(func(t *tx) error { // the function never fails
		t.each("User", func(u Row) bool {
			if !u.flag("IsActive") || u.str("UserType") == "AutomatedProcess" {
				return true
			}
			p := c.personOf(t, u)
			if p.Agent {
				agents = append(agents, p)
			} else {
				others = append(others, p)
			}
			return true
		})
		return nil
	})
	return append(agents, others...)
}

func (c *console) personOf(t *tx, u Row) consolePerson {
	p := consolePerson{ID: u.ID(), Name: u.str("Name"), Username: u.str("Username")}
	_, p.Agent = configOf(t, p.ID)
	if s := c.o.omni.sessions[p.ID]; s != nil {
		status, _ := t.get(s.status)
		p.Status = status.str("MasterLabel")
	}
	p.Auto = c.o.omni.pilots[p.ID] != nil
	return p
}

// getSession tells the page who is logged in and how the org is set up.
func (c *console) getSession(r *http.Request) (any, error) {
	set := c.o.Console()
	_, bridge := c.bridge()
	reply := map[string]any{"user": nil, "contactPadURL": set.ContactPadURL, "bridge": bridge, "now": c.o.clock.Now().UnixMilli()}
	visitor, ok := c.o.identity.Visitor(r)
	_ = c.o.view(func(t *tx) error { // the function never fails
		t.each("Organization", func(row Row) bool { reply["org"] = row.str("Name"); return false })
		if user, found := t.get(visitor.ID); ok && found {
			reply["user"] = c.personOf(t, user)
		}
		return nil
	})
	return reply, nil
}

// welcome logs somebody in at a browser: by username, the part of it before the
// @, or id.
func (c *console) welcome(w http.ResponseWriter, r *http.Request, name string) error {
	var user Row
	err := c.o.view(func(t *tx) (err error) {
		user, err = findUser(t, name)
		return err
	})
	if err != nil {
		return err
	}
	return c.o.identity.Welcome(w, r, user.str("Username"))
}

// postLogin logs a person in at the browser: {"user":"ada"}.
func (c *console) postLogin(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxControlBody)
	var body struct {
		User string `json:"user"`
	}
	err := readBody(r, &body)
	if err == nil {
		err = c.welcome(w, r, body.User)
	}
	controlReply(w, nil, err)
}
