package salesforce_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
)

// The contract: what the daemon relies on in an org, one sentence a test. By
// itself it is checked against the mock org. To check a real one, a scratch org
// whose records may be changed, set
//
//	CONTRACT_ORG_URL        its My Domain address, as https://acme.my.salesforce.com
//	CONTRACT_CLIENT_ID      consumer key of the External Client App
//	CONTRACT_CLIENT_SECRET  its secret, or else
//	CONTRACT_JWT_KEY_FILE   file of the private key, and
//	CONTRACT_USERNAME       username of the integration user
//	CONTRACT_QUEUE          developer name of a queue for cases, with external routing
//	CONTRACT_AGENT          username of an agent who is online in Omni-Channel and
//	                        serves that queue's channel; work will be pushed to her
//
// and run go test ./salesforce -run Contract -v. It makes cases and deletes them
// again, and makes the daemon's PushTopics if they are missing. What differs fails
// its sentence. What takes a person, such as accepting, is not checked there, and
// neither is what needs a setting that is not made: the account at the end says so.

// needs is what a sentence takes beyond an org and a login.
type needs int

const (
	nothing needs = iota
	anAgent       // who is online
	people        // who accept and decline: the mock's control plane plays them
	channel       // of change events, deployed from salesforce/package/cdc
)

// sentence is one thing that is relied on.
type sentence struct {
	says  string
	where string // in the fact sheets
	needs needs
	holds func(*terms)
}

// hands are what agents do, which no API of an org does for them.
type hands interface {
	Online(status string) error
	Offline() error
	Accept(work string) error
	Decline(work, reason string) error
	Close(work string) error
}

// terms are an org as a sentence sees it.
type terms struct {
	t      *testing.T
	tokens *salesforce.TokenSource
	client *salesforce.Client
	bridge *salesforce.Org
	hands  hands  // nil against a real org
	queue  string // developer name
	agent  string // username; empty: none
}

// mockTerms are a mock org of its own.
func mockTerms(t *testing.T) *terms {
	m := newMock(t, mockorg.Options{})
	m.addChannel(t)
	must(t, m.org.Agent("ada").Online("Available"))
	state := ok[mockorg.AgentState](t)(m.org.Agent("ada").State())
	return &terms{t: t, tokens: m.tokens, client: m.client, bridge: m.bridge, hands: m.org.Agent("ada"), queue: "Support_Cases", agent: state.Username}
}

// realTerms are the org that the environment names.
func realTerms(t *testing.T) *terms {
	var grant salesforce.Grant = salesforce.ClientCredentials{ClientID: os.Getenv("CONTRACT_CLIENT_ID"), ClientSecret: salesforce.Secret(os.Getenv("CONTRACT_CLIENT_SECRET"))}
	if file := os.Getenv("CONTRACT_JWT_KEY_FILE"); file != "" {
		key, err := salesforce.ParseKey(ok[[]byte](t)(os.ReadFile(file)))
		must(t, err)
		grant = salesforce.JWTBearer{ClientID: os.Getenv("CONTRACT_CLIENT_ID"), Username: os.Getenv("CONTRACT_USERNAME"), Key: key}
	}
	c := &terms{t: t, queue: os.Getenv("CONTRACT_QUEUE"), agent: os.Getenv("CONTRACT_AGENT")}
	var err error
	c.tokens, err = salesforce.NewTokenSource(salesforce.TokenOptions{LoginURL: os.Getenv("CONTRACT_ORG_URL"), Grant: grant})
	must(t, err)
	c.client, err = salesforce.NewClient(salesforce.Options{Tokens: c.tokens})
	must(t, err)
	c.bridge, err = salesforce.NewOrg(salesforce.OrgOptions{Client: c.client})
	must(t, err)
	return c
}

// lacks says what a sentence needs that is not to be had; empty if nothing.
func (c *terms) lacks(n needs) string {
	switch {
	case n == people && c.hands == nil:
		return "it takes a person"
	case n == anAgent && c.agent == "":
		return "CONTRACT_AGENT names nobody"
	case n == anAgent && len(c.presence()) == 0:
		return c.agent + " is not online in Omni-Channel"
	case n == channel:
		if answer := c.listen().subscribe(salesforce.CaptureChannel, ""); !answer.Successful {
			return "there is no channel of change events: " + answer.Error
		}
	}
	return ""
}

// TestContract checks each sentence, and gives an account of them.
func TestContract(t *testing.T) {
	open, org := mockTerms, "the mock org"
	if url := os.Getenv("CONTRACT_ORG_URL"); url != "" {
		open, org = realTerms, url
	}
	var account strings.Builder
	for _, s := range contract {
		t.Run(s.says, func(t *testing.T) {
			c := open(t)
			became := "held"
			if why := c.lacks(s.needs); why != "" {
				became = "NOT CHECKED HERE (" + why + ")"
			} else {
				defer func() {
					if t.Failed() {
						fmt.Fprintf(&account, "  DIFFERS: %s [%s]\n", s.says, s.where)
					}
				}()
				s.holds(c)
			}
			if !t.Failed() {
				fmt.Fprintf(&account, "  %s: %s [%s]\n", became, s.says, s.where)
			}
		})
	}
	t.Logf("contract with %s:\n%s", org, account.String())
	if org == "the mock org" && strings.Contains(account.String(), "NOT CHECKED") {
		t.Error("every sentence can be checked against the mock")
	}
}

