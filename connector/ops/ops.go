// Package ops is what an admin or a supervisor sees of the daemon: health,
// readiness, metrics and the status page. It only shows; nothing here changes
// anything.
//
//	GET /                            the status page, for people
//	GET /agent?agent=ID              what holds an agent's capacity, and why no new work comes
//	GET /why?interaction=ID          what happened to an interaction, and why
//	GET /api/status                  the status page as JSON
//	GET /api/agent?agent=ID          an agent as JSON
//	GET /api/why?interaction=ID      an interaction's journal as JSON; &after=SEQ: what came after
//	GET /metrics                     numbers, in the Prometheus text format
//	GET /healthz                     200 while the loop answers
//	GET /readyz                      200 when work would be routed now, 503 with the reasons otherwise
//
// The pages are made here, and work without a script; with one (web/page.js) they are
// brought up to date in place every two seconds, sort, and open agents and interactions
// without leaving. Whatever comes from outside is escaped by html/template, and the
// script makes no markup of its own.
//
// # Metrics
//
// Names are a promise. Each scrape is of one moment between two turns of the loop (of a
// hundred agents and more, some are looked at a little later), and fails while the loop
// does not answer. Counters begin at zero when the daemon
// starts.
//
//	omnibridge_build_info{version}
//	omnibridge_interactions{state}              sighted, held, waiting, offered, alerting, connected, wrap-up
//	omnibridge_agents{state}                    online, offline
//	omnibridge_agents_shown{mark}               ready, working, away, blocked, out: as ContactPad's state bar shows
//	omnibridge_panels{state}                    alive, lost: agents by whether ContactPad answers; absent without ContactPad
//	omnibridge_plan_waiting{plan}               announced and not yet connected; consults are not counted
//	omnibridge_plan_alerting{plan}              of these, offered to an agent
//	omnibridge_plan_oldest_seconds{plan}        how long the longest has waited; 0: nobody waits
//	omnibridge_plan_past_target{plan}           wait for longer than the plan's target
//	omnibridge_plan_on_target_ratio{plan}       of the last 30 minutes; absent: too few, or no target
//	omnibridge_plan_offers_total{plan,result}   accepted, declined, timed_out, unavailable, failed, undelivered, refused, gone
//	omnibridge_plan_handled_total{plan}         agents' parts that ended after they were connected
//	omnibridge_plan_handling_seconds_total{plan} how long those lasted
//	omnibridge_plan_wraps_total{plan}           wrap-ups that ended
//	omnibridge_plan_wrap_seconds_total{plan}    how long those lasted
//	omnibridge_plan_left_total{plan,how}        customer, left_routing, given_up, by_agent
//	omnibridge_plan_breakouts_total{plan}       went to the plan's breakout
//	omnibridge_link_state{link,state}           1 for the present one of up, degraded, connecting, down
//	omnibridge_swept_timestamp_seconds          when the whole org was last read and compared
//	omnibridge_sweeps_total                     how often it was
//	omnibridge_sweeps_stretched                 1 while periodic sweeps are rarer, to save API calls
//	omnibridge_stream_signals_total             what the stream's events told
//	omnibridge_stream_gaps_total                gaps in the stream that were swept over
//	omnibridge_stream_heard_timestamp_seconds   when the last event came, of any kind
//	omnibridge_canary_available                 0 while the org takes no canaries, or none are to be sent
//	omnibridge_canary_overdue                   1 from a canary that was missed to the next event
//	omnibridge_canaries_total{result}           pushed, arrived, missed
//	omnibridge_canary_seconds                   how long the last one took that arrived
//	omnibridge_turns_total                      turns of the loop
//	omnibridge_inputs_total                     inputs that it took
//	omnibridge_inbox_inputs                     inputs that wait for it
//	omnibridge_stale_total                      events that were old or repeated
//	omnibridge_late_total                       answers to offers no longer open
//	omnibridge_faults_total                     inputs that could not be
//	omnibridge_effects_total{kind,result}       create_agentwork, look_up_work_item, read_presence, decline_agentwork,
//	                                            close_agentwork, change_owner; done, refused, unknown, deferred
//	omnibridge_effects_pending                  effects under way or waiting
//	omnibridge_psr_to_agentwork_seconds         histogram, of first offers; by the org's clock at its begin
//	omnibridge_allowance_used{allowance}        api_calls, pushtopic_events, change_events
//	omnibridge_allowance_left{allowance}        absent where the allowance is not known
//	omnibridge_allowance_forecast{allowance}    use at midnight UTC at the present rate
//	omnibridge_allowance_exhausted{allowance}   1 while nothing is asked of the org because of it
package ops

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Daemon is what ops shows.
type Daemon interface {
	// View returns what stands, as of one moment.
	View(ctx context.Context) (connector.View, error)
	// Links returns the state of the outside connections, and when the org was
	// last read as a whole.
	Links() ([]omnichannel.Link, time.Time)
	// Agent returns how one agent stands; connector.ErrUnknown if nobody knows them.
	Agent(ctx context.Context, id vcc.AgentID) (connector.AgentView, error)
}

