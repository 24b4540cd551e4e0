package streaming

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	jsonx "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// reference decodes by encoding/json alone what decode reads by scanner.
func reference(body []byte) ([]message, bool) {
	var elements []json.RawMessage
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) > 0 && trimmed[0] == '{' {
		elements = []json.RawMessage{trimmed}
		if !json.Valid(trimmed) {
			return nil, false
		}
		elements[0] = bytes.TrimRight(trimmed, " \t\r\n")
	} else if len(trimmed) == 0 || trimmed[0] != '[' || json.Unmarshal(body, &elements) != nil {
		return nil, false
	}
	var all []message
	for _, element := range elements {
		if element[0] != '{' {
			return nil, false
		}
		all = append(all, referenceMessage(members(element)))
	}
	return all, true
}

func referenceMessage(in map[string]json.RawMessage) message {
	m := message{advice: noAdvice, replay: NoReplay}
	m.id, m.channel, m.clientID = word(in["id"]), word(in["channel"]), word(in["clientId"])
	if number(in["channel"]) {
		m.channel = ""
	}
	if number(in["clientId"]) {
		m.clientID = ""
	}
	m.successful = string(in["successful"]) == "true"
	json.Unmarshal(in["error"], &m.fault)
	var subscriptions []json.RawMessage
	if json.Unmarshal(in["subscription"], &m.subscription) != nil && json.Unmarshal(in["subscription"], &subscriptions) == nil {
		for _, s := range subscriptions {
			var name string
			if json.Unmarshal(s, &name) == nil && m.subscription == "" {
				m.subscription = name
			}
		}
	}
	json.Unmarshal(members(members(in["ext"])["sfdc"])["failureReason"], &m.reason)
	advice := members(in["advice"])
	json.Unmarshal(advice["reconnect"], &m.advice.reconnect)
	m.advice.interval, m.advice.timeout = whole(advice["interval"]), whole(advice["timeout"])
	if data := in["data"]; data != nil && string(data) != "null" {
		m.data = data
		m.replay = whole(members(members(data)["event"])["replayId"])
	}
	return m
}

func members(object json.RawMessage) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	if json.Unmarshal(object, &all) != nil {
		return nil
	}
	return all
}

func number(value json.RawMessage) bool {
	var n json.Number
	return len(value) > 0 && value[0] != '"' && json.Unmarshal(value, &n) == nil && n != ""
}

func word(value json.RawMessage) string {
	if number(value) {
		return string(value)
	}
	var s string
	json.Unmarshal(value, &s)
	return s
}

