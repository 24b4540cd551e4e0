package salesforce

import (
	"slices"
	"testing"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// TestReached: a channel has come as far as its last event. Where ids came out of
// order those behind it come again, which is better than that one is left out.
func TestReached(t *testing.T) {
	at := func(channel string, replay int64) streaming.Event {
		return streaming.Event{Channel: channel, Replay: replay}
	}
	got := reached([]streaming.Event{at(PSRChannel, 7), at(WorkChannel, 8), at(PSRChannel, 11), at(PSRChannel, 10), at(WorkChannel, streaming.NoReplay), at(PresenceChannel, streaming.NoReplay)})
	want := []omnichannel.Cursor{{Channel: PSRChannel, Replay: 10}, {Channel: WorkChannel, Replay: 8}}
	if !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
