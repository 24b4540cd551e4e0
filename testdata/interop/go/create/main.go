// Command create runs go-salesforce for `omnibridge bench rest`: it creates one
// AgentWork per case, ten at a time, and tries again when a call ends without an
// answer, as a plain program does.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	salesforce "github.com/k-capehart/go-salesforce/v3"
)

type plan struct {
	URL    string `json:"url"`
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

type told struct {
	Calls  int64         `json:"calls"`
	Failed int64         `json:"failed"`
	Began  int64         `json:"began"` // in ms since 1970
	CPU    time.Duration `json:"cpu"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(text string) error {
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	var jobs []map[string]any
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		return err
	}
	org, err := salesforce.Init(salesforce.Creds{Domain: p.URL, ConsumerKey: p.ID, ConsumerSecret: p.Secret})
	if err != nil {
		return err
	}
	var calls, failed atomic.Int64
	waiting := make(chan map[string]any, len(jobs))
	for _, job := range jobs {
		waiting <- job
	}
	close(waiting)
	found := told{Began: time.Now().UnixMilli(), CPU: -processTime()}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for job := range waiting {
				if err := create(org, job, &calls); err != nil {
					fmt.Fprintln(os.Stderr, err)
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	found.Calls, found.Failed, found.CPU = calls.Load(), failed.Load(), found.CPU+processTime()
	return json.NewEncoder(os.Stdout).Encode(found)
}

// create creates one AgentWork. What the org refused is the text of the error.
func create(org *salesforce.Salesforce, job map[string]any, calls *atomic.Int64) (err error) {
	for range 3 {
		calls.Add(1)
		if _, err = org.InsertOne("AgentWork", job); err == nil || strings.Contains(err.Error(), "errorCode") {
			return err
		}
	}
	return err
}

func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
