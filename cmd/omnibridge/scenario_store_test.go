package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"omnibridge/cmd/omnibridge/world"
	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// stored is what the program has made durable.
type stored struct {
	store.Snapshot
	journal []store.Entry
}

// stored reads a copy of the program's store, which SQLite takes as of one moment,
// whether the program runs or not.
func (s *story) stored() (st stored, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir, err := os.MkdirTemp(s.dir, "copy-*")
	if err != nil {
		return st, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "copy.db")
	db, err := sql.Open("sqlite", "file:"+s.data()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return st, err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", file)
	if err := errors.Join(err, db.Close()); err != nil {
		return st, fmt.Errorf("copy the store: %w", err)
	}
	copied, err := store.Open(ctx, store.Options{Path: file})
	if err != nil {
		return st, err
	}
	defer copied.Close()
	if st.Snapshot, err = copied.Load(ctx); err != nil {
		return st, err
	}
	st.journal, err = copied.Journal(ctx, store.JournalQuery{Limit: 1000})
	return st, err
}

// followed waits until the program has made a position in the stream durable:
// then the gaps of its first subscriptions are closed.
func (s *story) followed(args []string) error {
	return until(func(context.Context) error {
		st, err := s.stored()
		if err == nil && !slices.ContainsFunc(st.Cursors, func(c omnichannel.Cursor) bool {
			return (c.Channel == salesforce.PSRChannel || c.Channel == salesforce.CaptureChannel) && c.Replay > 0
		}) {
			err = errors.New("the program has no position in the stream of PSRs")
		}
		return err
	})
}

// interactions counts what the program made of a work item: a transfer must not
// make a second interaction.
func (s *story) interactions(args []string) error {
	if len(args) != 2 {
		return usage("interactions NAME COUNT")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	want, err := number(args[1])
	if err != nil {
		return err
	}
	st, err := s.stored()
	if err != nil {
		return err
	}
	have := 0
	for _, c := range st.Chains {
		if string(c.Record) == id {
			have++
		}
	}
	if have != want {
		return fmt.Errorf("the program made %d interactions of %s, not %d", have, args[0], want)
	}
	return nil
}

// journal waits for an entry about a work item.
func (s *story) journal(args []string) error {
	if len(args) < 2 || len(args) > 3 {
		return usage("journal NAME WHAT [REGEXP]")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	re, err := regexp.Compile(strings.Join(args[2:], ""))
	if err != nil {
		return err
	}
	return until(func(context.Context) error {
		st, err := s.stored()
		if err != nil {
			return err
		}
		mine := map[vcc.InteractionID]bool{}
		for _, c := range st.Chains {
			mine[c.Interaction] = string(c.Record) == id
		}
		for _, e := range st.journal {
			if mine[e.Interaction] && e.What == args[1] && re.MatchString(e.Why) {
				return nil
			}
		}
		return fmt.Errorf("the journal has no such entry about %s", args[0])
	})
}

// verdict waits until store and org agree, and checks what must never be.
func (s *story) verdict(args []string) error {
	counts, rest := settings(args)
	if len(rest) > 0 {
		return usage("verdict [arrived=N] [routed=N] [accepted=N] [rerouted=N] [withdrawn=N] [waiting=N]")
	}
	if i := strings.Index(s.log.String(), "WARNING: DATA RACE"); i >= 0 {
		return fmt.Errorf("the race detector found something: %s", s.log.String()[i:])
	}
	return until(func(context.Context) error {
		verdicts := s.org.Verdict()
		st, err := s.stored()
		if err != nil {
			return err
		}
		sum := world.Compare(verdicts, st.Snapshot)
		if sum.Doubled > 0 {
			return finalError{fmt.Errorf("doubled: %s", strings.Join(sum.Faults, "; "))}
		}
		if sum.Lost > 0 {
			return fmt.Errorf("%d lost: %s", sum.Lost, strings.Join(sum.Faults, "; "))
		}
		have := map[string]int{"arrived": sum.Arrived, "routed": sum.Routed, "accepted": sum.Accepted,
			"rerouted": sum.Rerouted, "withdrawn": sum.Withdrawn, "waiting": sum.Waiting}
		for name, text := range counts {
			n, ok := have[name]
			if !ok {
				return finalError{fmt.Errorf("the summary has no %s", name)}
			}
			if text != fmt.Sprint(n) {
				return fmt.Errorf("%s is %d, not %s", name, n, text)
			}
		}
		return nil
	})
}

// summary checks that a file is exactly the JSON summary of a demo.
func (s *story) summary(args []string) error {
	if len(args) != 1 {
		return usage("summary FILE")
	}
	dec := json.NewDecoder(strings.NewReader(s.ts.ReadFile(args[0])))
	var sum map[string]any
	if err := dec.Decode(&sum); err != nil {
		return err
	}
	if dec.More() {
		return errors.New("there is more than one JSON value")
	}
	for _, key := range []string{"arrived", "routed", "accepted", "refused", "rerouted", "withdrawn", "waiting", "lost", "doubled", "psr_to_agentwork_ms"} {
		if _, ok := sum[key]; !ok {
			return fmt.Errorf("the summary has no %s", key)
		}
	}
	latency, _ := sum["psr_to_agentwork_ms"].(map[string]any)
	for _, key := range []string{"p50", "p99"} {
		if _, ok := latency[key].(float64); !ok {
			return fmt.Errorf("psr_to_agentwork_ms has no number %s", key)
		}
	}
	if _, ok := sum["refused"].(map[string]any); !ok {
		return errors.New("refused is no object")
	}
	for _, key := range []string{"lost", "doubled"} {
		if sum[key] != 0.0 {
			return fmt.Errorf("%s is %v", key, sum[key])
		}
	}
	for _, key := range []string{"arrived", "routed"} {
		if n, _ := sum[key].(float64); n < 1 {
			return fmt.Errorf("%s is %v: nothing happened", key, sum[key])
		}
	}
	return nil
}
