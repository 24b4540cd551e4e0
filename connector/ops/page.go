package ops

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

//go:embed web/*.html
var templates embed.FS

//go:embed web/page.js
var pageScript string

//go:embed web/page.css
var pageStyle string

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"ago":    ago,
	"span":   span,
	"clock":  func(t time.Time) string { return t.Format(time.TimeOnly) },
	"day":    func(t time.Time) string { return t.Format("2 Jan 15:04") },
	"sub":    func(a, b time.Time) time.Duration { return a.Sub(b) },
	"mean":   mean,
	"names":  func(v []vcc.Channel) string { return join(v) },
	"name":   func(s string) string { return strings.ReplaceAll(s, "_", " ") },
	"bar":    bar,
	"sum":    func(m map[vcc.Reason]int) (n int) { return total(m) },
	"listed": listed,
	"scarce": func(a omnichannel.Allowance) bool {
		return a.Level >= omnichannel.Scarce || !a.Until.IsZero() || a.Max > 0 && a.Forecast > a.Max
	},
}).ParseFS(templates, "web/*.html"))

// render writes a page, or why there is none.
func render(w http.ResponseWriter, code int, page string, data any) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		http.Error(w, page+": "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = b.WriteTo(w)
}

// pageData is what the status page shows.
type pageData struct {
	connector.View
	Readiness readiness
	Canary    *Canary
	Version   string
	Org       string
	Names     map[vcc.AgentID]string
	Groups    []group
	Rows      []agentRow
	Attention []attention
	Top       summary
	HasPanels bool
}

// summary is the numbers on top.
type summary struct {
	Waiting, Alerting, Past  int
	Oldest                   time.Time
	OnTarget                 *int
	Ready, Working, Agents   int
	Blocked, Away, PanelLost int
}

// agentRow is an agent on the page.
type agentRow struct {
	vcc.AgentStats
	Pad     *Panel // nil: not known, or there is none
	PadText string
	PadLost bool // so no new work comes
}

// attention is something a supervisor should look at.
type attention struct {
	Key, Text string
	Since     time.Time
	Agent     vcc.AgentID       // to look at, or
	Item      vcc.InteractionID // this
}

// group is the interactions of one kind.
type group struct {
	Title, Empty string
	Rows         []connector.InteractionView
	Total        int
}

func (o Options) page(w http.ResponseWriter, r *http.Request) {
	v, err := o.view(r)
	if err != nil {
		http.Error(w, "the loop does not answer: "+err.Error(), http.StatusServiceUnavailable)
		return
	}
	d := pageData{
		View: v, Readiness: o.ready(r.Context(), nil), Canary: o.canary(), Version: o.Version, Org: o.Org,
		Names: map[vcc.AgentID]string{}, Groups: groups(v), Rows: agentRows(v, o.panels()), HasPanels: o.Panels != nil,
	}
	for _, a := range d.Rows {
		d.Names[a.Agent] = a.Name
	}
	d.Plans = slices.Clone(d.Plans) // whoever asks within half a second has the same view
	slices.SortStableFunc(d.Plans, comparePlans)
	d.Attention, d.Top = watch(d), summarise(d)
	render(w, http.StatusOK, "page.html", d)
}

// comparePlans puts the plan first whose customers wait longest.
func comparePlans(a, b vcc.PlanStats) int {
	waits := func(p vcc.PlanStats) int {
		if p.Waiting > 0 {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(waits(a), waits(b)), a.Oldest.Compare(b.Oldest), cmp.Compare(a.Label, b.Label))
}

// agentRows is the agents by name. An engine that does not count leaves what the org
// tells.
func agentRows(v connector.View, panels []Panel) []agentRow {
	stats := v.AgentStats
	if len(stats) == 0 {
		for _, a := range v.Agents {
			s := vcc.AgentStats{Agent: a.ID, Name: cmp.Or(a.Name, string(a.ID)), Omni: a.Omni, Load: v.Loads[a.ID]}
			stats = append(stats, s)
		}
	}
	of := make(map[vcc.AgentID]*Panel, len(panels))
	for i := range panels {
		of[panels[i].Agent] = &panels[i]
	}
	rows := make([]agentRow, len(stats))
	for i, s := range stats {
		rows[i] = agentRow{AgentStats: s, Pad: of[s.Agent]}
		rows[i].PadText, rows[i].PadLost = rows[i].pad(v.At)
	}
	slices.SortStableFunc(rows, func(a, b agentRow) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.Agent, b.Agent))
	})
	return rows
}

