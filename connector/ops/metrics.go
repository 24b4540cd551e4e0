package ops

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// family is a metric: a name, what it means, and its values.
type family struct {
	name, help string
	counter    bool // it only grows, until the daemon starts anew
	samples    []sample
	spread     *connector.Spread // instead of samples
}

// sample is one value of a family.
type sample struct {
	labels []label
	value  float64
}

type label struct{ name, value string }

// add adds a value; labels are names and values in turn.
func (f *family) add(value float64, labels ...string) {
	s := sample{value: value}
	for pair := range slices.Chunk(labels, 2) {
		s.labels = append(s.labels, label{pair[0], pair[1]})
	}
	f.samples = append(f.samples, s)
}

// one is a family of one value without labels.
func one[N int | float64](name, help string, counter bool, value N) family {
	return family{name: name, help: help, counter: counter, samples: []sample{{value: float64(value)}}}
}

func (o Options) metrics(w http.ResponseWriter, r *http.Request) {
	v, err := o.view(r)
	if err != nil {
		http.Error(w, "the loop does not answer: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	list := families(v, o.Version)
	if c := o.canary(); c != nil {
		list = append(list, canaries(*c)...)
	}
	if o.Panels != nil {
		list = append(list, panelStates(o.panels()))
	}
	expose(w, r, list)
}

// families is everything that is measured, as of one moment. Values that may be
// zero are there as zero, so that an alert on them can tell nothing from unknown.
func families(v connector.View, version string) []family {
	c := v.Counts
	list := []family{
		{name: "omnibridge_build_info", help: "Always 1; the label tells the version.", samples: []sample{{[]label{{"version", version}}, 1}}},
		interactionStates(v), agentStates(v), linkStates(v),
		one("omnibridge_swept_timestamp_seconds", "When the whole org was last read and compared, in Unix time; 0: never.", false, unix(v.Swept)),
		one("omnibridge_sweeps_total", "How often the whole org was read and compared.", true, c.Sweeps),
		one("omnibridge_sweeps_stretched", "1 while periodic sweeps are rarer, to save API calls.", false, truth(v.Shed != "")),
		one("omnibridge_stream_signals_total", "Signals that the stream's events told, durable.", true, c.Signals),
		one("omnibridge_stream_gaps_total", "Gaps in the stream that were swept over.", true, c.Gaps),
		one("omnibridge_turns_total", "Turns of the loop, each one transaction of the store.", true, c.Turns),
		one("omnibridge_inputs_total", "Inputs that the loop took.", true, c.Inputs),
		one("omnibridge_inbox_inputs", "Inputs that wait for the loop.", false, v.Inbox),
		one("omnibridge_stale_total", "Events that were old or repeated, and dropped.", true, c.Stale),
		one("omnibridge_late_total", "Answers to offers that were no longer open, and dropped.", true, c.Late),
		one("omnibridge_faults_total", "Inputs that could not be; each is logged.", true, c.Faults),
		effectResults(c),
		one("omnibridge_effects_pending", "Effects on the org that are under way or wait.", false, v.Carrying),
		{name: "omnibridge_psr_to_agentwork_seconds", help: "From a PSR's creation, by the org's clock, to the AgentWork of its first offer.", spread: &c.Waits},
	}
	list = append(list, planNumbers(v)...)
	return append(list, allowances(v)...)
}

// canaries is what is known of the delivery of events.
func canaries(c Canary) []family {
	results := family{name: "omnibridge_canaries_total", help: "Events that the org was made to send to prove that events come, by what became of them.", counter: true}
	results.add(float64(c.Pushed), "result", "pushed")
	results.add(float64(c.Arrived), "result", "arrived")
	results.add(float64(c.Missed), "result", "missed")
	return []family{
		one("omnibridge_stream_heard_timestamp_seconds", "When the last event came, of any kind, in Unix time; 0: none did.", false, unix(c.Heard)),
		one("omnibridge_canary_available", "0 while the org takes no canaries, or none are to be sent.", false, truth(!c.Off && c.Unavailable == "")),
		one("omnibridge_canary_overdue", "1 from a canary that was missed to the next event.", false, truth(c.Overdue)),
		results,
		one("omnibridge_canary_seconds", "How long the last canary took that arrived.", false, c.RoundTrip.Seconds()),
	}
}

func interactionStates(v connector.View) family {
	f := family{name: "omnibridge_interactions", help: "Interactions that are not closed, by state."}
	for _, s := range []string{string(omnichannel.Sighted), string(omnichannel.Held), string(vcc.Waiting), string(vcc.Offered), string(vcc.Alerted), string(vcc.Connected), string(vcc.WrapUp)} {
		f.add(float64(v.ByState[s]), "state", s)
	}
	return f
}

func agentStates(v connector.View) family {
	f := family{name: "omnibridge_agents", help: "Agents that were seen, by whether they are online in Omni-Channel."}
	online := 0
	for _, a := range v.Agents {
		if a.Omni.Online {
			online++
		}
	}
	f.add(float64(online), "state", "online")
	f.add(float64(len(v.Agents)-online), "state", "offline")
	return f
}

func linkStates(v connector.View) family {
	f := family{name: "omnibridge_link_state", help: "1 for the state that an outside connection is in, 0 for the others."}
	for _, name := range []string{connector.RESTLink, connector.StreamLink} {
		now := omnichannel.LinkConnecting
		for _, l := range v.Links {
			if l.Name == name {
				now = l.State
			}
		}
		for _, s := range []omnichannel.LinkState{omnichannel.LinkUp, omnichannel.LinkDegraded, omnichannel.LinkConnecting, omnichannel.LinkDown} {
			f.add(truth(s == now), "link", name, "state", string(s))
		}
	}
	return f
}

func effectResults(c connector.Counts) family {
	f := family{name: "omnibridge_effects_total", help: "Effects on the org that were carried out, by kind and by how they came out.", counter: true}
	for _, kind := range []omnichannel.EffectKind{omnichannel.CreateWork, omnichannel.Look, omnichannel.ReadPresence, omnichannel.DeclineWork, omnichannel.CloseWork, omnichannel.ChangeOwner} {
		for _, result := range []omnichannel.Result{omnichannel.Done, omnichannel.Refused, omnichannel.Unknown, omnichannel.Deferred} {
			f.add(float64(c.Results[kind][result]), "kind", word(string(kind)), "result", string(result))
		}
	}
	return f
}

// allowances is what is known of the org's daily allowances.
func allowances(v connector.View) []family {
	list := []family{
		{name: "omnibridge_allowance_used", help: "What is used of a daily allowance of the org, by everybody as far as is known."},
		{name: "omnibridge_allowance_left", help: "What is left of a daily allowance of the org; absent where the allowance is not known."},
		{name: "omnibridge_allowance_forecast", help: "What will have been used of a daily allowance at midnight UTC at the present rate."},
		{name: "omnibridge_allowance_exhausted", help: "1 while nothing is asked of the org because a daily allowance is used up."},
	}
	for _, a := range v.Budget {
		name := word(a.Name)
		list[0].add(float64(a.Used), "allowance", name)
		if a.Max > 0 {
			list[1].add(float64(a.Left), "allowance", name)
		}
		list[2].add(float64(a.Forecast), "allowance", name)
		list[3].add(truth(!a.Until.IsZero()), "allowance", name)
	}
	return list
}

// word makes a name that people read into one that queries are written with.
func word(s string) string { return strings.ReplaceAll(strings.ToLower(s), " ", "_") }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
