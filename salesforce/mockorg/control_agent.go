package mockorg

import (
	"net/http"
	"strings"
)

// Agent is the hand on one agent's Omni-Channel widget. Its methods are what
// the agent, or the agent's browser, can do; each fails with a ControlError
// when the widget would not offer it.
type Agent struct {
	o    *Org
	name string
}

// Agent returns the hand on the agent with a username, the part of it before
// the @, or an id. Whether there is such a user shows when it is used.
func (o *Org) Agent(name string) Agent { return Agent{o, name} }

// AgentState is what the widget shows.
type AgentState struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	// Status is the developer name of the presence status; "" when offline.
	Status string `json:"status"`
	// Connected is false while offline or dropped.
	Connected  bool       `json:"connected"`
	Capacity   float64    `json:"capacity"`
	Load       float64    `json:"load"`
	AutoAccept bool       `json:"auto_accept"`
	Decline    bool       `json:"decline"`
	Alerting   []string   `json:"alerting"` // AgentWork ids, oldest first
	Opened     []string   `json:"opened"`   // AgentWork ids, oldest first
	Autopilot  *Autopilot `json:"autopilot,omitempty"`
}

// Agents tells the state of every user with a presence configuration.
func (o *Org) Agents() []AgentState {
	var states []AgentState
	_ = o.view(func(t *tx) error { // the function never fails
		t.each("PresenceUserConfigUser", func(link Row) bool {
			if user, ok := t.get(link.str("UserId")); ok {
				states = append(states, o.omni.state(t, user))
			}
			return true
		})
		return nil
	})
	return states
}

// State tells the state of the agent.
func (a Agent) State() (AgentState, error) {
	var state AgentState
	err := a.o.view(func(t *tx) error {
		user, err := a.find(t)
		if err == nil {
			state = a.o.omni.state(t, user)
		}
		return err
	})
	return state, err
}

func (m *omni) state(t *tx, user Row) AgentState {
	config, _ := configOf(t, user.ID())
	state := AgentState{
		ID: user.ID(), Username: user.str("Username"), Name: user.str("Name"),
		Capacity: capacityOf(t, user.ID()), Load: loadOf(t, user.ID(), ""), Alerting: []string{}, Opened: []string{},
		AutoAccept: config.flag("OptionsIsAutoAcceptEnabled"), Decline: config.flag("OptionsIsDeclineEnabled"),
	}
	if s := m.sessions[user.ID()]; s != nil {
		status, _ := t.get(s.status)
		state.Status, state.Connected = status.str("DeveloperName"), !s.dropped
	}
	for _, w := range held(t, user.ID()) {
		if w.str("Status") == "Opened" {
			state.Opened = append(state.Opened, w.ID())
		} else {
			state.Alerting = append(state.Alerting, w.ID())
		}
	}
	if p := m.pilots[user.ID()]; p != nil {
		state.Autopilot = new(p.Autopilot)
	}
	return state
}

// find looks the agent up and makes sure it is one.
func (a Agent) find(t *tx) (Row, error) {
	user, err := findUser(t, a.name)
	if err != nil {
		return nil, err
	}
	if _, ok := configOf(t, user.ID()); !ok {
		return nil, conflict("%s is no agent: the user has no presence configuration; assign one with PresenceUserConfigUser", user.str("Username"))
	}
	return user, nil
}

// do runs a step as the agent in one transaction.
func (a Agent) do(step func(t *tx, user string) error) error {
	var user Row
	err := a.o.view(func(t *tx) (err error) {
		user, err = a.find(t)
		return err
	})
	if err != nil {
		return err
	}
	return a.o.change(user.ID(), func(t *tx) error { return step(t, user.ID()) })
}

// Online logs the agent in with a presence status, by developer name or id, or
// changes the status of one who is logged in. After a Drop it logs in anew.
func (a Agent) Online(status string) error {
	var user, statusID string
	err := a.do(func(t *tx, id string) error {
		var err error
		if statusID, err = findStatus(t, status); err != nil {
			return err
		}
		if s := a.o.omni.sessions[id]; s != nil && !s.dropped {
			user = id
			return nil
		}
		return a.o.omni.arrive(t, id, statusID)
	})
	if err != nil || user == "" {
		return err
	}
	return a.o.omni.turn(user, statusID) // two transactions of its own
}

