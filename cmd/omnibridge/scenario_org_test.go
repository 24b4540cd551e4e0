package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/cometd"
	"omnibridge/salesforce/mockorg/identity"
)

// storySecret is the client secret in stories. It looks like nothing else, so
// that a search for it finds only it.
const storySecret = "sesame-7f3d91c2-story-secret"

// story is the state of one story.
type story struct {
	ts     *testscript.TestScript
	dir    string
	events string            // where the program takes events from: pushtopic or cdc
	work   map[string]string // the story's names of work items, to their ids
	agents map[string]string // agents' local parts, to their ids

	org    *mockorg.Org
	gate   *gate
	server *http.Server
	key    []byte // PEM, for JWT logins

	bridgeState
	mock *process // omnibridge mock-org
}

// end stops whatever the story started.
func (s *story) end() {
	for _, p := range []*process{s.running, s.mock} {
		if p != nil {
			p.kill()
		}
	}
	if s.org != nil {
		for s.gate.release(false) {
			continue
		}
		_ = s.server.Close()
		_ = s.org.Close()
	}
}

// storyKeyPair is for JWT logins. All stories have the same, since making one takes
// longer than most stories.
var storyKeyPair = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// startOrg serves a new mock org through a gate. No push times out by itself while a story
// looks at it, unless the story says so.
func (s *story) startOrg(args []string) error {
	if s.org != nil {
		return errors.New("there is an org already")
	}
	key, err := storyKeyPair()
	if err != nil {
		return err
	}
	s.key = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.org, err = mockorg.New(mockorg.Options{
		BaseURL: "http://" + l.Addr().String(),
		Apps: []identity.App{{ClientID: mockorg.DefaultClientID, Secret: storySecret, PublicKey: &key.PublicKey,
			RunAs: mockorg.IntegrationUser}},
	})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err := deployChannel(s.org); err != nil {
		return err
	}
	s.gate = newGate(s.org)
	s.server = &http.Server{Handler: s.gate, ReadHeaderTimeout: patience}
	go func() { _ = s.server.Serve(l) }() // ends with end
	for _, a := range s.org.Agents() {
		name, _, _ := strings.Cut(a.Username, "@")
		s.agents[name] = a.ID
		s.ts.Setenv(name, a.ID)
	}
	s.ts.Setenv("ORG_HOST", l.Addr().String())
	return s.set(append([]string{"push-timeout=1h"}, args...))
}

// set moves switches of the org.
func (s *story) set(args []string) error {
	named, rest := settings(args)
	if len(rest) > 0 {
		return usage("set [push-timeout=5s] [SWITCH=VALUE ...]")
	}
	if text, ok := named["push-timeout"]; ok {
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		if err := s.org.SetPushTimeout(int64(d / time.Second)); err != nil {
			return err
		}
		delete(named, "push-timeout")
	}
	known, err := json.Marshal(s.org.Settings())
	if err != nil {
		return err
	}
	var switches map[string]any
	if err := json.Unmarshal(known, &switches); err != nil {
		return err
	}
	for name, value := range named {
		if _, ok := switches[name]; !ok {
			return fmt.Errorf("the org has no switch %q", name)
		}
		switches[name] = value
	}
	moved, err := json.Marshal(switches)
	if err != nil {
		return err
	}
	var set mockorg.Settings
	if err := json.Unmarshal(moved, &set); err != nil {
		return err
	}
	return s.org.SetSettings(set)
}

// comes returns the command that lets a customer bring work of one kind.
func comes(object, queue string) func(*story, []string) error {
	return func(s *story, args []string) error {
		if len(args) == 0 || len(args) > 2 {
			return usage("chat|message|case|lead NAME [QUEUE]")
		}
		to := queue
		if len(args) == 2 {
			to = args[1]
		}
		if s.work[args[0]] != "" {
			return fmt.Errorf("there is a %s already", args[0])
		}
		w, err := s.org.AddWork(mockorg.NewWork{Object: object, Queue: to, Name: args[0]})
		s.work[args[0]] = w.ID
		return err
	}
}

// item returns the id of the work item of that name.
func (s *story) item(name string) (string, error) {
	if id := s.work[name]; id != "" {
		return id, nil
	}
	return "", fmt.Errorf("no work is called %q in this story", name)
}

