package ops

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"omnibridge/vcc"
)

// ago says how long since t, as a person would.
func ago(now, t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := max(now.Sub(t), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// span writes a duration as a clock does: m:ss, from one hour h:mm:ss, from one day
// "2 d 3 h" (panel-ux 2.5).
func span(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	switch {
	case s >= 24*60*60:
		return fmt.Sprintf("%d d %d h", s/(24*60*60), s/(60*60)%24)
	case s >= 60*60:
		return fmt.Sprintf("%d:%02d:%02d", s/(60*60), s/60%60, s%60)
	default:
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
}

// mean writes what each of n took on average; "" if there were none.
func mean(sum time.Duration, n int) string {
	if n <= 0 {
		return ""
	}
	return span((sum / time.Duration(n)).Round(time.Second))
}

func total(m map[vcc.Reason]int) (n int) {
	for _, of := range m {
		n += of
	}
	return n
}

// listed writes counts by reason: "declined 3, timed out 2".
func listed(m map[vcc.Reason]int) string {
	var parts []string
	for _, r := range []vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable, vcc.Failed, vcc.Undelivered, otherReason} {
		if m[r] > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", r, m[r]))
		}
	}
	return strings.Join(parts, ", ")
}

// otherReason counts refusals for reasons that nobody told.
const otherReason vcc.Reason = "refused"

func join[T ~string](v []T) string {
	s := make([]string, len(v))
	for i, x := range v {
		s[i] = string(x)
	}
	return strings.Join(s, ", ")
}

// loadBar is an agent's load as a picture.
type loadBar struct {
	Load  int
	Label string // the same in words
	Full  int    // what the whole width stands for
	Parts []loadPart
}

type loadPart struct {
	Class   vcc.Class
	X, Size int
}

// bar is how a's load is made up of classes.
func bar(a vcc.AgentStats) loadBar {
	b := loadBar{Load: a.Load, Full: max(vcc.FullCapacity, a.Load), Label: fmt.Sprintf("Load %d of 100", a.Load)}
	x := 0
	var words []string
	for _, class := range vcc.Classes {
		if size := a.Loads[class]; size > 0 {
			b.Parts = append(b.Parts, loadPart{class, x, size})
			x += size
			words = append(words, fmt.Sprintf("%s %d", class, size))
		}
	}
	if len(words) > 0 {
		b.Label += ": " + strings.Join(words, ", ")
	} else if a.Load > 0 {
		b.Parts = []loadPart{{vcc.SemiLive, 0, a.Load}}
	}
	return b
}

// byEngine are the words of the journal for what the engine did or concluded by itself.
var byEngine = []string{
	"offered", "waits", "breakout", "given up", "retracting", "answered", "released", "handed over", "abandoned", "consult",
	"consult over", "panel lost", "left behind", "logged out", "release failed", "transfer failed", "ignored",
}

// origin says whose doing an entry of the journal is, by its word.
func origin(what string) string {
	switch {
	case strings.HasPrefix(what, "asked: "), strings.HasPrefix(what, "refused: "):
		return "agent"
	case slices.Contains(byEngine, what):
		return "engine"
	default:
		return "org"
	}
}