func whole(value json.RawMessage) int64 {
	if len(value) > 2 && value[0] == '"' {
		value = value[1 : len(value)-1]
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

var decodeSamples = []string{
	`[{"id":"1","channel":"/meta/handshake","version":"1.0","clientId":"2bc9","successful":true,"ext":{"replay":true,"payload.format":true}}]`,
	`[{"id":2,"channel":"/meta/connect","clientId":"2bc9","successful":true,"advice":{"reconnect":"retry","interval":0,"timeout":110000}}]`,
	`[{"channel":"/topic/A","data":{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":13,"type":"updated"},"sobject":{"Id":"001","Name":"Zoë \"q\" \u00e9"}},"clientId":"2bc9"},{"id":"4","channel":"/meta/connect","successful":true}]`,
	`[{"channel":"/meta/subscribe","successful":false,"error":"403::Unknown client","advice":{"reconnect":"none"},"ext":{"sfdc":{"failureReason":"503::Server is too busy."}},"subscription":["/topic/A","/topic/B"]}]`,
	`[]`, ` [ ] `, `{"channel":"/meta/connect"}`, `[{}]`, `[null]`, `[1]`, `null`, ``, `[`, `[{"data":nul}]`, `[{"a":01}]`, `[{"a":1.}]`, `[{"a":-}]`,
	`[{"data":null,"data":{"event":{"replayId":"77"}},"advice":7,"ext":[],"subscription":{}}]`,
	`[{"data":{"event":{"replayId":1},"event":{"replayId":2.5}}},{"data":"text"},{"data":[1,2]}]`,
	`[{"ch\u0061nnel":"\/topic\/A","id":"\ud83d\ude00","clientId":"` + "\xff" + `"}]`,
	`[{"channel":"\b"},{"channel":"\b"},{"channel":"a\\b"},{"channel":"a\b"},{"clientId":234},{"clientId":12345}]`,
	`[{"a":"` + "\n" + `"}]`, `[{"a":"\x"}]`, `[{"a":"\u12g4"}]`, `[{"a":1e5,"b":-0.5E-7,"c":[[[{}]]],"d":false}] x`, `[{"a":1e+5,"b":1E-0}]`, `[{"a":1e}]`, `[{"a":1e+}]`, `[{"a":1E*5}]`, `[{"a":-0.0}]`, `[{"a":-01}]`, `[{"a":tru}]`, `[{"a":trux}]`, `[{"a":"\u00AF\u00gf"}]`, `[{"a":"\u00AF"}]`,
	`[{"a":1,`, `[{"a":1e`, `[{"a":1e+`, `[{"a":-`, `[{"a":0`, `[{"a":7`, `[{"a":tr`, `[{"channel":"\\b"},{"channel":"\b"}]`, `[{"a":1,}]`, `[{"a" 1}]`, `[{"a"x1}]`, `[{x":1}]`, `[x"a":1}]`, `x1]`, `[{1:1}]`, `[,]`,
}

func checkDecode(t *testing.T, body []byte) {
	t.Helper()
	got, err := decode(body)
	want, ok := reference(body)
	if (err == nil) != ok {
		t.Fatalf("decode %q: error %v, encoding/json accepts: %v", body, err, ok)
	}
	if err != nil {
		return
	}
	for i := range got {
		if (got[i].data == nil) != (want[i].data == nil) {
			t.Fatalf("decode %q: data %q, want %q", body, got[i].data, want[i].data)
		}
	}
	if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("decode %q:\n got %+v\nwant %+v", body, got, want)
	}
}

func TestDecodeAgreesWithEncodingJSON(t *testing.T) {
	for _, sample := range decodeSamples {
		checkDecode(t, []byte(sample))
	}
	checkDecode(t, body(3))
	checkDecode(t, []byte("["+strings.Repeat("{},", 2*maxDepth)+"{}]")) // many, but not deep
	deep := func(n int) []byte {
		return []byte(`[{"data":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `}]`)
	}
	checkDecode(t, deep(maxDepth-2))
	checkDecode(t, deep(maxDepth-1))
	if _, err := decode(deep(maxDepth - 1)); err == nil {
		t.Error("nesting is not bounded")
	}
}

func TestDecodeOfEveryPrefixFails(t *testing.T) {
	whole := []byte(decodeSamples[2])
	for n := range whole {
		if _, err := decode(whole[:n]); err == nil {
			t.Errorf("a reply cut after %d of %d bytes was accepted", n, len(whole))
		}
	}
}

func TestDecodeReadsTheEnvelope(t *testing.T) {
	messages, err := decode([]byte(decodeSamples[2]))
	if err != nil {
		t.Fatal(err)
	}
	if m := messages[0]; m.channel != "/topic/A" || m.replay != 13 || !json.Valid(m.data) || m.clientID != "2bc9" {
		t.Errorf("event read as %+v", m)
	}
	if m := messages[1]; m.id != "4" || !m.successful || m.data != nil || m.advice != noAdvice {
		t.Errorf("connect reply read as %+v", m)
	}
	messages, err = decode([]byte(decodeSamples[3]))
	if err != nil {
		t.Fatal(err)
	}
	if m := messages[0]; m.fault != "403::Unknown client" || m.reason != "503::Server is too busy." || m.advice.reconnect != "none" || m.subscription != "/topic/A" {
		t.Errorf("subscribe reply read as %+v", m)
	}
}

func FuzzDecode(f *testing.F) {
	for _, sample := range decodeSamples {
		f.Add([]byte(sample))
	}
	f.Add(body(2))
	f.Fuzz(func(t *testing.T, body []byte) { checkDecode(t, body) })
}

// body is a reply of n PushTopic events of about 650 bytes and a connect reply.
func body(n int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range n {
		fmt.Fprintf(&b, `{"clientId":"2bc9d4f1a7c04e5b8d3f6a9012345678","channel":"/topic/PendingServiceRouting","data":{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":%d,"type":"updated"},`+
			`"sobject":{"Id":"0JR0000000%05d","WorkItemId":"5700000000000AB","ServiceChannelId":"0N90000000000AB","QueueId":"00G0000000000AB","OwnerId":"0050000000000AB",`+
			`"RoutingModel":"ExternalRouting","RoutingPriority":1,"CapacityWeight":1.00,"CapacityPercentage":null,"IsTransfer":false,"IsPushAttempted":true,"LastDeclinedAgentSession":null,`+
			`"CreatedDate":"2026-11-22T09:59:58.000Z","LastModifiedDate":"2026-11-22T10:00:00.000Z","Serial":%d,"DrpSkills":"a, b and c","PreferredUserId":null,"Subject":"Where is my order? \"still\" waiting"}}},`, 100+i, i, i)
	}
	b.WriteString(`{"clientId":"2bc9d4f1a7c04e5b8d3f6a9012345678","channel":"/meta/connect","id":"17","successful":true}]`)
	return b.Bytes()
}

// BenchmarkDecode compares three ways to read a reply of 100 events; each must
// yield the channel, the replay ID and the raw data of every event.
func BenchmarkDecode(b *testing.B) {
	type envelope struct {
		ID         json.RawMessage `json:"id"`
		Channel    string          `json:"channel"`
		ClientID   string          `json:"clientId"`
		Successful bool            `json:"successful"`
		Error      string          `json:"error"`
		Data       json.RawMessage `json:"data"`
	}
	type envelopeX struct {
		ID         jsontext.Value `json:"id"`
		Channel    string         `json:"channel"`
		ClientID   string         `json:"clientId"`
		Successful bool           `json:"successful"`
		Error      string         `json:"error"`
		Data       jsontext.Value `json:"data"`
	}
	type position struct {
		Event struct {
			ReplayID int64 `json:"replayId"`
		} `json:"event"`
	}
	text := body(100)
	run := func(name string, read func() (events int, err error)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if n, err := read(); err != nil || n != 100 {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
	run("scanner", func() (int, error) {
		messages, err := decode(text)
		return count(len(messages), func(i int) bool { return messages[i].replay >= 100 }), err
	})
	run("encoding-json", func() (int, error) {
		var messages []envelope
		err := json.Unmarshal(text, &messages)
		return count(len(messages), func(i int) bool {
			var p position
			return messages[i].Data != nil && json.Unmarshal(messages[i].Data, &p) == nil && p.Event.ReplayID >= 100
		}), err
	})
	run("go-json-experiment", func() (int, error) {
		var messages []envelopeX
		err := jsonx.Unmarshal(text, &messages)
		return count(len(messages), func(i int) bool {
			var p position
			return messages[i].Data != nil && jsonx.Unmarshal(messages[i].Data, &p) == nil && p.Event.ReplayID >= 100
		}), err
	})
}

func count(n int, is func(i int) bool) (hits int) {
	for i := range n {
		if is(i) {
			hits++
		}
	}
	return hits
}
