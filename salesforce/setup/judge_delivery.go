package setup

import (
	"fmt"
	"strings"
	"time"

	"omnibridge/salesforce"
)

const whyEvents = "the daemon hears of changes by events; without them it finds work by its sweep only, minutes late"

// stream tells whether the subscription stands.
func (j *judge) stream() {
	check := "subscription"
	if !j.ByTopic {
		check = "channel " + salesforce.CaptureChannel
	}
	switch {
	case len(j.Stream.Channels) == 0:
		return // the topics' findings have said it
	case j.Stream.Up:
		j.ok(check, "is confirmed for %s", strings.Join(j.Stream.Channels, ", "))
	default:
		reason := j.Stream.Reason
		if reason == "" {
			reason = "the stream did not come up in time"
		}
		fix := j.Needs
		if j.Stream.Hint != "" {
			fix = j.Stream.Hint + "; " + fix
		}
		j.add(check, Missing, reason, whyEvents, fix)
	}
}

// delivery judges the events of one object: what is proven is that they reach this
// user, not that somebody subscribed. Events that cannot be understood only count
// where others should have come: they may be from before a topic was corrected, or
// say that Salesforce left some out.
func (j *judge) delivery(d Delivery) {
	check := "events of " + d.Object
	if f, refused := j.Faults[Part(d.Object)]; refused {
		j.refused(check, f, "what cannot be read cannot be routed")
		return
	}
	since := d.Since.UTC().Format(time.DateTime) + " UTC"
	switch {
	case !d.Listened:
		j.add(check, NotProven, "there is nothing to listen to yet", whyEvents, "run setup without --dry-run, then: "+j.provoke(d.Object))
	case d.Delivered > 0 && (d.Missing == 0 || d.Cut):
		j.ok(check, "are delivered: they came of %s", count(d.Delivered))
	case !j.Stream.Up:
		j.add(check, NotProven, "the subscription does not stand, so none can come", whyEvents, "mend the subscription, and run setup again")
	case d.Cut:
		j.add(check, NotProven, fmt.Sprintf("more than %d events are retained, and listening ended before they came", MaxEvents), whyEvents, "run setup again at a quieter time")
	case d.Missing > 0 && d.Undecoded != "":
		j.add(check, Missing, "events come, but cannot be understood: "+d.Undecoded, whyEvents,
			"Setup > Field Accessibility > "+spaced(d.Object)+": let the integration user see all fields that the event lacks; then run setup again")
	case d.Missing > 0:
		j.add(check, Withheld, fmt.Sprintf("%s made since %s, and no event came of %d", count(d.Records), since, d.Missing), whyEvents, j.cause(d.Object))
	case d.Since.After(j.At):
		j.add(check, NotProven, "the PushTopic is new: no event has come yet", whyEvents, j.provoke(d.Object))
	default:
		j.add(check, NotProven, "no event came, and nothing was made since "+since+" that should have caused one", whyEvents,
			j.provoke(d.Object)+"; if that was done: Setup > Sharing Settings: the integration user cannot see the records")
	}
}

// provoke says how to cause an event.
func (j *judge) provoke(object string) string {
	queue := "a queue of external routing"
	if external := j.external(); len(external) > 0 {
		queue = "queue " + external[0].Name
		for _, q := range external {
			if len(q.Objects) > 0 && q.Objects[0] == "Case" {
				queue = "queue " + q.Name
			}
		}
	}
	switch object {
	case "UserServicePresence":
		return "have an agent choose a presence status in the Omni-Channel widget, and run setup again"
	case "AgentWork":
		return "while `omnibridge run` is at work and an agent is available, change the owner of a case to " + queue + ", and run setup again"
	}
	return "change the owner of a case to " + queue + ", and run setup again before anybody takes it"
}

// cause says what most likely keeps events from us.
func (j *judge) cause(object string) string {
	if j.ByTopic {
		return "Setup > Sharing Settings > " + spaced(object) + ": set the default internal access to Public Read Only, or share the records with the integration user by a sharing rule: PushTopics tell a user only of records that the user may see"
	}
	return "Setup > Permission Sets > Omnibridge Integration with CDC (salesforce/package/cdc) > Manage Assignments: assign it to the integration user, since a custom channel withholds events from users without View All Data; " +
		"see that the channel has the member " + object + "ChangeEvent without a filter that drops them; if the channel is younger than these records: " + j.provoke(object)
}

// spaced is an object's label.
func spaced(object string) string {
	var b strings.Builder
	for i, r := range object {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func count(n int) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}
