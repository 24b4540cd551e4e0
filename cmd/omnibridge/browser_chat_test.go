package main

import "testing"

// TestChatInTheConsole is the day's first chat: the agent logs in, goes Ready, sees
// it alert, accepts it in Omni-Channel, has its record open, releases it and wraps up.
func TestChatInTheConsole(t *testing.T) {
	o := newOffice(t, nil)
	ada := o.arrive("ada")
	ada.opens("ContactPad")
	ada.shoot("1-log-in")
	ada.logsIn()
	ada.shoot("2-idle")
	o.add("LiveChatTranscript", "Support_Chat", "Maria Lopez")
	ada.sees("Accept it in Omni-Channel")
	ada.shoot("3-alerting")
	ada.opens("Omni-Channel")
	ada.consoleSees("New (1)")
	ada.shoot("3b-omni")
	ada.pressIn(ada.console, "Omni-Channel", "button", "Accept")
	ada.consoleSees("Chat 00000001") // the record's tab
	ada.opens("ContactPad")
	ada.sees("Connected")
	ada.shoot("4-connected")
	ada.presses("Release chat", "Wrap-up")
	ada.shoot("5-wrap-up")
	ada.sees("Ready (Idle)")
	ada.shoot("6-done")
}
