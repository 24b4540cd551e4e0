package ops

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"omnibridge/connector"
	"omnibridge/vcc"
)

// Entry is an entry of the journal, as it is stored.
type Entry struct {
	Seq         int64 // grows from entry to entry
	At          time.Time
	Interaction vcc.InteractionID
	What        string // "arrived", "alerting", "declined" ...
	Offer       int    // zero: not about an offer
	Agent       vcc.AgentID
	Why         string
}

// story is what happened to an interaction, and why, in order.
type story struct {
	Interaction vcc.InteractionID `json:"interaction"`
	At          time.Time         `json:"at"`
	// Now is how it stands; nil: it is over, or was not among those looked at.
	Now  *connector.InteractionView `json:"now,omitempty"`
	Rows []storyRow                 `json:"rows"`
	// More says that there are entries after the last row: ask with after.
	More bool `json:"more,omitempty"`
}

// storyRow is one entry.
type storyRow struct {
	Seq   int64         `json:"seq"`
	At    time.Time     `json:"at"`
	After time.Duration `json:"afterNs"` // since the row before; zero: the first
	// Origin is whose doing it is: "org", "engine" or "agent".
	Origin string      `json:"origin"`
	What   string      `json:"what"`
	Offer  int         `json:"offer,omitempty"`
	Agent  vcc.AgentID `json:"agent,omitempty"`
	Name   string      `json:"name,omitempty"` // of the agent
	Why    string      `json:"why,omitempty"`
}

// quiet is from when on time in which nothing happened is drawn as one line.
const quiet = 5 * time.Second

// Quiet tells whether there was nothing to tell for a while before the row.
func (r storyRow) Quiet() bool { return r.After > quiet }

const (
	maxID    = 200 // bytes of an id that somebody asks for
	maxStory = 2000
)

// idOf returns an id from the request's address.
func idOf(r *http.Request, name string) (string, error) {
	id := r.URL.Query().Get(name)
	if id == "" || len(id) > maxID {
		return "", errors.New("say which: ?" + name + "=ID, of 1 to 200 bytes")
	}
	return id, nil
}

// storyOf reads the journal of an interaction; the code says what went wrong.
func (o Options) storyOf(r *http.Request) (s story, code int, err error) {
	id, err := idOf(r, "interaction")
	if err != nil {
		return s, http.StatusBadRequest, err
	}
	after := int64(0)
	if text := r.URL.Query().Get("after"); text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return s, http.StatusBadRequest, errors.New("after must be the seq of an entry")
		}
	}
	if o.Journal == nil {
		return s, http.StatusNotFound, errors.New("there is no journal")
	}
	v, err := o.view(r)
	if err != nil {
		return s, http.StatusServiceUnavailable, errors.New("the loop does not answer: " + err.Error())
	}
	s = story{Interaction: vcc.InteractionID(id), At: v.At, Rows: []storyRow{}}
	if i := slices.IndexFunc(v.Interactions, func(x connector.InteractionView) bool { return x.ID == s.Interaction }); i >= 0 {
		s.Now = &v.Interactions[i]
	}
	entries, err := o.entries(r.Context(), s.Interaction, after)
	if err != nil {
		return s, http.StatusServiceUnavailable, errors.New("the journal cannot be read: " + err.Error())
	}
	if len(entries) == 0 && s.Now == nil && after == 0 {
		return s, http.StatusNotFound, errors.New("the journal has nothing of it: the id is wrong, or it is longer ago than the journal is kept")
	}
	s.More = len(entries) >= maxStory
	names := map[vcc.AgentID]string{}
	for _, a := range v.Agents {
		names[a.ID] = cmp.Or(a.Name, string(a.ID))
	}
	for i, e := range entries {
		row := storyRow{Seq: e.Seq, At: e.At.In(v.At.Location()), Origin: origin(e.What), What: e.What, Offer: e.Offer, Agent: e.Agent, Name: names[e.Agent], Why: e.Why}
		if i > 0 {
			row.After = max(e.At.Sub(entries[i-1].At), 0)
		}
		s.Rows = append(s.Rows, row)
	}
	return s, http.StatusOK, nil
}

// entries reads the journal page by page, up to maxStory.
func (o Options) entries(ctx context.Context, id vcc.InteractionID, after int64) ([]Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var all []Entry
	for len(all) < maxStory {
		page, err := o.Journal(ctx, id, after)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		after = page[len(page)-1].Seq
	}
	return all[:min(len(all), maxStory)], nil
}

func (o Options) why(w http.ResponseWriter, r *http.Request) {
	s, code, err := o.storyOf(r)
	if err != nil {
		http.Error(w, err.Error(), code)
		return
	}
	writeJSON(w, code, s)
}

func (o Options) whyPage(w http.ResponseWriter, r *http.Request) {
	s, code, err := o.storyOf(r)
	if err != nil {
		render(w, code, "problem.html", err.Error())
		return
	}
	render(w, code, "why.html", s)
}

// agentOf asks the loop for an agent; the code says what went wrong.
func (o Options) agentOf(r *http.Request) (d agentData, code int, err error) {
	id, err := idOf(r, "agent")
	if err != nil {
		return d, http.StatusBadRequest, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	v, err := o.Daemon.Agent(ctx, vcc.AgentID(id))
	switch {
	case errors.Is(err, connector.ErrUnknown):
		return d, http.StatusNotFound, errors.New("there is no agent of that id")
	case err != nil:
		return d, http.StatusServiceUnavailable, errors.New("the loop does not answer: " + err.Error())
	}
	d = agentData{AgentView: v, Row: agentRow{AgentStats: v.Stats}}
	for _, p := range o.panels() {
		if p.Agent == v.Stats.Agent {
			d.Panel, d.Row.Pad = &p, &p
		}
	}
	d.Row.PadText, d.Row.PadLost = d.Row.pad(v.At)
	return d, http.StatusOK, nil
}

// agentData is what is shown of one agent.
type agentData struct {
	connector.AgentView
	Panel *Panel   `json:"panel,omitempty"`
	Row   agentRow `json:"-"`
}

func (o Options) agent(w http.ResponseWriter, r *http.Request) {
	d, code, err := o.agentOf(r)
	if err != nil {
		http.Error(w, err.Error(), code)
		return
	}
	writeJSON(w, code, d)
}

func (o Options) agentPage(w http.ResponseWriter, r *http.Request) {
	d, code, err := o.agentOf(r)
	if err != nil {
		render(w, code, "problem.html", err.Error())
		return
	}
	render(w, code, "agent.html", d)
}
