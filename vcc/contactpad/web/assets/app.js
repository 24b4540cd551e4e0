// The page's heart: it holds the state, lets events change it one at a time, draws,
// and does what follows from a change.
import { makeActs } from './act.js';
import { Announcer } from './announce.js';
import { Bridge } from './bridge.js';
import { ServerClock, Ticker, paint } from './clock.js';
import { Focus } from './focus.js';
import { Memory } from './memory.js';
import { Voice } from './rtc.js';
import { Wire } from './wire.js';
import { Ringer } from './sound.js';
import { Phone } from './phone.js';
import { sentences } from './speech.js';
import { alerting, cards, failAfter, initial, loggedIn, primary, reduce, slowAfter, work } from './state.js';
import { instant } from './time.js';
import { ringing, unseen, utility } from './utility.js';
import { render } from './vendor/lit-html/lit-html.js';
import { view } from './view/page.js';
import { login as loginWords, say, toast } from './words.js';

export class App {
  constructor({ win, config }) {
    this.win = win;
    this.doc = win.document;
    this.config = config;
    this.elapsed = () => win.performance.now();
    this.memory = new Memory(win);
    this.state = { ...initial, start: this.memory.get('start') ?? initial.start, settings: { ...initial.settings, ...this.memory.get('settings') } };
    this.clock = new ServerClock(this.elapsed);
    this.root = this.doc.getElementById('pad');
    this.focus = new Focus(this.doc, this.root);
    this.announcer = new Announcer({ polite: this.doc.getElementById('polite'), urgent: this.doc.getElementById('urgent'), elapsed: this.elapsed });
    this.ringer = new Ringer(() => this.dispatch({ type: 'sound', state: this.ringer.state }));
    this.bridge = new Bridge({ win, orgs: config.orgs, on: { ready: (b) => this.#bridgeReady(b), missing: () => this.#bridgeMissing(), event: (n, d) => this.#bridgeEvent(n, d) } });
    this.voice = new Voice({
      win,
      media: win.navigator.mediaDevices,
      audio: this.doc.getElementById('voice'),
      send: (interaction, data) => this.wire.send({ t: 'rtc', interaction, data }),
      changed: (interaction, state) => this.#voice(interaction, state),
    });
    this.phone = new Phone(win.navigator);
    this.wire = new Wire(this);
    this.acts = makeActs(this);
    this.token = ''; // of the session
    this.about = null; // the console, as the server is told
    this.shown = ''; // what the utility item shows
    this.wrapTimers = new Map();
  }

  start() {
    this.#theme();
    this.#draw();
    this.ticker = new Ticker(this.clock, () => this.paint(), this.doc, this.root);
    this.#watch();
    // Some containers frame with a sandbox: then nothing of ours can work.
    if (this.win.origin === 'null') this.dispatch({ type: 'message', message: { id: 'sandboxed', kind: 'sandboxed' } });
    this.bridge.start();
    // The first word should say whether calls can come; but nothing may wait for it.
    Promise.race([this.phone.watch(), new Promise((r) => setTimeout(r, 300))]).finally(() => this.wire.open());
  }

  // dispatch lets an event change the state, and does what follows.
  dispatch(event) {
    const before = this.state;
    const after = reduce(before, { at: this.elapsed(), ...event });
    if (after === before) return;
    this.state = after;
    this.#follow(before, after);
    this.#draw();
  }

  // say announces a sentence.
  say(subject, text, urgent = false) {
    this.announcer.say({ subject, text, urgent });
  }

  // command asks the server; the id is what makes a repetition harmless.
  command(kind, fields = {}) {
    const command = { id: this.win.crypto.randomUUID(), do: kind, ...fields };
    this.#sent(command);
    return command.id;
  }

  // again sends a command that failed once more, as the same one.
  again(command) {
    this.#sent(command);
  }

  #sent(command) {
    this.dispatch({ type: 'sent', command });
    this.wire.ask(command);
    for (const ms of [slowAfter, failAfter]) setTimeout(() => this.#late(command.id), ms + 20);
  }

  #late(id) {
    const known = this.state.doing[id];
    if (!known && Object.keys(this.state.leaving).length === 0) return;
    this.dispatch({ type: 'slow' });
    const now = this.state.doing[id];
    if (now && (now.slow !== known?.slow || now.failed !== known?.failed)) this.say(`doing:${id}`, this.acts.lateWords(now));
  }

  popupWords() {
    return loginWords[this.state.popup] ?? '';
  }

  paint() {
    paint(this.root, this.clock.now());
  }

  #draw() {
    this.focus.before();
    render(view(this.state, this.acts), this.root);
    // What somebody chose stays chosen in a browser, whatever the template says.
    for (const el of this.root.querySelectorAll('select[data-value]')) if (el.value !== el.dataset.value) el.value = el.dataset.value;
    if (this.ticker?.seen !== false) this.paint();
    this.focus.after();
  }

  // follow does outside the page what the step from before to after asks for.
  #follow(before, after) {
    for (const s of sentences(before, after, this.clock.now())) this.announcer.say(s);
    this.ringer.volume(after.settings.volume);
    this.ringer.ring(ringing(after));
    this.voice.sync(voices(after), after.desk?.agent ?? '');
    if (before.desk !== after.desk) this.#wrapWarnings(after);
    this.#tellBar(after);
    this.#callOut(before, after);
    if (before.settings !== after.settings || before.bridge.theme !== after.bridge.theme) this.#theme();
    if (before.settings !== after.settings) this.memory.set('settings', after.settings);
    if (before.start !== after.start) this.memory.set('start', after.start);
    const news = after.visible && !this.doc.hidden ? unseen(after) : [];
    if (news.length > 0) queueMicrotask(() => this.dispatch({ type: 'seen', ids: news.map((n) => n.id) }));
  }

