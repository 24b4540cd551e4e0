package main

import (
	"testing"

	"omnibridge/vcc"
)

// TestChatInTheConsole is the day's first chat: the agent logs in, goes Ready, sees
// it alert, accepts it in Omni-Channel, has its record open, releases it and wraps up.
func TestChatInTheConsole(t *testing.T) {
	o := newOffice(t, nil)
	ada := o.arrive("ada")
	ada.opens("ContactPad")
	ada.shoot("1-log-in")
	ada.logsIn()
	ada.listens()
	ada.shoot("2-idle")
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.sees("Accept it in Omni-Channel")
	ada.sees("visitor 00000001")
	ada.shoot("3-alerting")
	ada.accepts()
	ada.sees("Connected")
	ada.consoleSees("Conversation") // the record's page
	ada.shoot("4-connected")
	ada.acts("Release chat")
	ada.card("visitor 00000001", vcc.CardWrapUp)
	ada.shoot("5-wrap-up")
	ada.sees("Ready (Idle)")
	ada.shoot("6-done")
}