// Offline logs the agent out. Alerting work becomes Unavailable.
func (a Agent) Offline() error {
	return a.do(func(t *tx, user string) error {
		if a.o.omni.sessions[user] == nil {
			return conflict("%s is not online", a.name)
		}
		return a.o.omni.logout(t, user)
	})
}

// Drop cuts the agent's connection. Nothing happens to the records until
// Salesforce notices, Settings.DisconnectAfter later.
func (a Agent) Drop() error {
	return a.connected(func(_ *tx, user string) error {
		a.o.omni.drop(user)
		return nil
	})
}

// connected runs a step that needs the agent's widget to be there.
func (a Agent) connected(step func(t *tx, user string) error) error {
	return a.do(func(t *tx, user string) error {
		if a.o.omni.sessions[user] == nil {
			return conflict("%s is not online: bring the agent online first", a.name)
		}
		if a.o.omni.lost(user) {
			return conflict("%s has lost the connection: bring the agent online again first", a.name)
		}
		return step(t, user)
	})
}

// Accept opens alerting work: the oldest, or the one that work names by the id
// of its AgentWork or of its record.
func (a Agent) Accept(work string) error {
	return a.onWork(work, "Assigned", a.o.omni.accept)
}

// Decline refuses alerting work, chosen as by Accept, with a reason that may be
// empty. Agents without the decline button cannot.
func (a Agent) Decline(work, reason string) error {
	return a.onWork(work, "Assigned", func(t *tx, w Row) error {
		if config, _ := configOf(t, w.str("UserId")); !config.flag("OptionsIsDeclineEnabled") {
			return conflict("%s has no decline button: the presence configuration has decline off", a.name)
		}
		if len(reason) > 200 {
			return badRequest("the reason has %d characters: Salesforce keeps 200", len(reason))
		}
		return a.o.omni.decline(t, w, reason)
	})
}

// Close closes the tab of opened work: the oldest, or the one that work names.
func (a Agent) Close(work string) error {
	return a.onWork(work, "Opened", a.o.omni.closeTab)
}

// Transfer moves opened work, chosen as by Close, to a queue by developer name
// or to another agent by username.
func (a Agent) Transfer(work, to string) error {
	return a.onWork(work, "Opened", func(t *tx, w Row) error {
		id, err := findOwner(t, to)
		if err != nil {
			return err
		}
		if id == w.str("UserId") {
			return badRequest("%s cannot transfer work to themselves: name another agent or a queue", a.name)
		}
		return a.o.omni.transfer(t, w, id)
	})
}

// onWork runs a step on one of the agent's AgentWork rows in a status.
func (a Agent) onWork(work, status string, step func(*tx, Row) error) error {
	long, ok := parseID(work)
	if work != "" && !ok {
		return badRequest("%q is no id: give the id of an AgentWork or of its record, or nothing for the oldest", work)
	}
	return a.connected(func(t *tx, user string) error {
		for _, w := range t.among("AgentWork", is("UserId", user), is("Status", status)) {
			if work == "" || w.ID() == long || w.str("WorkItemId") == long {
				return step(t, w)
			}
		}
		if work != "" {
			return conflict("%s has no %s work %s: look at GET /mock/v1/agents", a.name, strings.ToLower(status), work)
		}
		return conflict("%s has no %s work", a.name, strings.ToLower(status))
	})
}

// Autopilot makes the agent act by itself, or with mode "off" no more. Work
// that alerts or is open already is taken up.
func (a Agent) Autopilot(p Autopilot) error {
	if err := p.validate(); err != nil {
		return err
	}
	return a.do(func(t *tx, user string) error {
		a.o.omni.steer(t, user, p)
		return nil
	})
}

// SetCapacity sets how much weight of work the agent may hold; the presence row
// shows it from the next login on.
func (a Agent) SetCapacity(capacity int64) error {
	if capacity < 0 {
		return badRequest("capacity is %d: use zero or more", capacity)
	}
	return a.configure(Row{"Capacity": capacity})
}

// SetAutoAccept switches the agent's auto-accept, and the decline button the
// other way, because Salesforce allows only one of them.
func (a Agent) SetAutoAccept(on bool) error {
	return a.configure(Row{"OptionsIsAutoAcceptEnabled": on, "OptionsIsDeclineEnabled": !on})
}

