package salesforce

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
)

func TestDecode(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 123e6, time.UTC)
	psr := `"sobject":{"Id":"` + psrID + `","Serial":2,"QueueId":"` + queueID + `","GroupId":null,"WorkItemId":"500000000000001","IsPushed":true,"IsTransfer":true,"PreferredUserId":"` + agentID + `","ServiceChannelId":"` + channelID + `","CreatedDate":"2026-11-22T10:00:00.123Z"}`
	work := func(status string) string {
		return `{"event":{"type":"updated"},"sobject":{"Id":"` + workID + `","UserId":"` + agentID + `","WorkItemId":"` + caseID + `","ServiceChannelId":"` + channelID + `","PendingServiceRoutingId":null,"Status":` + status + `,"DeclineReason":"busy","CreatedDate":"2026-11-22T10:00:00.123Z"}}`
	}
	seen := omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: psrID, Serial: 2, Record: caseID, Queue: queueID, Channel: channelID, Pushed: true, Transfer: true, Prefer: agentID, Created: at}}
	workSeen := func(s omnichannel.WorkStatus) omnichannel.Signal {
		return omnichannel.WorkSeen{Work: omnichannel.AgentWork{ID: workID, Record: caseID, User: agentID, Channel: channelID, Status: s, DeclineReason: "busy", Created: at}}
	}
	row := `"sobject":{"Id":"0Sv000000000001CAA","UserId":"` + agentID + `","ServicePresenceStatusId":"` + statusID + `","IsCurrentState":false,"IsAway":true}`
	for _, tt := range []struct {
		channel, data string
		want          omnichannel.Signal
	}{
		{PSRChannel, `{"event":{"type":"created","replayId":7},` + psr + `}`, seen},
		{PSRChannel, `{` + psr + `,"event":{"type":"updated"}}`, seen},
		{PSRChannel + "?Queue=x", `{"event":{"type":"undeleted"},` + psr + `}`, seen},
		{PSRChannel, `{"event":{"type":"deleted"},"sobject":{"Id":"0JR000000000001"}}`, omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: psrID}, Deleted: true}},
		{WorkChannel, work(`0`), workSeen(omnichannel.Assigned)},
		{WorkChannel, work(`1`), workSeen(omnichannel.Unavailable)},
		{WorkChannel, work(`2`), workSeen(omnichannel.Declined)},
		{WorkChannel, work(`3`), workSeen(omnichannel.Opened)},
		{WorkChannel, work(`4`), workSeen(omnichannel.Closed)},
		{WorkChannel, work(`5`), workSeen(omnichannel.DeclinedOnPushTimeout)},
		{WorkChannel, work(`6`), workSeen(omnichannel.Canceled)},
		{WorkChannel, work(`7`), workSeen(omnichannel.Transferred)},
		{WorkChannel, work(`"3"`), workSeen(omnichannel.Opened)},
		{WorkChannel, work(`"DeclinedOnPushTimeout"`), workSeen(omnichannel.DeclinedOnPushTimeout)},
		{WorkChannel, `{"event":{"type":"deleted"},"sobject":{"Id":"` + workID + `"}}`, nil},
		{PresenceChannel, `{"event":{"type":"updated"},` + row + `}`, omnichannel.PresenceSeen{Row: omnichannel.PresenceRow{ID: "0Sv000000000001CAA", User: agentID, Status: statusID, Away: true}}},
		{PresenceChannel, `{"event":{"type":"deleted"},"sobject":{"Id":"0Sv000000000001CAA"}}`, nil},
	} {
		got, err := (&Org{}).Decode(event(tt.channel, tt.data))
		var want []omnichannel.Signal
		if tt.want != nil {
			want = []omnichannel.Signal{tt.want}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", tt.data, got, err)
		}
	}
	for _, tt := range []struct{ channel, data, want string }{
		{PSRChannel, `{`, "JSON"},
		{PSRChannel, `[]`, ""},
		{PSRChannel, `null`, "type"},
		{PSRChannel, `{"event":{"type":"created"}}`, "no record"},
		{PSRChannel, `{"event":{"type":"created"},"sobject":null}`, "no record"},
		{PSRChannel, `{"event":{"type":"danced"},` + psr + `}`, "danced"},
		{PSRChannel, `{"event":{"type":"created"},"sobject":{"Id":"` + psrID + `"}}`, "query"},
		{PSRChannel, `{"event":{"type":"created"},"sobject":{"Id":"x"}}`, "id"},
		{PSRChannel, `{"schema":"x","payload":{}}`, "type"},
		{WorkChannel, work(`8`), "8"},
		{WorkChannel, work(`-1`), "-1"},
		{WorkChannel, work(`"Dancing"`), "Dancing"},
		{WorkChannel, work(`true`), "true"},
		{WorkChannel, work(`null`), "Status"},
		{PresenceChannel, `{"event":{"type":"created"},"sobject":{"Id":"0Sv000000000001CAA"}}`, "UserId"},
		{"/topic/Other", `{"event":{"type":"created"},` + psr + `}`, "subscribed"},
	} {
		got, err := (&Org{}).Decode(event(tt.channel, tt.data))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "event 7 of "+tt.channel) || got != nil {
			t.Errorf("%s: %+v, %v", tt.data, got, err)
		}
	}
}
