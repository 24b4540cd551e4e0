package streaming

import (
	"context"
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
// the longest names, which JSON escapes.
func TestSubscribeFitsSalesforcesLimit(t *testing.T) {
	var channels []Channel
	for i := range maxChannels {
		channels = append(channels, Channel{Name: "/topic/" + strings.Repeat("x", maxChannelName-9) + string(rune('a'+i/26)) + string(rune('a'+i%26))})
	}
	subs := newSubscriptions(channels)
	names := 0
	for {
		asks := subs.next(noTime)
		if len(asks) == 0 {
			break
		}
		size := 0
		for _, a := range asks {
			names++
			size += 2*len(a.channel) + 300
		}
		if size > 32768 {
			t.Fatalf("a subscribe of %d channels has %d bytes", len(asks), size)
		}
	}
	if names != maxChannels {
		t.Errorf("%d channels asked for, want %d", names, maxChannels)
	}
}