func (a Agent) configure(fields Row) error {
	return a.do(func(t *tx, user string) error {
		config, _ := configOf(t, user)
		return t.set(config.ID(), fields)
	})
}

// SetPushTimeout sets the push timeout of every external routing configuration
// in seconds; 0 switches it off. Work that alerts already keeps its own.
func (o *Org) SetPushTimeout(seconds int64) error {
	if seconds < 0 {
		return badRequest("push timeout is %d seconds: use zero or more", seconds)
	}
	return o.change(o.omni.itself(), func(t *tx) error {
		for _, r := range t.where("QueueRoutingConfig", "RoutingModel", "ExternalRouting") {
			if err := t.set(r.ID(), Row{"PushTimeout": seconds}); err != nil {
				return err
			}
		}
		return nil
	})
}

// findStatus finds a presence status by developer name or id.
func findStatus(t *tx, name string) (string, error) {
	var found string
	var names []string
	t.each("ServicePresenceStatus", func(s Row) bool {
		names = append(names, s.str("DeveloperName"))
		if strings.EqualFold(s.str("DeveloperName"), name) {
			found = s.ID()
		}
		return found == ""
	})
	if row, ok := t.get(name); ok && found == "" && t.objectOf(row.ID()) == "ServicePresenceStatus" {
		return row.ID(), nil
	}
	if found == "" {
		return "", notFound("no presence status is called %q: there are %s", name, strings.Join(names, ", "))
	}
	return found, nil
}

// agentDeeds are what an agent can be made to do.
var agentDeeds = map[string]func(Agent, *http.Request) error{
	"online": func(a Agent, r *http.Request) error {
		var body struct {
			Status string `json:"status"`
		}
		return whenDecoded(r, &body, func() error { return a.Online(body.Status) })
	},
	"offline": func(a Agent, r *http.Request) error { return whenDecoded(r, &struct{}{}, a.Offline) },
	"drop":    func(a Agent, r *http.Request) error { return whenDecoded(r, &struct{}{}, a.Drop) },
	"accept": func(a Agent, r *http.Request) error {
		var body struct {
			Work string `json:"work"`
		}
		return whenDecoded(r, &body, func() error { return a.Accept(body.Work) })
	},
	"decline": func(a Agent, r *http.Request) error {
		var body struct {
			Work   string `json:"work"`
			Reason string `json:"reason"`
		}
		return whenDecoded(r, &body, func() error { return a.Decline(body.Work, body.Reason) })
	},
	"close": func(a Agent, r *http.Request) error {
		var body struct {
			Work string `json:"work"`
		}
		return whenDecoded(r, &body, func() error { return a.Close(body.Work) })
	},
	"transfer": func(a Agent, r *http.Request) error {
		var body struct {
			Work string `json:"work"`
			To   string `json:"to"`
		}
		return whenDecoded(r, &body, func() error { return a.Transfer(body.Work, body.To) })
	},
	"capacity": func(a Agent, r *http.Request) error {
		var body struct {
			Capacity *int64 `json:"capacity"`
		}
		return whenDecoded(r, &body, func() error {
			if body.Capacity == nil {
				return badRequest(`capacity is missing: send {"capacity":100}`)
			}
			return a.SetCapacity(*body.Capacity)
		})
	},
	"autoaccept": func(a Agent, r *http.Request) error {
		var body struct {
			On *bool `json:"on"`
		}
		return whenDecoded(r, &body, func() error {
			if body.On == nil {
				return badRequest(`on is missing: send {"on":true} or {"on":false}`)
			}
			return a.SetAutoAccept(*body.On)
		})
	},
	"autopilot": func(a Agent, r *http.Request) error {
		var p Autopilot
		return whenDecoded(r, &p, func() error { return a.Autopilot(p) })
	},
}

// whenDecoded reads the body into v and then does the deed.
func whenDecoded(r *http.Request, v any, deed func() error) error {
	if err := readBody(r, v); err != nil {
		return err
	}
	return deed()
}

// agentCall makes a call of a deed; the reply is the agent's state.
func (o *Org) agentCall(do func(Agent, *http.Request) error) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		a := o.Agent(r.PathValue("agent"))
		if err := do(a, r); err != nil {
			return nil, err
		}
		return a.State()
	}
}
