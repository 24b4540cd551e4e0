package salesforce_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
	"time"
)

// bayeux is a bare client of the streaming API, for what the real one hides.
type bayeux struct {
	c      *terms
	http   *http.Client
	token  string
	client string // id of the session
}

// bayeuxAnswer is a Bayeux message as it comes.
type bayeuxAnswer struct {
	Channel    string
	Successful bool
	ClientID   string `json:"clientId"`
	Error      string
	Advice     struct{ Reconnect string }
	Ext        struct {
		SFDC struct {
			FailureReason string `json:"failureReason"`
		} `json:"sfdc"`
	}
	Data json.RawMessage
}

// tell is all that an answer says of a failure.
func (a bayeuxAnswer) tell() string {
	return a.Error + " " + a.Ext.SFDC.FailureReason + " reconnect=" + a.Advice.Reconnect
}

// listen shakes hands.
func (c *terms) listen() *bayeux {
	c.t.Helper()
	b := c.stranger()
	tok, err := c.tokens.Token(c.t.Context())
	must(c.t, err)
	b.token = tok.Access.Reveal()
	answer := b.handshake()
	if !answer.Successful {
		c.t.Fatalf("handshake: %s", answer.tell())
	}
	b.client = answer.ClientID
	return b
}

// stranger has no token yet.
func (c *terms) stranger() *bayeux {
	jar, err := cookiejar.New(nil)
	must(c.t, err)
	return &bayeux{c: c, http: &http.Client{Jar: jar, Timeout: 2 * time.Minute}}
}

func (b *bayeux) post(message string) []bayeuxAnswer {
	t := b.c.t
	t.Helper()
	tok, err := b.c.tokens.Token(t.Context())
	must(t, err)
	req, err := http.NewRequestWithContext(t.Context(), "POST", strings.TrimRight(tok.InstanceURL, "/")+"/cometd/62.0", bytes.NewReader([]byte("["+message+"]")))
	must(t, err)
	req.Header.Set("Authorization", "OAuth "+b.token)
	req.Header.Set("Content-Type", "application/json")
	reply, err := b.http.Do(req)
	must(t, err)
	defer reply.Body.Close()
	var answers []bayeuxAnswer
	if err := json.NewDecoder(reply.Body).Decode(&answers); err != nil {
		t.Fatalf("HTTP %d: %v", reply.StatusCode, err)
	}
	return answers
}

// meta returns the one answer of a meta channel.
func (b *bayeux) meta(channel, message string) bayeuxAnswer {
	b.c.t.Helper()
	for _, a := range b.post(message) {
		if a.Channel == channel {
			return a
		}
	}
	b.c.t.Fatalf("no answer on %s", channel)
	return bayeuxAnswer{}
}

func (b *bayeux) handshake() bayeuxAnswer {
	b.c.t.Helper()
	return b.meta("/meta/handshake", `{"channel":"/meta/handshake","version":"1.0","minimumVersion":"1.0","supportedConnectionTypes":["long-polling"]}`)
}

// subscribe subscribes from a replay id, if it is not empty.
func (b *bayeux) subscribe(channel, replay string) bayeuxAnswer {
	b.c.t.Helper()
	ext := ""
	if replay != "" {
		ext = fmt.Sprintf(`,"ext":{"replay":{%q:%s}}`, channel, replay)
	}
	return b.meta("/meta/subscribe", fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":%q,"subscription":%q%s}`, b.client, channel, ext))
}

// connect polls once, without being held.
func (b *bayeux) connect(client string) []bayeuxAnswer {
	b.c.t.Helper()
	return b.post(fmt.Sprintf(`{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling","advice":{"timeout":0}}`, client))
}

// heard is an event as JSON.
type heard struct {
	Event struct {
		Type   string `json:"type"`
		Replay int64  `json:"replayId"`
	} `json:"event"`
	Record  map[string]any `json:"sobject"`
	Payload map[string]any `json:"payload"`
}

// id is the record that an event is about.
func (h heard) id() string {
	if header, ok := h.Payload["ChangeEventHeader"].(map[string]any); ok {
		if ids, ok := header["recordIds"].([]any); ok && len(ids) > 0 {
			return long(fmt.Sprint(ids[0]))
		}
	}
	return long(fmt.Sprint(h.Record["Id"]))
}

// change is what a change event says it is.
func (h heard) change() string {
	header, _ := h.Payload["ChangeEventHeader"].(map[string]any)
	return fmt.Sprint(header["changeType"])
}

// hears polls until so many events about a record have come.
func (b *bayeux) hears(n int, id string) []heard {
	b.c.t.Helper()
	var list []heard
	b.c.until(fmt.Sprintf("%d events about %s", n, id), func() bool {
		for _, a := range b.connect(b.client) {
			if strings.HasPrefix(a.Channel, "/meta/") {
				continue
			}
			var h heard
			must(b.c.t, json.Unmarshal(a.Data, &h))
			if h.id() == long(id) {
				list = append(list, h)
			}
		}
		return len(list) >= n
	})
	return list
}

// afterwards is for cleaning up, when the test's own context has ended.
func afterwards(t *testing.T) context.Context { return context.WithoutCancel(t.Context()) }