// TestContractSaysWhatItDoesNotCheck holds that a sentence is not passed over
// without a word where an org, or the setting, does not allow to check it.
func TestContractSaysWhatItDoesNotCheck(t *testing.T) {
	c := mockTerms(t)
	for _, n := range []needs{nothing, anAgent, people, channel} {
		if why := c.lacks(n); why != "" {
			t.Errorf("the mock lacks %q", why)
		}
	}
	c.hands = nil
	if c.lacks(people) == "" {
		t.Error("a person is not needed")
	}
	m := newMock(t, mockorg.Options{})
	bare := &terms{t: t, tokens: m.tokens, client: m.client, bridge: m.bridge, queue: "Support_Cases"}
	if bare.lacks(anAgent) == "" || bare.lacks(channel) == "" || bare.lacks(nothing) != "" {
		t.Errorf("lacks %q, %q, %q", bare.lacks(anAgent), bare.lacks(channel), bare.lacks(nothing))
	}
	bare.agent = c.agent
	if why := bare.lacks(anAgent); !strings.Contains(why, "not online") {
		t.Errorf("lacks %q", why)
	}
}

// contractPSR and contractWork are rows as REST tells them.
type contractPSR struct {
	ID       string `json:"Id"`
	Serial   int
	Pushed   bool   `json:"IsPushed"`
	Ready    bool   `json:"IsReadyForRouting"`
	Model    string `json:"RoutingModel"`
	Group    string `json:"GroupId"`
	Channel  string `json:"ServiceChannelId"`
	Declined string `json:"LastDeclinedAgentSession"`
}

type contractWork struct {
	ID     string `json:"Id"`
	Status string
	Reason string `json:"DeclineReason"`
	User   string `json:"UserId"`
}

func rowsAt[T any](c *terms, soql string) []T {
	c.t.Helper()
	return ok[[]T](c.t)(salesforce.Query[T](c.t.Context(), c.client, soql))
}

func (c *terms) psrs(item string) []contractPSR {
	return rowsAt[contractPSR](c, "SELECT Id, Serial, IsPushed, IsReadyForRouting, RoutingModel, GroupId, ServiceChannelId, LastDeclinedAgentSession FROM PendingServiceRouting WHERE WorkItemId = '"+item+"'")
}

func (c *terms) works(item string) []contractWork {
	return rowsAt[contractWork](c, "SELECT Id, Status, DeclineReason, UserId FROM AgentWork WHERE WorkItemId = '"+item+"' ORDER BY CreatedDate, Id")
}

// contractPresence is a current row of the agent's presence.
type contractPresence struct {
	ID      string `json:"Id"`
	Current bool   `json:"IsCurrentState"`
}

func (c *terms) presence() []contractPresence {
	return rowsAt[contractPresence](c, "SELECT Id, IsCurrentState FROM UserServicePresence WHERE IsCurrentState = true AND UserId = '"+c.agentID()+"'")
}

func (c *terms) one(soql string) string {
	c.t.Helper()
	rows := rowsAt[struct {
		ID string `json:"Id"`
	}](c, soql)
	if len(rows) != 1 {
		c.t.Fatalf("%d rows of %s", len(rows), soql)
	}
	return rows[0].ID
}

func (c *terms) agentID() string {
	return c.one("SELECT Id FROM User WHERE Username = '" + c.agent + "'")
}

func (c *terms) queueID() string {
	return c.one("SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = '" + c.queue + "'")
}

// creator is the integration user, who is never online.
func (c *terms) creator(item string) string {
	c.t.Helper()
	var record struct{ CreatedById string }
	must(c.t, c.client.Get(c.t.Context(), "Case", item, &record, "CreatedById"))
	return record.CreatedById
}

// until waits for what an org does a moment later.
func (c *terms) until(what string, is func() bool) {
	c.t.Helper()
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late.C:
			c.t.Fatalf("in vain: %s", what)
		}
	}
}

// waiting makes a case that waits in the queue, and deletes it in the end.
func (c *terms) waiting() (item string, psr contractPSR) {
	c.t.Helper()
	item = ok[string](c.t)(c.client.Create(c.t.Context(), "Case", map[string]string{"Subject": "Omnibridge contract", "OwnerId": c.queueID()}))
	c.t.Cleanup(func() {
		if err := c.client.Delete(afterwards(c.t), "Case", item); err != nil {
			c.t.Logf("left behind: %v", err)
		}
	})
	c.until("the case has one PSR", func() bool {
		if list := c.psrs(item); len(list) == 1 {
			psr = list[0]
			return true
		}
		return false
	})
	return item, psr
}

// push makes an AgentWork for a waiting case.
func (c *terms) push(item string, psr contractPSR, user string) (string, error) {
	return c.client.Create(c.t.Context(), "AgentWork", map[string]string{
		"ServiceChannelId": psr.Channel, "WorkItemId": item, "UserId": user, "PendingServiceRoutingId": psr.ID})
}

// alerting makes a case that alerts at the agent.
func (c *terms) alerting() (item string, psr contractPSR, work string) {
	c.t.Helper()
	item, psr = c.waiting()
	return item, psr, ok[string](c.t)(c.push(item, psr, c.agentID()))
}

// status waits until the case's one AgentWork has a status.
func (c *terms) status(item, status string) contractWork {
	c.t.Helper()
	var w contractWork
	c.until("AgentWork is "+status, func() bool {
		list := c.works(item)
		if len(list) == 1 {
			w = list[0]
		}
		return w.Status == status
	})
	return w
}

func long(id string) string { return omnichannel.Long(id) }
