// The mock console: who is logged in, and the parts put together.
import { h, fill, icon, iconOf } from './dom.js';
import { ask, Stream } from './org.js';
import { Workspace } from './workspace.js';
import { RecordPage } from './record.js';
import { UtilityBar } from './utility.js';
import { OmniWidget } from './omni.js';
import { contactPad } from './contactpad.js';
import { workspaceAPI, omniToolkitAPI, utilityBarAPI } from './fakes.js';
import { Home } from './home.js';
import { Explain } from './explain.js';
import { faultsMenu } from './faults.js';

const app = document.getElementById('app');

start();

async function start() {
  let session;
  try {
    session = await ask('GET', '/lightning/api/session');
  } catch (e) {
    problem(e);
    return;
  }
  if (session.user) new Console(session);
  else pick();
}

function problem(e) {
  fill(app, h('main', { class: 'pick' }, h('p', { class: 'problem', role: 'alert' }, e.message)));
}

/** Choosing who one is. */
async function pick() {
  let people;
  try {
    ({ people } = await ask('GET', '/lightning/api/people'));
  } catch (e) {
    problem(e);
    return;
  }
  const choose = async (user) => {
    try {
      await ask('POST', '/lightning/api/login', { user });
    } catch (e) {
      problem(e);
      return;
    }
    sessionStorage.clear();
    location.reload();
  };
  fill(app, h('main', { class: 'pick' }, h('div', { class: 'card' }, h('h1', {}, 'Who are you?'),
    h('p', { class: 'quiet' }, 'There is no password: everybody here is invented.'),
    h('ul', {}, people.map((p) => h('li', {}, h('button', { type: 'button', onclick: () => choose(p.username) }, icon('person'),
      h('span', {}, h('b', {}, p.name), h('small', {}, p.username)), h('em', {}, p.auto ? 'simulated' : p.agent ? p.status || 'offline' : 'no agent')))))),
    h('p', {}, h('a', { href: '/customer/' }, 'Customer page'))));
  app.querySelector('button')?.focus();
}

/** The console of one who is logged in. */
class Console {
  #session;
  #workspace;
  #bar;
  #omni;
  #stream;
  #pad = () => {};
  #waiting = []; // events of before the pad was there
  #accepting = new Set(); // works that this page accepts
  #leading = false; // this page opens what is accepted by itself
  #history = [];
  #explain = new Explain();
  #ready = false;
  #up; // the stream; nothing before the first try

