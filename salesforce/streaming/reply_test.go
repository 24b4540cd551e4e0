package streaming

import "testing"

func messages(t *testing.T, body string) response {
	t.Helper()
	all, err := decode([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return response{messages: all}
}

func TestSubscribeAnswersFindTheirChannels(t *testing.T) {
	sent := []outgoing{
		{ID: "3", Channel: "/meta/subscribe", Subscription: "/topic/A?x=1"},
		{ID: "4", Channel: "/meta/subscribe", Subscription: "/topic/B"},
	}
	tests := []struct {
		name, body string
		want       [2]string // fault of each channel, "" if it stands
		session    string    // fault of the session
	}{
		{"by ID, in other order", `[{"channel":"/meta/subscribe","id":4,"successful":true},{"channel":"/meta/subscribe","id":"3","successful":false,"error":"403::Restricted channel"}]`,
			[2]string{"channel-restricted", ""}, ""},
		{"by subscription, without IDs", `[{"channel":"/meta/subscribe","subscription":"/topic/B","error":"404::Unknown channel"},{"channel":"/meta/subscribe","subscription":["/topic/A"],"successful":true}]`,
			[2]string{"", "channel-missing"}, ""},
		{"one answer for all", `[{"channel":"/meta/subscribe","error":"403::Unknown client"}]`,
			[2]string{"unknown-client", "unknown-client"}, ""},
		{"one answer is missing", `[{"channel":"/meta/subscribe","id":"3","successful":true}]`,
			[2]string{"", "unanswered-subscribe"}, ""},
		{"answers to others do not count", `[{"channel":"/meta/subscribe","id":"9","successful":true},{"channel":"/meta/connect","id":"3","successful":true}]`,
			[2]string{"unanswered-subscribe", "unanswered-subscribe"}, ""},
		{"a disconnect beside", `[{"channel":"/meta/disconnect"},{"channel":"/meta/subscribe","id":"3","successful":true},{"channel":"/meta/subscribe","id":"4","successful":true}]`,
			[2]string{"", ""}, "disconnected"},
		{"a failed connect beside", `[{"channel":"/meta/subscribe","id":"3","successful":true},{"channel":"/meta/subscribe","id":"4","successful":true},{"channel":"/meta/connect","successful":false,"error":"401::Authentication invalid"}]`,
			[2]string{"", ""}, "authentication-invalid"},
	}
	for _, tt := range tests {
		in := subscribeInput(messages(t, tt.body), sent, []int64{5, -1})
		for i, want := range tt.want {
			got := ""
			if f := in.results[i].fault; f != nil {
				got = f.name
			}
			if got != want || in.results[i].channel != sent[i].Subscription {
				t.Errorf("%s: %s has %q, want %q", tt.name, in.results[i].channel, got, want)
			}
		}
		if in.results[0].from != 5 || in.results[1].from != -1 {
			t.Errorf("%s: positions %+v", tt.name, in.results)
		}
		got := ""
		if in.fault != nil {
			got = in.fault.name
		}
		if got != tt.session {
			t.Errorf("%s: the session has %q, want %q", tt.name, got, tt.session)
		}
	}
}

func TestHandshakeAndConnectAnswers(t *testing.T) {
	handshake, connect := outgoing{ID: "1", Channel: "/meta/handshake"}, outgoing{ID: "2", Channel: "/meta/connect"}
	tests := []struct {
		sent outgoing
		body string
		want string
	}{
		{handshake, `[{"channel":"/meta/handshake","id":"1","clientId":"c","successful":true}]`, ""},
		{handshake, `[{"channel":"/meta/handshake","clientId":"c","successful":true}]`, ""},
		{handshake, `[{"channel":"/meta/handshake","id":"1","successful":true}]`, "malformed-reply"},
		{handshake, `[]`, "malformed-reply"},
		{handshake, `[{"channel":"/meta/handshake","id":"1","successful":false,"error":"403::Handshake denied","ext":{"sfdc":{"failureReason":"401::Authentication invalid"}}}]`, "authentication-invalid"},
		{connect, `[{"channel":"/meta/connect","id":"2","successful":true}]`, ""},
		{connect, `[{"channel":"/topic/A","data":{}}]`, "malformed-reply"},
		{connect, `[{"channel":"/meta/connect","id":"2","successful":true},{"channel":"/meta/disconnect","error":"bye"}]`, "disconnected"},
		{connect, `[{"channel":"/meta/disconnect"}]`, "disconnected"},
		{connect, `[{"channel":"/meta/disconnect"},{"channel":"/meta/connect","id":"2","error":"401::Authentication invalid"}]`, "authentication-invalid"},
		{connect, `[{"channel":"/meta/handshake","error":"402::session_unknown","advice":{"reconnect":"handshake"}}]`, "unknown-client"},
	}
	for _, tt := range tests {
		var in input
		if tt.sent.Channel == "/meta/handshake" {
			in, _ = handshakeInput(messages(t, tt.body), tt.sent)
		} else {
			in = connectInput(messages(t, tt.body), tt.sent)
		}
		got := ""
		if in.fault != nil {
			got = in.fault.name
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.body, got, tt.want)
		}
	}
}
