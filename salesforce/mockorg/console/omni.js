// The Omni-Channel widget: status, requests, own work, capacity.
import { h, fill, iconOf, clock } from './dom.js';
import { ask } from './org.js';

/** The widget. open(recordId) shows a record; asked(work) notes that this page accepts. */
export class OmniWidget {
  element = h('div', { class: 'omni' });
  view = null;
  #now = 0; // the org's time minus the page's
  #open;
  #asked;
  #changed;
  #declining = ''; // the work whose decline menu is open
  #busy = new Set(); // works being answered
  #problem = '';
  #clocks = [];

  constructor({ open, asked, changed }) {
    this.#open = open;
    this.#asked = asked;
    this.#changed = changed;
    fill(this.element, h('p', { class: 'quiet' }, 'Loading…'));
    setInterval(() => this.#tick(), 1000);
  }

  /** Takes the widget's state from the org. */
  take(view) {
    this.view = view;
    this.#now = view.now - performance.now();
    for (const id of this.#busy) if (!view.works.some((w) => w.id === id)) this.#busy.delete(id);
    this.#draw();
    this.#changed(view);
  }

  /** The text of the utility item. */
  get label() {
    const v = this.view;
    if (!v || !v.agent) return 'Omni-Channel';
    const waiting = v.works.filter((w) => w.status === 'Assigned').length;
    const state = v.status ? (v.connected ? v.status.label : 'Connection lost') : 'Offline';
    return `Omni-Channel: ${state}${waiting ? `, ${waiting} new` : ''}`;
  }

  async #do(what, body, work) {
    this.#problem = '';
    if (work) this.#busy.add(work);
    this.#draw();
    try {
      const view = await ask('POST', `/lightning/api/omni/${what}`, body);
      if (!(view.now < this.view.now)) this.take(view); // the stream may have told something newer
    } catch (e) {
      this.#problem = e.message;
    }
    if (work) this.#busy.delete(work);
    this.#draw();
  }

  accept(work) {
    this.#asked(work);
    return this.#do('accept', { work }, work);
  }

  decline(work, reason = '') {
    this.#declining = '';
    return this.#do('decline', { work, reason }, work);
  }

  #tick() {
    const now = performance.now() + this.#now;
    for (const { el, from, until } of this.#clocks) {
      const text = clock(until ? Math.ceil((until - now) / 1000) * 1000 : now - from);
      if (el.textContent !== text) el.textContent = text;
    }
  }