  // tellBar tells the console what to show, when that has changed.
  #tellBar(s) {
    if (!this.bridge.ready) return;
    const shows = utility(s);
    const key = JSON.stringify(shows);
    if (key === this.shown) return;
    this.shown = key;
    this.bridge.call('utility', shows);
  }

  // callOut reaches an agent who does not see the panel: it opens for a call, unless
  // they are about to accept in Omni-Channel, and the console shows what is urgent.
  #callOut(before, after) {
    const can = (name) => after.bridge.can.includes(name);
    if (after.visible || !primary(after)) return;
    const was = new Set(alerting(before).map((c) => c.interaction));
    const calls = alerting(after).filter((c) => c.class === 'live' && !was.has(c.interaction));
    if (calls.length > 0) {
      if (can('openPanel') && alerting(after).every((c) => c.class === 'live')) this.bridge.call('openPanel', {});
      if (can('toast')) this.bridge.call('toast', { title: toast.ringing, text: calls[0].name.slice(0, 500), variant: 'warning' });
    }
    if (!before.link.banner && after.link.banner && can('toast')) this.bridge.call('toast', { title: toast.lost, text: say.lost, variant: 'error' });
  }

  // wrapWarnings says once, 20 seconds before a wrap-up ends, how to get more time.
  #wrapWarnings(s) {
    const due = new Map(cards(s).filter((c) => c.state === 'wrap-up' && c.until).map((c) => [`${c.interaction} ${c.until}`, c]));
    for (const [key, timer] of this.wrapTimers) {
      if (due.has(key)) continue;
      clearTimeout(timer);
      this.wrapTimers.delete(key);
    }
    for (const [key, c] of due) {
      if (this.wrapTimers.has(key)) continue;
      const wait = instant(c.until) - 20_000 - this.clock.now();
      if (wait < 0) continue;
      const more = (c.actions ?? []).some((a) => a.do === 'extend wrap' && !a.off);
      // The timers of a hidden tab may come a minute late: then it is no longer true.
      const tell = () => this.clock.now() - instant(c.until) < -15_000 && this.say(`card:${c.interaction}`, say.wrapSoon(more));
      this.wrapTimers.set(key, setTimeout(tell, wait));
    }
  }

  #theme() {
    const { theme } = this.state.settings;
    this.doc.documentElement.dataset.theme = theme === 'auto' ? this.state.bridge.theme || 'auto' : theme;
  }

  #bridgeReady(b) {
    this.shown = '';
    this.dispatch({ type: 'bridge', bridge: { is: 'ready', can: b.capabilities, theme: b.theme, console: b.console } });
    this.acts.forget('no bridge');
    this.about = { t: 'bridge', version: b.version, capabilities: b.capabilities, user: b.user, console: b.console };
    this.wire.send(this.about);
    this.#tellBar(this.state);
  }

  #bridgeMissing() {
    this.dispatch({ type: 'bridge', bridge: { is: 'missing' } });
    this.dispatch({ type: 'message', message: { id: 'no bridge', kind: 'no bridge' } });
    this.about = { t: 'bridge' };
    this.wire.send(this.about);
  }

  #bridgeEvent(name, data) {
    if (name === 'panel') this.dispatch({ type: 'panel', open: data.visible === true });
    if (name === 'tabFocused') this.looked(data.recordId, true);
    if (name === 'workAssigned') this.dispatch({ type: 'pushed', record: data.workItemId });
    if (name === 'workAccepted') this.dispatch({ type: 'taken', record: data.workItemId });
    this.wire.send({ t: 'event', name, data });
  }

  // looked notes that a record came to the front.
  looked(record, focus) {
    if (!focus) return;
    if (this.state.front !== record) this.dispatch({ type: 'front', record: record ?? '' });
    if (!record) return;
    const c = cards(this.state).find((x) => x.record === record);
    if (c) this.dispatch({ type: 'looked', interaction: c.interaction });
  }

  #voice(interaction, state) {
    this.dispatch({ type: 'voice', interaction, state });
    if (state === 'no microphone') this.dispatch({ type: 'message', message: { id: 'no microphone', kind: 'no microphone' } });
  }

  // watch listens to what the browser tells of the page itself.
  #watch() {
    const { win, doc } = this;
    win.addEventListener('offline', () => this.wire.broken());
    win.addEventListener('online', () => this.acts.tryNow());
    doc.addEventListener('visibilitychange', () => this.dispatch({ type: 'panel' }));
    new IntersectionObserver((seen) => this.dispatch({ type: 'panel', inView: seen.at(-1).isIntersecting })).observe(this.root);
    let frozen = 0;
    doc.addEventListener('freeze', () => {
      frozen = this.clock.known ? this.clock.now() : 0;
      this.wire.asleep();
    });
    doc.addEventListener('resume', () => {
      this.wire.awake();
      const to = this.clock.now();
      if (frozen && to - frozen > 30_000 && loggedIn(this.state)) this.dispatch({ type: 'message', message: { id: 'asleep', kind: 'asleep', from: frozen, to } });
      frozen = 0;
    });
    doc.addEventListener('pointerdown', (e) => {
      this.ringer.wake();
      if (this.state.menu && !e.target.closest?.('.menu, #state')) this.acts.menu(false, false);
    });
    doc.addEventListener('keydown', (e) => {
      this.ringer.wake();
      this.acts.shortcut(e);
    });
  }

}

// voices lists the calls between this agent and another whose sound goes from panel to
// panel.
function voices(s) {
  if (!loggedIn(s) || !primary(s)) return [];
  const out = [];
  for (const c of [...work(s), ...cards(s)]) {
    if (c.class !== 'live' || (c.state !== 'connected' && c.state !== 'on hold') || out.some((v) => v.interaction === c.interaction)) continue;
    const other = (c.parties ?? []).find((p) => p.agent && p.agent !== s.desk.agent && (p.state === 'talking' || p.state === 'on hold'));
    if (other) out.push({ interaction: c.interaction, agent: other.agent, held: c.state === 'on hold' || other.state === 'on hold' });
  }
  return out;
}
