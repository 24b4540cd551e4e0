package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// ourCalls is the part of the daemon that calls the REST API, told what to create
// as the peers are.
const ourCalls = "omnibridge-rest"

// Account is how a process that creates AgentWorks reaches the org.
type Account struct {
	URL      string `json:"url"`
	Username string `json:"username"`
	Password string `json:"password"`
	ID       string `json:"client_id"`
	Secret   string `json:"client_secret"`
}

// Org is what Create calls; salesforce.Org is one. Its methods block, and are
// called by many goroutines at once.
type Org interface {
	Identity(ctx context.Context) (string, error)
	Carry(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome
}

// created is what a process that creates AgentWorks prints.
type created struct {
	Calls  int           `json:"calls"`
	Failed int           `json:"failed"`
	Began  int64         `json:"began"` // in ms since 1970
	CPU    time.Duration `json:"cpu"`
}

// Create is what a child process runs: it creates the AgentWorks that are given as
// JSON, as the daemon does. Open connects to the org of an account, and tells how
// many requests were sent to it.
func Create(ctx context.Context, text string, in io.Reader, out io.Writer, open func(Account) (org Org, sent func() int64, err error)) error {
	var a Account
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return fmt.Errorf("bench create: the account: %w", err)
	}
	var jobs []work
	if err := json.NewDecoder(in).Decode(&jobs); err != nil {
		return fmt.Errorf("bench create: the AgentWorks: %w", err)
	}
	org, sent, err := open(a)
	if err != nil {
		return err
	}
	if _, err := org.Identity(ctx); err != nil { // as the peers log in before they start
		return err
	}
	calls := sent()
	found := created{Began: time.Now().UnixMilli(), CPU: -processTime()}
	var failed atomic.Int64
	var all sync.WaitGroup
	for i, job := range jobs { // the client bounds its calls, and sends together what waits
		e := omnichannel.Effect{ID: fmt.Sprint(i), Interaction: vcc.InteractionID(job.Item), Offer: 1, Agent: vcc.AgentID(job.Agent),
			PSR: omnichannel.PSRID(job.PSR), Record: omnichannel.RecordID(job.Item), Channel: omnichannel.ChannelID(job.Channel)}
		all.Go(func() {
			if !push(ctx, org, e) {
				failed.Add(1)
			}
		})
	}
	all.Wait()
	found.CPU += processTime()
	found.Calls, found.Failed = int(sent()-calls), int(failed.Load())
	return json.NewEncoder(out).Encode(found)
}

// push creates one AgentWork. Where no reply came it looks whether there is one.
func push(ctx context.Context, org Org, e omnichannel.Effect) bool {
	for range 3 {
		e.Kind = omnichannel.CreateWork
		switch made := org.Carry(ctx, e); made.Result {
		case omnichannel.Done:
			return true
		case omnichannel.Refused:
			return false
		}
		e.Kind = omnichannel.Look
		if looked := org.Carry(ctx, e); looked.Seen != nil && len(looked.Seen.Works) > 0 {
			return true
		}
	}
	return false
}
