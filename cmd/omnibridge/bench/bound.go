package bench

// Bound is what bounds our durable deliveries under one load. The next poll is under
// way during a commit, so a delivery takes as long as the longer of both; a commit
// is CPU time, then the disk. All times are averages, in ms.
type Bound struct {
	Batch    int     `json:"batch"` // events per poll
	Delivery float64 `json:"delivery_ms"`
	Poll     float64 `json:"poll_ms"`          // a delivery that is not durable: server and client together
	CPU      float64 `json:"commit_cpu_ms"`    // of a commit, without what the bare disk takes of it
	Disk     float64 `json:"bare_disk_ms"`     // to append the same entries to a file, and to sync that
	SQLite   float64 `json:"bare_sqlite_ms"`   // to commit the same entries as one row, and the cursor
	By       string  `json:"bounded_by"`       // "poll", "cpu" or "disk"
	From     float64 `json:"disk_bound_at_ms"` // By is "disk" where Disk is at least so long
}

// bounds compares the rows of each load that has all that are needed.
func (r *Report) bounds() []Bound {
	bounds := []Bound{}
	for _, l := range loads {
		var poll, durable, disk, sqlite *Row
		rows := r.of(l)
		for i := range rows {
			switch row := &rows[i]; {
			case row.Client == ours && row.Durable:
				durable = row
			case row.Client == ours:
				poll = row
			case row.Client == bareDisk:
				disk = row
			case row.Client == bareSQLite:
				sqlite = row
			}
		}
		if poll == nil || durable == nil || disk == nil || sqlite == nil || poll.EventsPerS == 0 {
			continue
		}
		bounds = append(bounds, boundOf(Bound{
			Batch: l.batch, Delivery: durable.Delivery, Poll: 1000 * float64(l.batch) / poll.EventsPerS,
			CPU: max(durable.CommitCPU-disk.CommitCPU, 0), Disk: disk.CommitCPU + disk.CommitWait, SQLite: sqlite.CommitCPU + sqlite.CommitWait,
		}))
	}
	return bounds
}

// boundOf fills in which of poll, CPU and disk is the bound.
func boundOf(b Bound) Bound {
	b.From = max(b.CPU, b.Poll-b.CPU)
	switch {
	case b.Disk >= b.From:
		b.By = "disk"
	case b.Poll > b.CPU+b.Disk:
		b.By = "poll"
	default:
		b.By = "cpu"
	}
	return b
}