func (s *story) customer(args []string) error {
	if len(args) != 2 || args[1] != "leaves" {
		return usage("customer NAME leaves")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	return s.org.LeaveWork(id)
}

func (s *story) owner(args []string) error {
	if len(args) != 2 {
		return usage("owner NAME ada|QUEUE")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	return s.org.OwnWork(id, args[1])
}

func (s *story) record(args []string) error {
	if len(args) != 2 {
		return usage("record NAME closed|deleted")
	}
	id, err := s.item(args[0])
	if err != nil {
		return err
	}
	switch args[1] {
	case "closed":
		return s.org.CloseWork(id)
	case "deleted":
		return s.org.DeleteWork(id)
	}
	return usage("record NAME closed|deleted")
}

const agentUsage = "agent NAME online [STATUS] | offline | drops | auto-accepts | capacity N | accepts W | closes W | declines W [REASON] | transfers W to NAME"

// agent does what an agent does with the widget.
func (s *story) agent(args []string) error {
	if len(args) < 2 {
		return usage(agentUsage)
	}
	hand, deed, rest := s.org.Agent(args[0]), args[1], args[2:]
	switch {
	case deed == "online" && len(rest) == 0:
		return hand.Online("Available")
	case deed == "online" && len(rest) == 1:
		return hand.Online(rest[0])
	case deed == "offline" && len(rest) == 0:
		return hand.Offline()
	case deed == "drops" && len(rest) == 0:
		return hand.Drop()
	case deed == "auto-accepts" && len(rest) == 0:
		return hand.SetAutoAccept(true)
	case deed == "capacity" && len(rest) == 1:
		n, err := number(rest[0])
		if err != nil {
			return err
		}
		return hand.SetCapacity(int64(n))
	case len(rest) == 0:
		return usage(agentUsage)
	}
	id, err := s.item(rest[0])
	if err != nil {
		return err
	}
	switch {
	case deed == "accepts" && len(rest) == 1:
		return hand.Accept(id)
	case deed == "closes" && len(rest) == 1:
		return hand.Close(id)
	case deed == "declines":
		return hand.Decline(id, strings.Join(rest[1:], " "))
	case deed == "transfers" && len(rest) == 3 && rest[1] == "to":
		return hand.Transfer(id, rest[2])
	}
	return usage(agentUsage)
}

// fault arms a fault of the org or of its streaming server.
func (s *story) fault(args []string) error {
	named, rest := settings(args)
	if len(rest) == 0 {
		return usage("fault off | NAME [METHOD] [OBJECT|/PATH] [count=N] [delay=2s] [on=subscribe]")
	}
	if rest[0] == "off" {
		s.org.Disarm("")
		s.org.Streaming().Disarm("")
		return nil
	}
	count := 0
	if text := named["count"]; text != "" {
		var err error
		if count, err = number(text); err != nil {
			return err
		}
	}
	if _, streaming := cometd.FaultNames()[rest[0]]; streaming {
		return s.org.Streaming().Arm(cometd.Fault{Name: rest[0], On: named["on"], Count: count})
	}
	f := mockorg.Fault{Name: rest[0], Count: count}
	for _, word := range rest[1:] {
		switch {
		case strings.HasPrefix(word, "/"):
			f.Path = word
		case word == strings.ToUpper(word):
			f.Method = word
		default:
			f.Object = word
		}
	}
	if text := named["delay"]; text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			return err
		}
		f.Delay = d
	}
	return s.org.Arm(f)
}

func (s *story) clock(args []string) error {
	if len(args) != 1 || !strings.HasPrefix(args[0], "+") {
		return usage("clock +24h")
	}
	d, err := time.ParseDuration(args[0][1:])
	if err != nil {
		return err
	}
	s.org.Clock().Advance(d)
	return nil
}

func (s *story) session(args []string) error {
	if len(args) != 1 || args[0] != "revoked" {
		return usage("session revoked")
	}
	if s.org.Identity().RevokeAll() == 0 {
		return errors.New("there was no session to revoke")
	}
	return nil
}

func (s *story) stream(args []string) error {
	named, rest := settings(args)
	switch {
	case len(args) != 1:
	case len(rest) == 1 && rest[0] == "forgets":
		if s.org.Streaming().ForgetAll() == 0 {
			return errors.New("there was no streaming client to forget")
		}
		return nil
	case len(rest) == 1 && rest[0] == "purged":
		s.org.Streaming().Purge()
		return nil
	case named["holds"] != "":
		d, err := time.ParseDuration(named["holds"])
		if err != nil {
			return err
		}
		return s.org.Streaming().Set(func(set *cometd.Settings) { set.ConnectTimeout = d })
	}
	return usage("stream forgets|purged|holds=2s")
}

// await waits until the org's records are as is says: it looks again after every
// commit of the org.
func (s *story) await(ctx context.Context, is func() error) error {
	var last error
	_, err := s.org.Await(ctx, "SELECT Id FROM AgentWork LIMIT 1", func([]mockorg.Row) bool {
		last = is()
		return last == nil
	})
	if err != nil {
		return fmt.Errorf("%w (%v)", last, err)
	}
	return nil
}
