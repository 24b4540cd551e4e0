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
// does for one of that client's, durable beside durable.
func (r *Report) print(w io.Writer) {
	for _, l := range loads {
		fmt.Fprintf(w, "%s\n", l)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprint(t, "client\tdurable\tevents/s\tCPU µs/event\tpeak MB\tp50 ms\tp99 ms\tlost\tour events/s\tour CPU\tour p99\t\n")
		base := map[bool]Row{}
		for _, row := range r.of(l) {
			if row.Client == ours {
				base[row.Durable] = row
			}
			durable := "no"
			if row.Durable {
				durable = "yes"
			}
			our := base[row.Durable]
			fmt.Fprintf(t, "%s\t%s\t%.0f\t%.1f\t%.1f\t%.2f\t%.2f\t%d\t%s\t%s\t%s\t\n", row.Client, durable, row.EventsPerS, row.CPUPerEvent, row.PeakRSS,
				row.P50, row.P99, row.Lost, ratio(our.EventsPerS, row.EventsPerS), ratio(our.CPUPerEvent, row.CPUPerEvent), ratio(our.P99, row.P99))
		}
		t.Flush()
		fmt.Fprintln(w)
	}
	r.printDurable(w)
	r.printAbsent(w)
}

// of returns the rows of a load, in the order in which they were measured: ours
// first.
func (r *Report) of(l load) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Batch == l.batch && row.RatePerS == l.rate {
			rows = append(rows, row)
		}
	}
	return rows
}

// printDurable writes what durable deliveries consist of.
func (r *Report) printDurable(w io.Writer) {
	fmt.Fprintln(w, "What a durable delivery takes, in ms")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "load\tclient\tcommits/s\tin all\tits commit: CPU\twaiting\t\n")
	for _, l := range loads {
		for _, row := range r.of(l) {
			if row.Durable {
				fmt.Fprintf(t, "%s\t%s\t%.0f\t%.2f\t%.2f\t%.2f\t\n", l, row.Client, row.CommitsPerS, row.Delivery, row.CommitCPU, row.CommitWait)
			}
		}
	}
	t.Flush()
	fmt.Fprintf(w, "The %s is our client with a plain file in the place of the store. %s and %s commit the same entries in a loop, without a client.\n\n", diskFloor, bareDisk, bareSQLite)
	r.printBounds(w)
}

// printBounds writes what bounds durable deliveries, and from when on it would be
// the disk.
func (r *Report) printBounds(w io.Writer) {
	fmt.Fprintln(w, "What bounds our durable deliveries: the longest of poll and commit, which overlap; in ms")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "load\ta delivery\tpoll alone\tour CPU in a commit\tbare disk\tbare SQLite\tbounded by\tby the disk from\t\n")
	for _, b := range r.Bounds {
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t%.2f\t\n", load{batch: b.Batch}, b.Delivery, b.Poll, b.CPU, b.Disk, b.SQLite, b.By, b.From)
	}
	t.Flush()
	fmt.Fprintf(w, "The disk takes %.0f syncs of 4 KiB a second, %.2f ms each. Where a commit to the bare disk takes as long as the last column says, the disk is the bound.\n\n", r.SyncsPerS, 1000/max(r.SyncsPerS, 1))
}

// printAbsent writes who is not in the tables.
func (r *Report) printAbsent(w io.Writer) {
	for _, name := range r.Missing {
		absent(w, name)
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