// Options is what the pages are made of.
type Options struct {
	Daemon  Daemon
	Version string
	Org     string // address of the org, for people
	// Probe tells whether the store can be written to.
	Probe func(ctx context.Context) error
	// Canary tells whether it is proven that the org's events come; nil: that is not
	// known.
	Canary func() Canary
	// Panels tells how agents' ContactPads stand; nil: there is no ContactPad.
	Panels func() []Panel
	// Journal returns the journal's entries of an interaction with a greater Seq than
	// after, oldest first, as many as it likes; nil: there is no journal.
	Journal func(ctx context.Context, interaction vcc.InteractionID, after int64) ([]Entry, error)
}

// Panel is how an agent's ContactPad stands.
type Panel struct {
	Agent vcc.AgentID `json:"agent"`
	Alive bool        `json:"alive"` // it answered within its lease
	Since time.Time   `json:"since,omitzero"`
	Until time.Time   `json:"until,omitzero"` // when the lease lapses, or lapsed
	Why   string      `json:"why,omitempty"`  // not alive: for people
	Open  int         `json:"open"`           // how many are open
	// Visible, Phone and Console are about the one that acts: the agent sees it; it can
	// carry voice; the console that frames it can be asked.
	Visible bool `json:"visible"`
	Phone   bool `json:"phone"`
	Console bool `json:"console"`
	// Waiting counts what waits for the agent's console.
	Waiting int `json:"waiting,omitempty"`
}

// Canary tells whether it is proven that the org's events come: in quiet times the
// daemon has the org send it one, the canary.
type Canary struct {
	Off         bool   `json:"off,omitzero"`         // none are sent
	Unavailable string `json:"unavailable,omitzero"` // why none can be; "" if they can
	// Pushed, Arrived and Missed count canaries: those that the org took, those of them
	// that came back, and those that did not though the stream seemed up.
	Pushed    int           `json:"pushed"`
	Arrived   int           `json:"arrived"`
	Missed    int           `json:"missed"`
	Overdue   bool          `json:"overdue,omitzero"`     // one was missed, and no event has come since
	Heard     time.Time     `json:"heard,omitzero"`       // when the last event of any kind came; zero: none did
	RoundTrip time.Duration `json:"roundTripNs,omitzero"` // of the last that arrived
}

// Text says the same to people.
func (c Canary) Text(now time.Time) string {
	heard := "no event has come yet"
	if !c.Heard.IsZero() {
		heard = "the last event came " + ago(now, c.Heard) + " ago"
	}
	switch {
	case c.Off:
		return heard + "; canaries are off"
	case c.Unavailable != "":
		return heard + "; canary: not available: " + c.Unavailable
	case c.Overdue:
		return heard + fmt.Sprintf("; of %d canaries %d were missed", c.Pushed, c.Missed)
	case c.Pushed == 0:
		return heard + "; no canary was needed yet"
	case c.Arrived == 0:
		return heard + "; no canary has come yet"
	}
	return heard + fmt.Sprintf("; the last canary took %v", c.RoundTrip.Round(time.Millisecond))
}

