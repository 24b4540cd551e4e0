package bench

import (
	"fmt"
	"io"
	"text/tabwriter"
)

func (l load) String() string {
	switch {
	case l.rate > 0:
		return fmt.Sprintf("%d events a second", l.rate)
	case l.batch == 1:
		return "1 event per poll"
	}
	return fmt.Sprintf("%d events per poll", l.batch)
}

// print writes the report for people: a table per load, and in each row what ours
// (not durable) does for one of that client's.
func (r *Report) print(w io.Writer) {
	for _, l := range loads {
		fmt.Fprintf(w, "%s\n", l)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(t, "client\tdurable\tevents/s\tCPU µs/event\tpeak MB\tp50 ms\tp99 ms\tlost\tour events/s\tour CPU\t\n")
		var base Row
		for _, row := range r.Rows {
			if row.Batch != l.batch || row.RatePerS != l.rate {
				continue
			}
			if row.Client == ours && !row.Durable {
				base = row
			}
			durable := "no"
			if row.Durable {
				durable = "yes"
			}
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%.1f\t%.1f\t%.2f\t%.2f\t%d\t%s\t%s\t\n", row.Client, durable, row.EventsPerS, row.CPUPerEvent, row.PeakRSS,
				row.P50, row.P99, row.Lost, ratio(base.EventsPerS, row.EventsPerS), ratio(base.CPUPerEvent, row.CPUPerEvent))
		}
		t.Flush()
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "The disk takes %.0f syncs of 4 KiB a second; a durable delivery is one commit, and waits for at least one.\n", r.SyncsPerS)
	for _, row := range r.Rows {
		if row.Durable {
			fmt.Fprintf(w, "  %s: %.0f commits/s, %s of the disk's syncs\n", load{row.Batch, row.RatePerS}, row.CommitsPerS, ratio(row.CommitsPerS, r.SyncsPerS))
		}
	}
	for _, name := range r.Missing {
		how := "npm ci"
		if name == gobayeux {
			how = "go mod download, in its directory go,"
		}
		fmt.Fprintf(w, "%s is not there: run %s in testdata/interop, and name that directory with --peers\n", name, how)
	}
	for _, failure := range r.Failed {
		fmt.Fprintf(w, "failed: %s\n", failure)
	}
}

// ratio says how much a is for one of b.
func ratio(a, b float64) string {
	if a == 0 || b == 0 {
		return "?"
	}
	return fmt.Sprintf("%.2f×", a/b)
}
