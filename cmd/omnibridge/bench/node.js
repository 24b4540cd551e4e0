// The meter of clients for Node, as meter.go is that of those in Go. It ends the
// process when it has its figures.
const need = require('node:module').createRequire(process.cwd() + '/x.js');
const plan = JSON.parse(process.argv[1]);
const warm = plan.warm / 1000, length = plan.for / 1000; // µs
const SAMPLED = 10000;

let first, started, cpu, last = 0, events = 0, lost = 0, sample = [];

function event(data) {
  const now = (performance.timeOrigin + performance.now()) * 1000;
  const replay = data.event.replayId;
  if (last !== 0 && replay !== last + 1) lost += Math.max(replay - last - 1, 1);
  last = replay;
  events++;
  const latency = Math.max(Math.round(now - data.sobject.Stamp__c), 0);
  if (sample.length < SAMPLED) sample.push(latency);
  else {
    const i = Math.floor(Math.random() * events);
    if (i < SAMPLED) sample[i] = latency;
  }
  if (plan.batch > 0 && (replay - 100) % plan.batch !== 0) return; // not the last of its poll
  first ??= now;
  if (started === undefined) {
    if (now - first < warm) return;
    started = now;
    cpu = process.cpuUsage();
    events = 0;
    sample = [];
    return;
  }
  if (now - started < length && (plan.events === 0 || events < plan.events)) return;
  finish(now);
}

function finish(now) {
  const used = process.cpuUsage(cpu);
  sample.sort((a, b) => a - b);
  const figures = {
    events, lost, took: Math.round((now - started) * 1000), cpu: (used.user + used.system) * 1000, memory: peak(),
    p50: sample[Math.floor(sample.length / 2)], p99: sample[Math.floor(sample.length * 99 / 100)],
  };
  require('node:fs').writeSync(1, JSON.stringify(figures) + '\n');
  process.exit(0);
}

function peak() {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
