// What the page and the server say to each other, over the socket: each message of the
// server becomes an event, or is passed on to the console.
import { Socket } from './socket.js';
import { busy, cards, loggedIn } from './state.js';
import { instant } from './time.js';
import { came, ended } from './words.js';

const protocol = 'omnibridge.pad.v1';
const bannerAfter = 2000; // ms without a connection before it is said
const mostCalls = 100; // calls of the server that are remembered, so that none is done twice

// calls are what the server may ask of the console.
const calls = new Set(['openRecord', 'closeRecord', 'setStatus', 'logout', 'getStatus', 'getWorks', 'acceptWork', 'closeWork', 'declineWork', 'getWorkload', 'utility', 'openPanel', 'minimizePanel', 'showOmni', 'toast']);

export class Wire {
  #app;
  #socket;
  #panel;
  #done = new Map();
  #banner = 0;
  #lapse = 0;
  #stale = false; // loading anew brings nothing newer, or cannot be tried

  constructor(app) {
    this.#app = app;
    this.#panel = app.win.crypto.randomUUID();
    const url = new URL('ws', app.win.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = url.hash = '';
    this.#socket = new Socket({
      url,
      protocol,
      elapsed: app.elapsed,
      on: { opened: () => this.#hello(), heard: (m) => this.#heard(m), lost: (l) => this.#lost(l) },
    });
  }

  open() {
    this.#socket.open();
  }

  retry() {
    this.#socket.retry();
  }

  send(message) {
    return this.#socket.send(message);
  }

  // ask asks for a command. Log-out is a message of its own, since it ends the session.
  ask(command) {
    if (command.do === 'log out') return this.send({ t: 'logout', id: command.id, force: command.force === true });
    return this.send({ t: 'do', ...command });
  }

  broken() {
    this.#socket.broken();
  }

  end() {
    this.#socket.end();
  }

  // asleep is for a page that is about to be frozen: the server need not wait until it
  // notices. awake begins with a snapshot; what came meanwhile is of the past, and would
  // be shown and said as if it happened now.
  asleep() {
    this.send({ t: 'asleep' });
  }

  awake() {
    this.#socket.again();
  }

  #hello() {
    const app = this.#app;
    this.send({ t: 'hello', v: 1, panel: this.#panel, token: app.token, visible: this.#visible(), phone: app.phone.ready, build: this.#stale ? '' : app.config.build });
  }

  #visible() {
    return this.#app.state.visible && !this.#app.doc.hidden;
  }

  #heard(m) {
    const app = this.#app;
    switch (m.t) {
      case 'login':
        return this.#login(m);
      case 'session':
        return this.#session(m);
      case 'desk':
        return this.#desk(m);
      case 'ask':
        app.clock.heard(m.now);
        this.send({ t: 'alive', n: m.n, visible: this.#visible(), phone: app.phone.ready });
        return app.dispatch({ type: 'ask', now: m.now, lapse: m.now + app.config.lease });
      case 'answer':
        return app.dispatch({ type: 'answer', m });
      case 'found':
        return app.acts.found(m);
      case 'call':
        return this.#call(m);
      case 'choices':
        return app.dispatch({ type: 'choices', interaction: m.interaction, records: m.records ?? [], failed: m.failed });
      case 'rtc':
        return app.voice.heard(m.interaction, m.from, m.data);
      case 'bye':
        return this.#bye(m);
    }
    // Anything else is from a newer server.
  }

  #login(m) {
    const app = this.#app;
    // While logged in it only says where the log-in can be renewed; else nobody is asked
    // whether they live, and silence is no sign.
    const renew = m.code === 'renew' && loggedIn(app.state);
    const told = app.state.login?.code === 'renew'; // this is but a newer address
    if (!renew) this.#up(0);
    if (!renew) this.#forget();
    app.dispatch({ type: 'login', m, renew });
    if (renew && !told) app.dispatch({ type: 'message', message: { id: 'expires', kind: 'expires', untilMs: app.state.until } });
    if (!renew && app.about) this.send(app.about);
  }