// pad says how an agent's ContactPad stands. What the server of panels says is newer
// than what the engine was told.
func (a agentRow) pad(now time.Time) (text string, lost bool) {
	alive, since, why := a.Panel.Alive, a.Panel.Since, a.Panel.Why
	switch {
	case a.Pad != nil:
		alive, since, why = a.Pad.Alive, a.Pad.Since, a.Pad.Why
	case !a.PanelKnown:
		return "", false
	}
	if alive {
		return "answers", false
	}
	text = "lost"
	if !since.IsZero() {
		text += " for " + span(now.Sub(since))
	}
	if why != "" {
		text += ": " + why
	}
	return text, a.Mark != "out" && a.Shown != "Omni-Channel only"
}

// summarise is the numbers on top: over all plans, each wait against its own target.
func summarise(d pageData) (s summary) {
	var all vcc.Service
	for _, p := range d.Plans {
		s.Waiting += p.Waiting
		s.Alerting += p.Alerting
		s.Past += p.Past
		if !p.Oldest.IsZero() && (s.Oldest.IsZero() || p.Oldest.Before(s.Oldest)) {
			s.Oldest = p.Oldest
		}
		if p.Target > 0 {
			all.Connected += p.Recent.Connected
			all.InTime += p.Recent.InTime
			all.LeftLate += p.Recent.LeftLate
			all.Still += p.Recent.Still
		}
	}
	if percent, ok := all.OnTarget(); ok {
		s.OnTarget = &percent
	}
	s.Agents = len(d.Rows)
	for _, a := range d.Rows {
		switch {
		case a.PadLost:
			s.PanelLost++
		case a.Mark == "ready" && a.Why == "":
			s.Ready++
		case a.Mark == "working":
			s.Working++
		case a.Mark == "blocked":
			s.Blocked++
		case a.Mark == "away":
			s.Away++
		}
	}
	return s
}

// watch lists what a supervisor should look at, oldest first.
func watch(d pageData) []attention {
	var list []attention
	for _, p := range d.Plans {
		if p.Past > 0 {
			list = append(list, attention{
				Key: "plan " + string(p.Plan), Since: p.Oldest.Add(p.Target),
				Text: fmt.Sprintf("%s: %d past the target of %s, the oldest for %s", p.Label, p.Past, span(p.Target), span(d.At.Sub(p.Oldest))),
			})
		}
	}
	for _, a := range d.Rows {
		switch {
		case a.PadLost:
			list = append(list, attention{Key: "pad " + string(a.Agent), Agent: a.Agent, Since: a.Panel.Since, Text: a.Name + " gets no new work: ContactPad is " + a.PadText})
		case a.Mark == "blocked":
			list = append(list, attention{Key: "blocked " + string(a.Agent), Agent: a.Agent, Since: a.Since, Text: a.Name + " is blocked: " + a.Why})
		}
		for _, h := range d.Holdings[a.Agent] {
			if h.Why != "" {
				list = append(list, attention{Key: "stuck " + string(h.Interaction), Item: h.Interaction, Since: h.Since, Text: fmt.Sprintf("%s of %s: %s: %s", h.Name, a.Name, h.State, h.Why)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b attention) int { return a.Since.Compare(b.Since) })
	return list
}

// groups sorts interactions into what a person looks for.
func groups(v connector.View) []group {
	gs := []group{
		{Title: "Waiting", Empty: "Nobody waits."},
		{Title: "Alerting", Empty: "Nothing is being offered."},
		{Title: "Connected", Empty: "Nobody is connected."},
		{Title: "Wrap-up", Empty: "Nobody is wrapping up."},
	}
	of := map[vcc.State]int{vcc.Waiting: 0, vcc.Offered: 1, vcc.Alerted: 1, vcc.Connected: 2, vcc.WrapUp: 3}
	for _, x := range v.Interactions {
		g := &gs[of[x.State]]
		g.Rows = append(g.Rows, x)
	}
	for state, n := range v.ByState {
		gs[of[vcc.State(state)]].Total += n // held and sighted ones wait
	}
	return gs
}
