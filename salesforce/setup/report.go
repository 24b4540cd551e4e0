package setup

import (
	"fmt"
	"io"
	"strings"
)

// Report is what setup tells: its JSON form is the output of --json.
type Report struct {
	Login  Login `json:"login"`
	DryRun bool  `json:"dryRun"`
	// Ready is true if nothing is missing: see [Verdict].
	Ready    bool      `json:"ready"`
	Findings []Finding `json:"findings"`
}

// NewReport judges a state.
func NewReport(s State, w Wanted) Report {
	r := Report{Login: s.Login, DryRun: s.DryRun, Ready: true, Findings: Judge(s, w)}
	for _, f := range r.Findings {
		r.Ready = r.Ready && f.ready()
	}
	return r
}

// ending is the report's last line.
func (r Report) ending(todo int) string {
	unready, ours := 0, 0
	for _, f := range r.Findings {
		if !f.ready() {
			unready++
		}
		if f.Verdict == WouldFix {
			ours++
		}
	}
	switch {
	case ours > 0:
		return fmt.Sprintf("Not ready: %d to mend, %d of them by setup without --dry-run.", unready, ours)
	case unready > 0:
		return fmt.Sprintf("Not ready: %d to mend.", unready)
	case todo > 0:
		return "Ready. What is listed above is worth doing, but nothing is missing."
	}
	return "Ready."
}

// Print writes the report for people: a line per check, and then what only a
// person can do.
func (r Report) Print(w io.Writer) error {
	var b strings.Builder
	kind := "production or developer org"
	if r.Login.Sandbox {
		kind = "sandbox"
	}
	fmt.Fprintf(&b, "Logged in to %s (%s, %s) at %s as %s\n", r.Login.Org, r.Login.OrgID, kind, r.Login.Instance, first(r.Login.Username, r.Login.UserID, "an unknown user"))
	if r.DryRun {
		b.WriteString("Dry run: nothing is changed.\n")
	}
	b.WriteByte('\n')
	todo := 0
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  %-11s %s: %s\n", f.Verdict, f.Check, f.Detail)
		if f.Fix != "" {
			todo++
		}
	}
	if todo > 0 {
		b.WriteString("\nWhat only a person can do:\n")
	}
	n := 0
	for _, f := range r.Findings {
		if f.Fix == "" {
			continue
		}
		n++
		fmt.Fprintf(&b, "\n%3d. %s: %s\n", n, f.Check, f.Detail)
		wrap(&b, "Why: "+f.Why+".")
		wrap(&b, "Do:  "+f.Fix+".")
	}
	b.WriteString("\n" + r.ending(todo) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap writes text in lines of a readable length, below a numbered item.
func wrap(b *strings.Builder, text string) {
	const width, indent = 100, "     "
	line := indent
	for word := range strings.FieldsSeq(text) {
		if len(line) > len(indent) && len(line)+len(word) > width {
			b.WriteString(line + "\n")
			line = indent + "     "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

func first(of ...string) string {
	for _, s := range of {
		if s != "" {
			return s
		}
	}
	return ""
}
