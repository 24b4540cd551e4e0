//go:build unix

package streaming_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// benchPeer is a client that others wrote, for Node. The script prints what the
// client took for the events after the first poll.
type benchPeer struct{ name, module, script string }

const peerModules = "../../testdata/interop"

var benchPeers = []benchPeer{
	{"jsforce", "jsforce", `
const jsforce = need('jsforce');
const conn = new jsforce.Connection({ instanceUrl: instance, accessToken: 'token-1', version: '67.0' });
conn.streaming.topic(channel.slice('/topic/'.length)).subscribe(event);`},
	{"faye", "faye", `
const client = new (need('faye').Client)(instance + '/cometd/67.0');
client.setHeader('Authorization', 'Bearer token-1');
client.subscribe(channel, event);`},
	{"cometd", "cometd-nodejs-client", `
need('cometd-nodejs-client').adapt();
const client = new (need('cometd').CometD)();
client.configure({ url: instance + '/cometd/67.0', appendMessageTypeToURL: false, requestHeaders: { Authorization: 'Bearer token-1' } });
client.unregisterTransport('websocket');
client.handshake((reply) => { if (reply.successful) client.subscribe(channel, event); });`},
}

// peerHarness counts events and prints their cost: [instance, channel, batch, polls].
const peerHarness = `
const need = require('node:module').createRequire(process.cwd() + '/x.js');
const [instance, channel, batch, polls] = process.argv.slice(1);
const skip = Number(batch), want = skip + batch * polls;
let n = 0, started, cpu;
function event() {
  if (++n === skip) { started = process.hrtime.bigint(); cpu = process.cpuUsage(); }
  if (n !== want) return;
  const took = Number(process.hrtime.bigint() - started), used = process.cpuUsage(cpu);
  console.log(JSON.stringify({ events: want - skip, took, cpu: (used.user + used.system) * 1000 }));
  process.exit(0);
}
`

// peerPolls is how many polls a peer is measured at, by their size; its process
// takes too long to start for b.N to settle.
var peerPolls = map[int]int{1: 1000, 100: 300, 1000: 50}

// pollPeer runs polls through a peer, in a process of its own; without the peer
// there is nothing to compare with, and the benchmark says so.
func pollPeer(b *testing.B, peer benchPeer, instance string, batch int) {
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(peerModules, "node_modules", peer.module))
	}
	if err != nil {
		b.Logf("%s is not installed: run npm ci in %s", peer.name, filepath.Base(peerModules))
		return
	}
	polls := peerPolls[batch]
	cmd := exec.CommandContext(b.Context(), node, "-e", peerHarness+peer.script, instance, psr, strconv.Itoa(batch), strconv.Itoa(polls))
	cmd.Dir = peerModules
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v\n%s", peer.name, err, complaints.String())
	}
	var cost struct{ Events, Took, CPU int64 }
	if err := json.Unmarshal(out, &cost); err != nil {
		b.Fatalf("%s printed %q: %v", peer.name, out, err)
	}
	benchCost(b, int(cost.Events), time.Duration(cost.Took), time.Duration(cost.CPU))
	b.ReportMetric(float64(cost.Took)/float64(polls), "ns/op")
}
