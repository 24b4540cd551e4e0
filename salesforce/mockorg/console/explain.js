// The Explain column: what happened to the record in front, and to its routing.
import { h, fill } from './dom.js';
import { ask } from './org.js';

/** The column. It shows one record at a time. */
export class Explain {
  element = h('aside', { class: 'explain', 'aria-label': 'Explain', hidden: true });
  #id = '';
  #asking = 0;

  get shown() {
    return !this.element.hidden;
  }

  toggle() {
    this.element.hidden = !this.element.hidden;
    this.refresh();
  }

  /** Explains a record, '' for none. */
  take(id) {
    if (id === this.#id) return;
    this.#id = id;
    this.refresh();
  }

  async refresh() {
    if (!this.shown) return;
    const mine = ++this.#asking;
    const none = (text) => fill(this.element, h('h2', {}, 'Explain'), h('p', { class: 'quiet' }, text));
    if (!this.#id) {
      none('Open a record to see what happened to it.');
      return;
    }
    try {
      const { steps } = await ask('GET', `/lightning/api/explain/${this.#id}`);
      if (mine !== this.#asking) return;
      if (!steps.length) {
        none('Nothing that routing has to do with has happened to this record.');
        return;
      }
      fill(this.element, h('h2', {}, 'Explain'), h('ol', { tabindex: '0', 'aria-label': 'What happened' }, steps.map((s) => h('li', {}, h('span', {}, s.text), h('small', {}, `${new Date(s.at).toLocaleTimeString()} · ${s.fact}`)))));
      this.element.lastChild.scrollTop = this.element.lastChild.scrollHeight;
    } catch (e) {
      if (mine === this.#asking) none(e.message);
    }
  }
}
