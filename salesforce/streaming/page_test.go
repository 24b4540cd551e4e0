package streaming_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateFaults = flag.Bool("update-faults", false, "write FAULTS.md anew from what the fault matrix shows")

const pageFile = "FAULTS.md"

// checkPage holds FAULTS.md against what the matrix has just shown.
func checkPage(t *testing.T, want string) {
	if *updateFaults {
		if err := os.WriteFile(pageFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(pageFile)
	if err != nil {
		t.Fatal(err)
	}
	lines, now := strings.Split(string(have), "\n"), strings.Split(want, "\n")
	for i := range min(len(lines), len(now)) {
		if lines[i] != now[i] {
			t.Fatalf("%s tells of another client, line %d:\n%s\nit now is\n%s\nIf that is meant, run: go test ./salesforce/streaming -run TestFaultMatrix -update-faults", pageFile, i+1, lines[i], now[i])
		}
	}
	if len(lines) != len(now) {
		t.Fatalf("%s has %d lines, now there are %d; run: go test ./salesforce/streaming -run TestFaultMatrix -update-faults", pageFile, len(lines), len(now))
	}
}

// page tells admins of the matrix.
func page(short, long []outcome) string {
	var b strings.Builder
	b.WriteString(pageHead)
	fmt.Fprintf(&b, "\n## Salesforce is willing: %d faults\n\n%s\n", len(short), pageShort)
	b.WriteString("| What happened | Shown as | What the client did | Longest wait of an event |\n|---|---|---|---:|\n")
	for _, o := range short {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", o.cell.name, o.shown(), o.deeds(), span(o.wait))
	}
	fmt.Fprintf(&b, "\n## Salesforce is not willing, or nobody can tell: %d faults\n\n%s\n", len(long), pageLong)
	b.WriteString("| What happened | Shown as | What the client did | Most requests in a minute | Longest wait of an event | All delivered after it ended |\n|---|---|---|---:|---:|---:|\n")
	for _, o := range long {
		requests, after := "", ""
		if o.cell.lasts > 0 {
			requests, after = fmt.Sprint(o.requests), span(o.after)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", o.cell.name, o.shown(), o.deeds(), requests, span(o.wait), after)
	}
	return b.String()
}

const pageHead = `# What the streaming client does when something goes wrong

This page is written by a test: it starts a Salesforce streaming server, sends
events at 500 a second, lets one thing go wrong in the middle, and writes down
what it saw. The test fails when the client no longer does what is said here. To
write the page anew: ` + "`go test ./salesforce/streaming -run TestFaultMatrix -update-faults`" + `.

In every line below

- all events were delivered, each once and in order; none was lost. Where the line
  says that events were passed over, a gap was reported that covers them all: the
  daemon then reads the records themselves, which is what it trusts in the end;
- no two sessions were asked for within one second, and no two logins within 30
  seconds of one another after Salesforce refused one;
- the link was up again at the end, without anybody's help.

Distances in the test: 20 ms for a request to Salesforce and back, 50 ms for a
login. Times are exact, because the clock of the test is not a real one. In
production the pauses between repeated attempts also vary by half either way, so
that many daemons do not come back in the same instant.

No pause and no deadline is told by the clock on the wall, and no cookie's life: the
daemon's clock may be set to any time, forth or back, and nothing here happens.

"Shown as" is the cause that status, log and metrics show meanwhile. No cause
means that nobody is told, because nothing is wrong.
`

const pageShort = `Salesforce would serve the client again at once. No event may wait longer than
250 ms.
`

const pageLong = `The fault lasts, or looks like a quiet hour: Salesforce holds a poll for 110
seconds when there is nothing to tell, so silence is a fault after that and 20
seconds of grace. (Over TCP a dead connection is usually found earlier, by
keep-alive probes, after about a minute.) A reply that has begun must go on: after
30 seconds of standing still it is a fault. Nothing can be delivered as long as it
lasts; what counts is that everything is delivered afterwards, and that the org
is not overrun meanwhile.
`

func (o outcome) shown() string {
	if len(o.causes) == 0 {
		return "–"
	}
	return "`" + strings.Join(o.causes, "`, `") + "`"
}

// deeds says what the client did.
func (o outcome) deeds() string {
	var said []string
	switch n := len(o.logins); {
	case n == 1:
		said = append(said, "logged in anew")
	case n > 1:
		said = append(said, fmt.Sprintf("tried %d logins, at least %s apart", n, span(closest(o.logins))))
	}
	switch n := len(o.sessions); {
	case n == 1:
		said = append(said, "began a new session")
	case n > 1:
		said = append(said, fmt.Sprintf("asked for %d sessions, at least %s apart", n, span(closest(o.sessions))))
	}
	if len(o.replays) > 0 {
		said = append(said, "subscribed from "+strings.Join(o.replays, ", then from "))
	}
	if len(o.gaps) > 0 {
		said = append(said, "reported a gap on "+strings.Join(slices.Compact(o.gaps), ", ")+" so that the records are read")
	}
	if o.passed > 0 {
		said = append(said, fmt.Sprintf("passed over %d events", o.passed))
	}
	if o.repeated > 0 {
		said = append(said, fmt.Sprintf("dropped %d events that came twice", o.repeated))
	}
	if len(said) == 0 {
		return "nothing: it kept its session"
	}
	return strings.Join(said, "; ")
}

// span is a time for people.
func span(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	parts := []string{}
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}} {
		if n := d / u.of; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.of
		}
	}
	if d >= 100*time.Millisecond {
		parts = append(parts, strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0")+" s")
	}
	return strings.Join(parts, " ")
}
