// The home page of the console: lists of records, and what a search finds.
import { h, fill, iconOf } from './dom.js';
import { ask } from './org.js';

/** The home page. open(recordId) shows a record. */
export class Home {
  element = h('article', { class: 'home' });
  #open;
  #session;
  #lists = [];
  #shown = 'Case';
  #found = null;
  #query = '';

  constructor({ open, session }) {
    this.#open = open;
    this.#session = session;
    window.addEventListener('search', (e) => this.#search(e.detail));
  }

  shown() {
    this.refresh();
  }

  async refresh() {
    try {
      this.#lists = (await ask('GET', '/lightning/api/home')).lists;
      this.#draw();
    } catch (e) {
      fill(this.element, h('p', { class: 'problem', role: 'alert' }, e.message));
    }
  }

  async #search(text) {
    const query = text.trim();
    let found = null;
    let said = query;
    this.#query = query;
    if (query) {
      try {
        found = (await ask('GET', `/lightning/api/search?q=${encodeURIComponent(query)}`)).rows;
      } catch (e) {
        found = [];
        said = `${query} (${e.message})`;
      }
    }
    if (this.#query !== query) return; // something else is looked for by now
    this.#query = said;
    this.#found = found;
    this.#draw();
  }

  #draw() {
    const list = this.#lists.find((l) => l.object === this.#shown) || this.#lists[0];
    fill(this.element,
      h('h1', {}, this.#query ? `Found for “${this.#query}”` : `Hello, ${this.#session.user.name.split(' ')[0]}`),
      this.#query
        ? h('section', { class: 'card' }, this.#table(this.#found || [], 'Nothing was found.'),
          h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: () => { this.#query = ''; this.#draw(); } }, 'Back to the lists')))
        : h('section', { class: 'card' },
          h('div', { class: 'lists', role: 'group', 'aria-label': 'Lists' }, this.#lists.map((l) => h('button', {
            type: 'button', 'aria-pressed': String(l === list), onclick: () => { this.#shown = l.object; this.#draw(); this.element.querySelector('[aria-pressed="true"]').focus(); },
          }, `${l.label} (${l.total})`)), h('button', { type: 'button', class: 'small', onclick: () => this.refresh() }, 'Refresh')),
          list && this.#table(list.rows, 'There are none yet. The customer page makes some.')),
      !this.#query && h('section', { class: 'card try', 'aria-label': 'Three things to try' }, h('h2', {}, 'Three things to try'), h('ol', {},
        h('li', {}, 'Open ContactPad in the utility bar, log in and go Ready; or choose a status in Omni-Channel.'),
        h('li', {}, 'Start a chat on the ', h('a', { href: '/customer/', target: '_blank' }, 'customer page'), ', accept it in Omni-Channel, and see its record open.'),
        h('li', {}, 'Press Explain, at the top, to see what routing did with the record in front; or make something go wrong there.'))));
  }

  #table(rows, none) {
    if (rows.length === 0) return h('p', { class: 'quiet' }, none);
    return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Records' }, h('table', {},
      h('thead', {}, h('tr', {}, ['Record', 'About', 'Status', 'Owner', 'Made'].map((t) => h('th', { scope: 'col' }, t)))),
      h('tbody', {}, rows.map((r) => h('tr', {},
        h('td', {}, h('a', { href: `/lightning/r/${r.object}/${r.id}/view`, onclick: (e) => { e.preventDefault(); this.#open(r.id); } }, iconOf(r.object), r.title)),
        h('td', {}, r.detail), h('td', {}, r.status), h('td', {}, r.owner), h('td', {}, new Date(r.since).toLocaleTimeString()))))));
  }
}
