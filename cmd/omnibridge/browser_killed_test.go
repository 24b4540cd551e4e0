package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"omnibridge/connector"
	"omnibridge/vcc"
)

// apart is the daemon of an office as a process of its own, which can be killed, behind
// a wire.
type apart struct {
	o      *office
	wire   *wire
	listen string
	env    []string
	cmd    *exec.Cmd
}

// apartRouting routes cases; a wrap-up lasts until the test is over.
const apartRouting = `{"sizes": {"live": 51, "semiLive": 15, "nonLive": 6}, "acceptWithin": {"non-live": "2m"},
	"contactPad": {"required": true, "states": [{"major": "ready", "status": "Available"}, {"major": "away", "status": "Busy"}]},
	"plans": [{"name": "Cases", "queues": ["Support_Cases"], "wrapUp": "10m", "wrapExtendAll": true}]}`

// splits runs the daemon of an office apart from now on.
func (o *office) splits() *apart {
	o.t.Helper()
	o.ready()
	o.close()
	public, err := net.Listen("tcp", o.cfg.Listen)
	if err != nil {
		o.t.Fatal(err)
	}
	inside, err := net.ResolveTCPAddr("tcp", keptPort(o.t))
	if err != nil {
		o.t.Fatal(err)
	}
	a := &apart{o: o, wire: newWire(o.t, public, inside), listen: inside.String()}
	dir := o.t.TempDir()
	file := filepath.Join(dir, "routing.json")
	if err := os.WriteFile(file, []byte(apartRouting), 0o600); err != nil {
		o.t.Fatal(err)
	}
	a.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	for name, value := range map[string]string{
		"ORG_URL": o.cfg.OrgURL, "CLIENT_ID": o.cfg.ClientID, "USERNAME": o.cfg.Username, "JWT_KEY": o.cfg.JWTKey.Reveal(), "DATA": o.cfg.Data,
		"LISTEN": a.listen, "PUBLIC_URL": o.cfg.PublicURL, "PAD_CLIENT_ID": o.cfg.PadClientID, "PAD_CLIENT_SECRET": o.cfg.PadSecret.Reveal(), "ROUTING_FILE": file,
	} {
		a.env = append(a.env, prefix+"_"+name+"="+value)
	}
	o.t.Cleanup(a.kill)
	a.start()
	return a
}

