package mockorg

import (
	"fmt"
	"testing"
)

// BenchmarkWork takes one chat from the visitor to the closed tab, in an org with
// few and with many agents. Every one of them holds work, and a past grows.
func BenchmarkWork(b *testing.B) {
	for _, agents := range []int{6, 1000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			seed := DefaultSeed()
			for i := len(seed.Users) - 2; i < agents; i++ {
				seed.Users = append(seed.Users, SeedUser{Username: fmt.Sprintf("agent%d@acme.example", i), LastName: "Agent", Agent: &SeedAgent{Capacity: 1000}})
			}
			o, err := New(Options{Seed: &seed, KeepDeleted: 1000})
			if err != nil {
				b.Fatal(err)
			}
			defer o.Close()
			ada := o.Agent("ada")
			must := func(err error) {
				if err != nil {
					b.Fatal(err)
				}
			}
			push := func(agent Agent) {
				made, err := o.AddWork(NewWork{Object: "LiveChatTranscript", Queue: "Support_Chat"})
				must(err)
				must(agent.do(func(t *tx, user string) error {
					channel, _ := channelOf(t, "LiveChatTranscript")
					_, err := t.create(o.schema.object("AgentWork"), map[string]any{
						"UserId": user, "WorkItemId": made.ID, "PendingServiceRoutingId": made.PSR, "ServiceChannelId": channel.ID()})
					return err
				}))
			}
			for _, a := range o.Agents() {
				must(o.Agent(a.ID).Online("Available"))
				push(o.Agent(a.ID))
			}
			must(ada.Accept(""))
			must(ada.Close(""))
			for b.Loop() {
				push(ada)
				must(ada.Accept(""))
				must(ada.Close(""))
			}
		})
	}
}