// patience bounds how long a page waits for the loop.
const patience = 2 * time.Second

// Handler returns the pages.
func Handler(o Options) http.Handler {
	o.Daemon = &look{Daemon: o.Daemon, now: time.Now}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", o.page)
	mux.HandleFunc("GET /agent", o.agentPage)
	mux.HandleFunc("GET /why", o.whyPage)
	mux.HandleFunc("GET /page.js", asset("text/javascript; charset=utf-8", pageScript))
	mux.HandleFunc("GET /page.css", asset("text/css; charset=utf-8", pageStyle))
	mux.HandleFunc("GET /api/status", o.status)
	mux.HandleFunc("GET /api/agent", o.agent)
	mux.HandleFunc("GET /api/why", o.why)
	mux.HandleFunc("GET /metrics", o.metrics)
	mux.HandleFunc("GET /healthz", o.healthz)
	mux.HandleFunc("GET /readyz", o.readyz)
	return headers(mux)
}

// headers forbids framing, sniffing and anything that is not ours.
func headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.Header().Set("Cache-Control", "no-store")
		h.ServeHTTP(w, r)
	})
}

func asset(kind, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, text) // the client went away: nothing to be done
	}
}

func (o Options) view(r *http.Request) (connector.View, error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	return o.Daemon.View(ctx)
}

func (o Options) healthz(w http.ResponseWriter, r *http.Request) {
	if _, err := o.view(r); err != nil {
		http.Error(w, "the loop does not answer: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready   bool     `json:"ready"`
	Reasons []string `json:"reasons,omitempty"` // why not
}

// ready tells whether work that arrives now would be routed, and if not, why.
// Probing the store costs a write, so only who asks for readiness does it.
func (o Options) ready(ctx context.Context, probe func(context.Context) error) readiness {
	var why []string
	links, swept := o.Daemon.Links()
	for _, l := range links {
		if l.State == omnichannel.LinkUp {
			continue
		}
		reason := fmt.Sprintf("link %s is %s", l.Name, l.State)
		for _, s := range []string{l.Reason, l.Hint} {
			if s != "" {
				reason += ": " + s
			}
		}
		why = append(why, reason)
	}
	if swept.IsZero() {
		why = append(why, "the org has not been read yet")
	}
	looking, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	v, err := o.Daemon.View(looking)
	if err != nil {
		why = append(why, "the loop does not answer: "+err.Error())
	}
	for _, a := range v.Budget {
		if !a.Until.IsZero() {
			why = append(why, fmt.Sprintf("the org's daily allowance of %s is used up (%d of %d): the org is asked again at %s", a.Name, a.Used, a.Max, a.Until.UTC().Format(time.RFC3339)))
		}
	}
	if probe != nil {
		probing, cancel := context.WithTimeout(ctx, patience) // of its own: a store that is full keeps the loop busy
		defer cancel()
		if err := probe(probing); err != nil {
			why = append(why, "the store cannot be written: "+err.Error())
		}
	}
	return readiness{Ready: len(why) == 0, Reasons: why}
}

func (o Options) readyz(w http.ResponseWriter, r *http.Request) {
	res := o.ready(r.Context(), o.Probe)
	code := http.StatusOK
	if !res.Ready {
		code = http.StatusServiceUnavailable
	}
	writeJSON(w, code, res)
}

func (o Options) status(w http.ResponseWriter, r *http.Request) {
	v, err := o.view(r)
	if err != nil {
		http.Error(w, "the loop does not answer: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	writeJSON(w, http.StatusOK, struct {
		connector.View
		Canary *Canary `json:"canary,omitempty"`
		Panels []Panel `json:"panels,omitempty"`
	}{v, o.canary(), o.panels()})
}

// canary returns what is known of canaries, nil if nothing is.
func (o Options) canary() *Canary {
	if o.Canary == nil {
		return nil
	}
	return new(o.Canary())
}

// panels returns how ContactPads stand, nil if there is no ContactPad.
func (o Options) panels() []Panel {
	if o.Panels == nil {
		return nil
	}
	return o.Panels()
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the client went away: nothing to be done
}