  constructor(session) {
    this.#session = session;
    document.title = `${session.user.name} – Mock console`;
    const strip = h('ul', { class: 'tabs' });
    const main = h('main', { id: 'main', tabindex: '-1' });
    const bar = h('ul', { class: 'utilities' });
    const dock = h('div', { class: 'dock' });
    this.toasts = h('div', { class: 'toasts', role: 'status' });
    fill(app, this.#header(), h('nav', { class: 'tab-bar', 'aria-label': 'Tabs' }, strip), h('div', { class: 'middle' }, main, this.#explain.element), h('footer', { class: 'utility-bar' }, h('nav', { 'aria-label': 'Utility bar' }, bar), dock), this.toasts);
    this.#bar = new UtilityBar(bar, dock, () => this.#mark());
    const home = new Home({ open: (id) => this.#workspace.open(id), session });
    this.#workspace = new Workspace({
      strip, main, home, fire: (name, params) => this.#fire(name, params),
      pages: (tab, redraw) => new RecordPage({
        recordId: tab.recordId, open: (id) => this.#workspace.open(id), leave: () => this.#leave(tab),
        titled: (view) => this.#workspace.titled(tab, view),
      }),
      changed: (tabs, focused) => {
        if (this.#stream) this.#stream.watch(tabs.map((t) => t.recordId));
        this.#explain.take(focused ? focused.recordId : '');
        const path = focused ? focused.url : '/lightning/page/home';
        if (this.#ready && location.pathname !== path) history.replaceState(null, '', path);
      },
    });
    this.#omni = new OmniWidget({ open: (id) => this.#workspace.open(id), asked: (work) => this.#accepting.add(work), changed: (v) => this.#omniChanged(v) });
    this.#tools();
    this.#items();
    this.#stream = new Stream('/lightning/stream', (m) => this.#hear(m), (up) => this.#link(up));
    this.#workspace.restore((location.pathname.match(/^\/lightning\/r\/(?:\w+\/)?(\w{15,18})(?:\/|$)/) || [])[1]);
    this.#ready = true;
    window.addEventListener('toast', (e) => this.#toast(e.detail));
    if (navigator.locks) navigator.locks.request(`mock-console-${session.user.id}`, () => { this.#leading = true; return new Promise(() => {}); });
    else this.#leading = true;
  }

  #header() {
    const { user, org } = this.#session;
    const search = h('form', { class: 'search', role: 'search', onsubmit: (e) => { e.preventDefault(); this.#workspace.focus(null); window.dispatchEvent(new CustomEvent('search', { detail: search.q.value })); } },
      icon('search'), h('input', { type: 'search', name: 'q', 'aria-label': 'Search records', placeholder: 'Search records', autocomplete: 'off' }));
    return h('header', { class: 'app-bar' }, h('div', { class: 'app-name' }, h('b', {}, 'Service (mock)'), h('span', {}, org)), search,
      h('a', { href: '/customer/', target: '_blank' }, 'Customer page'),
      h('button', { type: 'button', class: 'who', onclick: () => { this.#workspace.forget(); pick(); this.#stream.close(); }, title: 'Be somebody else' }, icon('person'), user.name, h('span', { class: 'out' }, ', be somebody else')));
  }

  /** What a real console has not: in the banner that says that this is none. */
  #tools() {
    const explain = h('button', { type: 'button', class: 'small', 'aria-pressed': 'false', onclick: () => { this.#explain.toggle(); explain.setAttribute('aria-pressed', String(this.#explain.shown)); } }, icon('explain'), 'Explain');
    const old = document.querySelector('.banner .tools');
    if (old) old.remove();
    document.querySelector('.banner').append(h('span', { class: 'tools' }, explain, faultsMenu(this.#session.user.id, (t) => this.#toast(t))));
  }

  #items() {
    this.omniItem = this.#bar.add({ id: 'omni', label: 'Omni-Channel', iconName: 'omni', content: this.#omni.element, width: 320, height: 460 });
    const content = h('div', { class: 'pad-box' });
    this.padItem = this.#bar.add({ id: 'contactpad', label: 'ContactPad', iconName: 'call', content, width: 340, height: 560 });
    this.log = h('ol', { class: 'history', tabindex: '0', 'aria-label': 'Console events' });
    this.#bar.add({ id: 'history', label: 'History', iconName: 'history', content: this.log, width: 320, height: 400 });
    const workspace = workspaceAPI(this.#workspace, (tab) => this.#close(tab));
    const omni = omniToolkitAPI(() => this.#omni.view, (work) => this.#accepting.add(work));
    const utility = utilityBarAPI(this.#bar, () => this.padItem);
    window.mockConsole = { workspace, omni, utility }; // for those who look with the developer tools
    contactPad({ session: this.#session, content, workspace, omni, utility }).then((take) => {
      this.#pad = take;
      for (const [name, params] of this.#waiting) take(name, params);
      this.#waiting = null;
    });
  }

  #fire(name, params) {
    this.#note(name, params);
    if (this.#waiting) this.#waiting.push([name, params]);
    else this.#pad(name, params);
  }

  #hear(m) {
    switch (m.t) {
      case 'omni':
        this.#omni.take(m.omni);
        break;
      case 'event':
        this.#fire(m.name, m.params);
        if (m.name === 'omniChannelWorkAccepted') this.#accepted(m.params);
        break;
      case 'record': {
        const tab = this.#workspace.of(m.id);
        if (tab) tab.page.refresh();
        if (tab && tab === this.#workspace.focused) this.#explain.refresh();
        break;
      }
    }
  }

  /** The console itself opens the record of accepted work, in the page that accepted it. */
  #accepted({ workId, workItemId }) {
    const work = this.#omni.view.works.find((w) => w.id.startsWith(workId));
    const here = [...this.#accepting].find((id) => id.startsWith(workId));
    if (here) this.#accepting.delete(here);
    if (!work || (!here && !this.#leading)) return;
    this.#workspace.open(work.record);
    if (!here) return;
    this.#bar.minimise(this.omniItem);
  }

  #omniChanged(v) {
    const waiting = v.works.filter((w) => w.status === 'Assigned');
    const known = this.known || new Set();
    const fresh = waiting.some((w) => !known.has(w.id));
    this.known = new Set(waiting.map((w) => w.id));
    if (fresh && !v.auto_accept && !this.#bar.opened) this.#bar.open(this.omniItem);
    this.#mark();
  }

  /** Omni-Channel's own item: its state, and requests that nobody sees. */
  #mark() {
    const item = this.omniItem;
    if (!item || !this.#omni.view) return;
    const waiting = this.#omni.view.works.some((w) => w.status === 'Assigned');
    Object.assign(item, { label: this.#omni.label, highlighted: waiting && !item.visible, pulse: waiting, state: 'warning' });
    this.#bar.draw(item);
  }

  #close(tab) {
    const view = this.#omni.view;
    const work = view && view.works.find((w) => w.record === tab.recordId && w.status === 'Opened' && w.tab_based);
    this.#workspace.close(tab);
    if (work) ask('POST', '/lightning/api/omni/close', { work: work.id }).then((v) => this.#omni.take(v), (e) => this.#toast({ title: 'The work was not closed', message: e.message, type: 'error' }));
  }

  /** The person closes a tab: a conversation that goes on would end with it. */
  #leave(tab) {
    const view = tab.page.view;
    if (!(view && view.work && view.tab_based && view.talk && view.talk.open)) {
      this.#close(tab);
      return;
    }
    const dialog = h('dialog', { class: 'card', 'aria-labelledby': 'leave-title', onclose: () => { dialog.remove(); if (dialog.returnValue === 'end') this.#close(tab); } },
      h('form', { method: 'dialog' }, h('h1', { id: 'leave-title' }, `Close ${view.title}?`), h('p', {}, 'The conversation ends for the customer, too.'),
        h('div', { class: 'buttons' }, h('button', { value: 'stay', autofocus: true }, 'Stay'), h('button', { value: 'end', class: 'brand' }, 'End and close'))));
    document.body.append(dialog);
    dialog.showModal();
  }

  #link(up) {
    if (up === this.#up) return; // one try more
    const back = this.#up === false;
    this.#up = up;
    if (!up) {
      this.#toast({ title: 'Connection lost', message: 'Trying again.', type: 'warning' });
      return;
    }
    this.#stream.watch(this.#workspace.tabs.map((t) => t.recordId));
    if (!back) return;
    this.#toast({ title: 'Connected again', message: 'Everything is up to date.', type: 'success' });
    for (const t of this.#workspace.tabs) t.page.refresh(); // what happened meanwhile was not told
  }

  #note(name, params) {
    const text = name.replace(/^omniChannel/, 'Omni: ').replace(/([a-z])([A-Z])/g, (_, a, b) => `${a} ${b.toLowerCase()}`);
    this.#history.unshift([new Date(), text, params]);
    this.#history.length = Math.min(this.#history.length, 100);
    fill(this.log, this.#history.map(([at, what, p]) => h('li', {}, h('time', {}, at.toLocaleTimeString()), h('b', {}, what), h('code', {}, JSON.stringify(p)))));
  }

  #toast({ title, message, type }) {
    const el = h('div', { class: `toast ${type || 'info'}` }, h('div', {}, h('b', {}, title), h('p', {}, message)), h('button', { type: 'button', class: 'icon-button', 'aria-label': 'Dismiss', onclick: () => el.remove() }, icon('close')));
    this.toasts.append(el);
    setTimeout(() => el.remove(), 8000);
  }
}