  // session takes the log-in in. The token stays in memory; the server also makes a
  // cookie of it, kept apart for this console, so that the page may be loaded anew.
  #session(m) {
    const app = this.#app;
    if (m.token) {
      app.token = m.token;
      this.#cookie('POST');
    }
    app.voice.servers(m.ice ?? []);
    app.dispatch({ type: 'session', until: instant(m.until) });
  }

  #forget() {
    if (this.#app.token) this.#cookie('DELETE');
    this.#app.token = '';
  }

  #cookie(method) {
    const headers = method === 'POST' ? { Authorization: `Bearer ${this.#app.token}` } : {};
    // Where cookies are refused, the log-in lasts as long as the page.
    this.#app.win.fetch('session', { method, headers, credentials: 'include' }).catch(() => {});
  }

  #desk(m) {
    const app = this.#app;
    const { desk, link } = app.state;
    const back = link.is !== 'up';
    app.clock.heard(m.now);
    this.#up(app.config.askEvery * 2.5);
    app.dispatch({ type: 'desk', m });
    if (!back) return;
    if (app.about) this.send(app.about);
    // What was asked before the break is asked again as the same: the server does it once.
    // What the agent was told had failed is theirs to try again.
    for (const d of Object.values(app.state.doing)) if (!d.failed) this.ask(d.command);
    app.acts.refind();
    app.voice.again();
    if (desk && loggedIn(app.state)) this.#meanwhile(desk.cards ?? []);
  }

  // meanwhile tells what changed while the connection was lost (M8), but for what the
  // agent had asked for just before.
  #meanwhile(before) {
    const app = this.#app;
    const after = cards(app.state);
    const ids = (list) => new Set(list.map((c) => c.interaction));
    const asked = (c) => busy(app.state, c.interaction, 'finish wrap', 'dispose', 'release', 'abandon', 'transfer');
    const parts = [...before.filter((c) => !ids(after).has(c.interaction) && !asked(c)).map(ended), ...after.filter((c) => !ids(before).has(c.interaction)).map(came)];
    if (parts.length > 0) app.dispatch({ type: 'message', message: { id: 'meanwhile', kind: 'meanwhile', parts } });
  }

  #up(silence) {
    clearTimeout(this.#banner);
    clearTimeout(this.#lapse);
    this.#socket.good(silence);
    this.#app.acts.forget('restart');
  }

  #lost({ retryAt }) {
    const app = this.#app;
    const fresh = app.state.link.is === 'up';
    app.dispatch({ type: 'link', is: 'lost', link: { retryAt: app.clock.at(retryAt) } });
    if (!fresh) return;
    clearTimeout(this.#banner);
    this.#banner = setTimeout(() => app.dispatch({ type: 'banner' }), bannerAfter);
    const { lapse } = app.state.link;
    if (lapse > 0 && loggedIn(app.state)) this.#lapse = setTimeout(() => app.dispatch({ type: 'lapsed' }), Math.max(0, lapse - app.clock.now()));
  }

  // call passes a call of the server to the console, once.
  async #call(m) {
    const app = this.#app;
    let reply = this.#done.get(m.id);
    const again = reply !== undefined; // the result did not arrive
    if (!again) {
      reply = calls.has(m.name) ? app.bridge.call(m.name, m.args ?? {}) : Promise.resolve({ ok: false, error: { code: 'unknown', text: `no such call: ${m.name}` } });
      this.#done.set(m.id, reply);
      if (this.#done.size > mostCalls) this.#done.delete(this.#done.keys().next().value);
    }
    const r = await reply;
    this.send({ t: 'result', id: m.id, ...r });
    if (again || m.name !== 'openRecord') return;
    const record = m.args?.recordId;
    if (r.ok) app.looked(record, m.args?.focus === true);
    else app.acts.notOpened(m.interaction, record, r.error);
  }

  #bye(m) {
    const app = this.#app;
    switch (m.code) {
      case 'restart':
        return app.dispatch({ type: 'message', message: { id: 'restart', kind: 'restart' } });
      case 'version':
        // Once: a server that is behind a cache must not make the page load for ever.
        if (app.memory.once('reloaded', app.config.build)) return app.win.location.reload();
        this.#stale = true; // stays as it is, and is not sent away again
        return app.dispatch({ type: 'message', message: { id: 'version', kind: 'version' } });
      case 'replaced':
        this.end();
        app.dispatch({ type: 'link', is: 'lost', link: { retryAt: app.clock.now() } });
        return app.dispatch({ type: 'message', message: { id: 'moved', kind: 'moved', atMs: app.clock.now() } });
      case 'protocol':
        // It would be sent away for the same again.
        this.end();
        app.dispatch({ type: 'link', is: 'lost', link: { retryAt: app.clock.now() } });
        return app.dispatch({ type: 'message', message: { id: 'bye', kind: 'bye', detail: m.text } });
      // Whatever else, as slow and busy: it comes back by itself.
    }
  }
}
