package main

import (
	"testing"

	"omnibridge/vcc"
	"omnibridge/vcc/telephony"
)

// overhears makes ContactPad's connections visible to the test. It must come before
// the first of them.
func (p *person) overhears() {
	p.t.Helper()
	js[bool](p.t, p.pad, `window.lines = []; const Real = RTCPeerConnection; window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); lines.push(this); } }; return true`)
}

// sound is what arrives of the other side's voice.
type sound struct {
	Lines   int     // connections that are open
	Packets int     // received, since the connection began
	Energy  float64 // of what was played, since then: grows only with sound
	Playing bool    // the page plays it aloud
	Mic     bool    // the microphone is open, and heard
}

// loud is more energy than a codec makes of silence, and less than that of a beep.
const loud = 0.001

func (p *person) sound() sound {
	p.t.Helper()
	return js[sound](p.t, p.pad, `const open = lines.filter((l) => l.connectionState !== 'closed'), voice = document.getElementById('voice');
		const s = {Lines: open.length, Packets: 0, Energy: 0, Playing: !voice.paused && !voice.muted && voice.srcObject !== null, Mic: false};
		for (const l of open) {
			s.Mic ||= l.getSenders().some((x) => x.track?.readyState === 'live' && x.track.enabled);
			for (const r of (await l.getStats()).values()) if (r.type === 'inbound-rtp' && r.kind === 'audio') { s.Packets += r.packetsReceived; s.Energy += r.totalAudioEnergy ?? 0; }
		}
		return s`)
}

// hearsVoice waits until the other side's voice arrives now and is played.
func (p *person) hearsVoice() {
	p.t.Helper()
	var first, last sound
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s: first %+v, last %+v", p.name, first, last)
		}
	}()
	untilSeen(p.t, p.name+" to be connected", func() bool { first = p.sound(); return first.Lines == 1 && first.Packets > 0 })
	untilSeen(p.t, p.name+" to hear a voice", func() bool {
		last = p.sound()
		return last.Packets > first.Packets+20 && last.Energy > first.Energy+loud && last.Playing && last.Mic
	})
}

// hearsNothing waits until no sound arrives any more while packets still do: on hold
// the line stays, in silence. The beeps of the fake microphone are a second apart.
func (p *person) hearsNothing() {
	p.t.Helper()
	quiet := p.sound()
	untilSeen(p.t, p.name+" to hear nothing", func() bool {
		s := p.sound()
		if s.Energy > quiet.Energy+loud {
			quiet = s // begin to listen anew
		}
		return s.Packets > quiet.Packets+150 // three seconds
	})
}

// hungUp waits until neither line nor microphone is open any more.
func (p *person) hungUp() {
	p.t.Helper()
	untilSeen(p.t, p.name+" to have hung up", func() bool { s := p.sound(); return s.Lines == 0 && !s.Playing })
}

// TestConsultFromChat: in the middle of a chat an agent calls a colleague. Both hear
// each other; the chat stays, and the call is released on its own.
func TestConsultFromChat(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	for _, p := range people {
		p.overhears()
	}
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.takes("visitor 00000001")
	ben.minimises()

	ada.consults("Ben")
	ada.pressIn(ada.pad, "the list", ".card .face", "Ben Lindqvist") // a card of its own
	ada.party("Ben Lindqvist", vcc.PartyRinging)
	ada.may("Cancel")
	ada.sees("Consult about chat visitor 00000001")
	ada.sees("Load 66 of 100")
	ada.shoot("1-calling")
	ada.hears("Calling Ben Lindqvist.")
	ben.padOpen(true)
	ben.sees("Call · Ada Okafor")
	ben.shoot("2-rings")
	ben.press("Answer")
	ben.card("Ada Okafor", vcc.CardConnected)
	ada.card("Ben Lindqvist", vcc.CardConnected)
	ada.hears("Ben Lindqvist answered.")
	for _, p := range people {
		p.sees("voice connected")
		p.hearsVoice()
	}
	ada.shoot("3-talking")
	ben.shoot("4-talking")
	ben.acts("Release call")
	ben.sees("Ready (Idle)") // a consult has no wrap-up here
	for _, p := range people {
		p.hungUp()
	}
	ada.sees("Ben Lindqvist hung up.")
	ada.card("visitor 00000001", vcc.CardConnected)
	ada.shoot("5-chat-goes-on")
}

// TestConsultFromCall: with a customer on hold an agent talks to a colleague, switches
// between the two, lets all three talk, and ends the consult alone.
func TestConsultFromCall(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	for _, p := range people {
		p.overhears()
	}
	id := o.rings("Lena Vogt", "+49305550147")
	ada.press("Answer")
	ada.card("Lena Vogt", vcc.CardConnected)

	ada.consults("Ben")
	ada.party("Lena Vogt", vcc.PartyHeld)
	ada.party("Ben Lindqvist", vcc.PartyRinging)
	ada.may("Retrieve", "Cancel", "Release call")
	ada.shoot("1-calling")
	ben.press("Answer")
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	for _, p := range people {
		p.hearsVoice()
	}
	ada.may("Alternate", "Join all", "Transfer", "Release Ben Lindqvist", "Release call")
	ada.shoot("2-consulting")
	ada.acts("Alternate")
	ada.party("Lena Vogt", vcc.PartyTalking)
	ada.party("Ben Lindqvist", vcc.PartyHeld)
	ben.hearsNothing()
	ada.shoot("3-alternated")
	ada.acts("Alternate")
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	ben.hearsVoice()
	ada.acts("Join all")
	ada.party("Lena Vogt", vcc.PartyTalking)
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	ben.party("Lena Vogt", vcc.PartyTalking)
	ada.shoot("4-joined")
	ben.shoot("5-joined")
	ada.acts("Release Ben Lindqvist")
	for _, p := range people {
		p.hungUp()
	}
	ada.card("Lena Vogt", vcc.CardConnected)
	o.onNetwork(id, telephony.Talking, "ada")
	if calls := o.daemon.calls.network.Calls(); len(calls) != 1 {
		t.Errorf("on the network: %+v", calls)
	}
}