// start starts the process and waits until it routes.
func (a *apart) start() {
	a.o.t.Helper()
	path, err := exec.LookPath("omnibridge")
	if err != nil {
		a.o.t.Fatal(err)
	}
	a.cmd = exec.Command(path, "run")
	a.cmd.Env = a.env
	a.cmd.Stdout, a.cmd.Stderr = a.o.t.Output(), a.o.t.Output()
	if err := a.cmd.Start(); err != nil {
		a.o.t.Fatal(err)
	}
	untilSeen(a.o.t, "the daemon to be ready", func() bool {
		resp, err := http.Get("http://" + a.listen + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

// kill ends the process at once, wherever it is, and what was on the wire is lost. The
// next one is alone until comesBack.
func (a *apart) kill() {
	if a.cmd == nil {
		return
	}
	_ = a.cmd.Process.Kill() // it may have ended
	_ = a.cmd.Wait()         // with the signal
	a.cmd = nil
	a.wire.cut()
}

// leg is what the daemon has made durable of the part of the one agent in the one
// interaction; false: there is none.
func (a *apart) leg() (vcc.Leg, bool) {
	a.o.t.Helper()
	resp, err := http.Get("http://" + a.listen + "/api/status")
	if err != nil {
		a.o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var v connector.View
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		a.o.t.Fatal(err)
	}
	if len(v.Interactions) != 1 || len(v.Interactions[0].Legs) != 1 {
		return vcc.Leg{}, false
	}
	return v.Interactions[0].Legs[0], true
}

// asked counts how often the journal says that something was asked for.
func (a *apart) asked(id string, do vcc.CommandKind) int {
	a.o.t.Helper()
	resp, err := http.Get("http://" + a.listen + "/api/why?interaction=" + id)
	if err != nil {
		a.o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var text bytes.Buffer
	if _, err := text.ReadFrom(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		a.o.t.Fatalf("%s %v", resp.Status, err)
	}
	return strings.Count(text.String(), fmt.Sprintf("%q", "asked: "+string(do)))
}

// TestKilledUnderCommand: a command that was pressed once is done once, whether the
// daemon is killed before it came to the store or after, with the answer lost; and the
// panel ends up right.
func TestKilledUnderCommand(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	a := o.splits()
	ada := o.arrive("ada") // whom the office's own daemon does not know
	ada.opens("ContactPad")
	ada.logsIn()
	ada.listens()
	ada.waitsOn()
	w, card := o.ticket("Refund")
	ada.takes(card)

	// Release: it dies before the command came to it.
	a.wire.holdUp()
	ada.acts("Release case")
	ada.sees("Releasing…")
	untilSeen(t, "the command on the wire", a.wire.holds)
	a.kill()
	a.start()
	if leg, ok := a.leg(); !ok || leg.State != vcc.Connected || leg.Leaving != nil {
		t.Errorf("after its death the daemon knows %+v: the command came to the store too early for this test", leg)
	}
	a.comesBack(ada)
	ada.card(card, vcc.CardWrapUp)
	ada.misses("Connection lost")
	ada.shoot("1-released")
	untilSeen(t, "the AgentWork to be closed", func() bool { return o.works(w.ID)[0]["Status"] == "Closed" })
	id := string(ada.interaction(card))
	if n := a.asked(id, vcc.Release); n != 1 {
		t.Errorf("the journal says %d times that a release was asked for", n)
	}

	// More time: it dies when that is durable, and the answer is lost.
	a.wire.holdDown()
	ada.acts("Add 30 s")
	untilSeen(t, "the time to be added, durably", func() bool { leg, ok := a.leg(); return ok && leg.Extended == 1 })
	ada.sees("Adding…")
	a.kill()
	a.start()
	a.comesBack(ada)
	ada.until("nothing to be under way", `[...document.querySelectorAll('#dock button')].some((b) => b.innerText.trim() === 'Add 30 s' && b.getAttribute('aria-disabled') !== 'true')`)
	ada.until("the time once more", `/^(10:[0-2]\d|[6-9]:\d\d)$/.test(document.querySelector('.card .digits')?.textContent)`)
	if leg, _ := a.leg(); leg.Extended != 1 {
		t.Errorf("time was added %d times", leg.Extended)
	}
	if n := a.asked(id, vcc.ExtendWrap); n != 1 {
		t.Errorf("the journal says %d times that time was asked for", n)
	}

	// More time once more: it dies before.
	a.wire.holdUp()
	ada.acts("Add 30 s")
	ada.sees("Adding…")
	untilSeen(t, "the command on the wire", a.wire.holds)
	a.kill()
	a.start()
	a.comesBack(ada)
	ada.until("nothing to be under way", `[...document.querySelectorAll('#dock button')].some((b) => b.innerText.trim() === 'Add 30 s' && b.getAttribute('aria-disabled') !== 'true')`)
	untilSeen(t, "the time to be added", func() bool { leg, ok := a.leg(); return ok && leg.Extended == 2 })
	ada.shoot("2-extended")

	// And finish: it dies after.
	a.wire.holdDown()
	ada.acts("Finish now")
	untilSeen(t, "the wrap-up to be over, durably", func() bool { _, ok := a.leg(); return !ok })
	a.kill()
	a.start()
	a.comesBack(ada)
	ada.sees("Interactions (0)")
	ada.sees("Ready (Idle)")
	ada.misses("did not work")
	_, card = o.ticket("Exchange")
	ada.takes(card)
	ada.shoot("3-next")
}

// waitsOn keeps ContactPad from telling that what was asked takes long, and then that it
// did not work: a daemon may be slow to come back.
func (p *person) waitsOn() {
	p.t.Helper()
	js[bool](p.t, p.pad, `const real = window.setTimeout;
		window.setTimeout = (f, ms, ...more) => real(f, ms === 5020 || ms === 15_020 ? 2 ** 31 - 1 : ms, ...more); return true`)
}

// comesBack lets browsers to the daemon again, and waits until ContactPad says that it is
// connected.
func (a *apart) comesBack(p *person) {
	p.t.Helper()
	a.wire.mend()
	untilSeen(p.t, "ContactPad of "+p.name+" to be connected again", func() bool {
		p.click(p.pad, controls, "Try now")
		return js[bool](p.t, p.pad, `return said.includes('Connected again.') || !document.body.innerText.includes('Connection lost')`)
	})
	p.misses("Connection lost")
}

// interaction is the id of what a card is about.
func (p *person) interaction(card string) vcc.InteractionID {
	p.t.Helper()
	return vcc.InteractionID(js[string](p.t, p.pad, `return [...document.querySelectorAll('.card .face')].find((f) => f.innerText.includes(%s)).dataset.interaction`, card))
}
