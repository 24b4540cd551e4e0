package streaming

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

type noTokens struct{}

func (noTokens) Token(context.Context) (string, string, error) { return "t", "http://org.test", nil }
func (noTokens) Invalidate(string)                             {}

func goodOptions() Options {
	return Options{
		TokenSource: noTokens{}, APIVersion: "67.0", Channels: []Channel{{Name: "/topic/A"}},
		Cursor:  func(context.Context, string) (int64, error) { return NoReplay, nil },
		Deliver: func(context.Context, []Event) error { return nil },
	}
}

func TestNewNamesEveryFault(t *testing.T) {
	if _, err := New(goodOptions()); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{Slack: -1})
	for _, want := range []string{"TokenSource", "Cursor", "Deliver", "APIVersion", "0 channels", "Slack"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
	tests := map[string]func(*Options){
		"twice":               func(o *Options) { o.Channels = []Channel{{Name: "/topic/A?x=1"}, {Name: "/topic/A"}} },
		"starts with a slash": func(o *Options) { o.Channels[0].Name = "topic/A" },
		"/meta/":              func(o *Options) { o.Channels[0].Name = "/meta/connect" },
		"at most 1024 bytes":  func(o *Options) { o.Channels[0].Name = "/" + strings.Repeat("x", 1024) },
		"fallback \"sweep\"":  func(o *Options) { o.Channels[0].Fallback = "sweep" },
		"101 channels":        func(o *Options) { o.Channels = make([]Channel, 101) },
		"APIVersion \"67\"":   func(o *Options) { o.APIVersion = "67" },
	}
	for want, spoil := range tests {
		o := goodOptions()
		spoil(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestNewLeavesTheCallersOptionsAlone(t *testing.T) {
	o := goodOptions()
	if _, err := New(o); err != nil || o.Channels[0].Fallback != "" {
		t.Errorf("%v, %+v", err, o.Channels)
	}
}

// TestSubscribeFitsSalesforcesLimit: a request may have 32,768 bytes, also with
// the longest names and with characters that JSON writes as six, and it leaves no
// room unused.
func TestSubscribeFitsSalesforcesLimit(t *testing.T) {
	tests := []struct {
		fill     string
		requests int
	}{
		{"", 1}, {strings.Repeat("x", maxChannelName-20), 8}, {strings.Repeat("<", maxChannelName-20), 50},
	}
	for _, tt := range tests {
		var channels []Channel
		for i := range maxChannels {
			channels = append(channels, Channel{Name: fmt.Sprintf("/topic/%s%03d", tt.fill, i)})
		}
		subs, asked, requests := newSubscriptions(channels), 0, 0
		for asks := subs.next(noTime); len(asks) > 0; asks = subs.next(noTime) {
			s := &session{clientID: strings.Repeat("c", 64)}
			var sent []outgoing
			for _, a := range asks {
				sent = append(sent, s.subscribe(a.channel).at(1<<62))
			}
			text, err := json.Marshal(sent)
			if err != nil || len(text) > 32768 {
				t.Fatalf("a subscribe of %d channels has %d bytes, %v", len(asks), len(text), err)
			}
			asked, requests = asked+len(asks), requests+1
		}
		if asked != maxChannels || requests > tt.requests {
			t.Errorf("%d channels in %d requests, want %d in %d", asked, requests, maxChannels, tt.requests)
		}
	}
}