  #clock(from, until) {
    const el = h('span', { class: 'clock', role: 'timer' });
    this.#clocks.push({ el, from, until });
    return el;
  }

  #draw() {
    const v = this.view;
    if (!v) return;
    const active = document.activeElement;
    const had = this.element.contains(active) ? active.dataset.key : null;
    this.#clocks = [];
    if (!v.agent) {
      fill(this.element, h('p', { class: 'quiet' }, 'You have no presence configuration in this org, so Omni-Channel has no work for you.'));
      return;
    }
    const fresh = v.works.filter((w) => w.status === 'Assigned');
    const mine = v.works.filter((w) => w.status === 'Opened');
    fill(this.element,
      this.#status(v),
      this.#problem && h('p', { class: 'problem', role: 'alert' }, this.#problem),
      h('section', { 'aria-label': 'New requests' },
        h('h3', {}, `New (${fresh.length})`),
        fresh.length === 0 ? h('p', { class: 'quiet' }, v.status ? 'No requests.' : 'You are offline. Choose a status to get work.') : h('ul', { class: 'requests' }, fresh.map((w) => this.#request(w)))),
      h('section', { 'aria-label': 'My work' },
        h('h3', {}, `My work (${mine.length})`),
        mine.length === 0 ? h('p', { class: 'quiet' }, 'Nothing open.') : h('ul', { class: 'works' }, mine.map((w) => this.#work(w)))),
      h('footer', { class: 'omni-foot' },
        h('div', { class: 'capacity' }, h('label', { for: 'omni-load' }, `Capacity ${round(v.load)} of ${round(v.capacity)}`),
          h('meter', { id: 'omni-load', min: 0, max: v.capacity || 1, value: Math.min(v.load, v.capacity) })),
        h('label', { class: 'switch' }, h('input', {
          type: 'checkbox', role: 'switch', 'data-key': 'auto', checked: v.auto_accept, onchange: (e) => this.#do('autoaccept', { on: e.target.checked }),
        }), 'Accept by itself')));
    this.#tick();
    if (had) {
      const again = this.element.querySelector(`[data-key="${CSS.escape(had)}"]`) || this.element.querySelector('[data-key="status"]');
      if (again) again.focus({ preventScroll: true });
    }
  }

  #status(v) {
    const online = v.status && v.connected;
    const select = h('select', {
      'data-key': 'status', class: 'status', id: 'omni-status', 'aria-label': 'Status',
      onchange: (e) => this.#do(e.target.value ? 'status' : 'logout', e.target.value ? { status: e.target.value } : {}),
    }, h('option', { value: '' }, 'Offline'), v.statuses.map((s) => h('option', { value: s.id, selected: v.status && v.status.id === s.id }, s.channels.length ? s.label : `${s.label} (no work)`)));
    const kind = !v.status ? 'out' : !v.connected ? 'lost' : v.status.channels.length ? 'on' : 'away';
    return h('div', { class: 'omni-status' }, h('span', { class: `dot ${kind}`, 'aria-hidden': 'true' }), select,
      v.status && !online ? h('button', { type: 'button', class: 'small', 'data-key': 'reconnect', onclick: () => this.#do('status', { status: v.status.id }) }, 'Connect again') : '');
  }

  #request(w) {
    const busy = this.#busy.has(w.id);
    const bar = w.deadline ? h('span', { class: 'bar', 'aria-hidden': 'true' }, h('span', {})) : '';
    if (bar) {
      const whole = w.deadline - w.assigned;
      const left = Math.max(0, w.deadline - (performance.now() + this.#now));
      const run = bar.firstChild;
      run.style.animationDuration = `${whole}ms`;
      run.style.animationDelay = `${left - whole}ms`;
    }
    const open = this.#declining === w.id;
    return h('li', { class: 'request', 'data-work': w.id },
      h('div', { class: 'request-head' }, iconOf(w.object), h('b', {}, w.title), this.#clock(w.assigned, w.deadline)),
      h('p', {}, [w.detail, w.queue].filter(Boolean).join(' · ')),
      bar,
      h('div', { class: 'buttons' },
        h('button', { type: 'button', class: 'brand', 'data-key': `a${w.id}`, disabled: busy, onclick: () => this.accept(w.id) }, busy ? 'Working…' : 'Accept', h('span', { class: 'out' }, ` ${w.title}`)),
        this.view.decline && h('button', {
          type: 'button', 'data-key': `d${w.id}`, disabled: busy, 'aria-expanded': this.view.reasons.length ? String(open) : null,
          onclick: () => {
            if (!this.view.reasons.length) this.decline(w.id);
            else {
              this.#declining = open ? '' : w.id;
              this.#draw();
            }
          },
        }, 'Decline', h('span', { class: 'out' }, ` ${w.title}`))),
      open && h('ul', { class: 'reasons', 'aria-label': 'Why' }, ['', ...this.view.reasons].map((reason, i) => h('li', {},
        h('button', { type: 'button', 'data-key': `r${i}${w.id}`, onclick: () => this.decline(w.id, reason) }, reason || 'No reason')))));
  }

  #work(w) {
    return h('li', { class: 'work', 'data-work': w.id },
      h('button', { type: 'button', class: 'work-open', 'data-key': `o${w.id}`, onclick: () => this.#open(w.record) }, iconOf(w.object), h('span', {}, h('b', {}, w.title), h('small', {}, [w.detail, w.queue].filter(Boolean).join(' · ')))),
      this.#clock(w.accepted));
  }
}

function round(n) {
  return Math.round(n * 10) / 10;
}
