// The page of one record: what it is, its fields to edit, its conversation.
import { h, fill, icon, iconOf, Log } from './dom.js';
import { ask } from './org.js';

/** A record's page. titled(view) is called when it is known what it shows; leave() when the person closes it. */
export class RecordPage {
  element = h('article', { class: 'record', 'aria-live': 'off' });
  view = null;
  #id;
  #titled;
  #open;
  #leave;
  #editing = null; // field name to value, while the form is open
  #problem = '';
  #owners = null;
  #draft = '';
  #log = new Log();
  #asking = 0;
  #gone = false;

  constructor({ recordId, titled, open, leave }) {
    this.#id = recordId;
    this.#titled = titled;
    this.#open = open;
    this.#leave = leave;
    fill(this.element, h('p', { class: 'quiet' }, 'Loading…'));
    this.refresh();
  }

  shown() {
    this.#log.end();
  }

  closed() {
    this.#gone = true;
  }

  leave() {
    this.#leave(this);
  }

  /** Reads the record again; what is being edited stays. */
  async refresh() {
    const mine = ++this.#asking;
    try {
      const view = await ask('GET', `/lightning/api/record/${encodeURIComponent(this.#id)}`);
      if (mine === this.#asking && !this.#gone) this.#take(view);
    } catch (e) {
      if (mine === this.#asking && !this.#gone) this.#missing(e);
    }
  }

  #take(view) {
    this.view = view;
    this.#titled(view);
    this.#draw();
  }

  #missing(e) {
    if (e.status === 404) this.#titled({ object: '', title: 'Not available', detail: '' });
    fill(this.element, h('div', { class: 'card missing' }, h('h1', {}, e.status === 404 ? 'This record is not available' : 'This record could not be read'), h('p', {}, e.message)));
  }

  async #save(fields) {
    this.#problem = '';
    try {
      const view = await ask('PATCH', `/lightning/api/record/${this.#id}`, { fields });
      this.#editing = null;
      this.#take(view);
    } catch (e) {
      this.#problem = e.message;
      this.#draw();
    }
  }

  async #edit() {
    this.#editing = {};
    this.#problem = '';
    if (!this.#owners && this.view.fields.some((f) => f.name === 'OwnerId')) {
      try {
        this.#owners = (await ask('GET', `/lightning/api/owners/${this.#id}`)).owners;
      } catch {
        this.#owners = [];
      }
    }
    this.#draw();
    const first = this.element.querySelector('.fields input, .fields select, .fields textarea');
    if (first) first.focus();
  }

  async #send(text) {
    this.#problem = '';
    try {
      this.#draft = '';
      this.#log.end();
      this.#take(await ask('POST', `/lightning/api/record/${this.#id}/messages`, { text }));
    } catch (e) {
      this.#draft = text;
      this.#problem = e.message;
      this.#draw();
    }
  }

  #draw() {
    const v = this.view;
    const active = document.activeElement;
    const had = this.element.contains(active) ? active.name || active.dataset.key : null;
    const at = had && active.selectionStart !== undefined ? [active.selectionStart, active.selectionEnd] : null;
    const by = (name) => v.fields.find((f) => f.name === name);
    const high = ['Status', 'Priority', 'OwnerId', 'ContactId', 'EndUserContactId'].map(by).filter((f) => f && (f.value || f.name === 'Status')).slice(0, 4);
    this.#log.hold();
    fill(this.element,
      h('header', { class: 'record-head card' },
        h('div', { class: 'record-name' }, iconOf(v.object), h('div', {}, h('p', { class: 'label' }, v.label), h('h1', {}, v.title), v.detail && h('p', {}, v.detail))),
        h('dl', { class: 'highlights' }, high.map((f) => h('div', {}, h('dt', {}, f.label), h('dd', {}, this.#value(f))))),
        h('div', { class: 'buttons' },
          !this.#editing && h('button', { type: 'button', 'data-key': 'edit', onclick: () => this.#edit() }, icon('edit'), 'Edit'))),
      this.#problem && h('p', { class: 'problem', role: 'alert' }, this.#problem),
      h('div', { class: `record-body${v.talk ? ' with-talk' : ''}` }, v.talk && this.#talk(v.talk), this.#fields(v)));
    if (had) {
      const again = this.element.querySelector(`[name="${CSS.escape(had)}"], [data-key="${CSS.escape(had)}"]`);
      if (again) {
        again.focus({ preventScroll: true });
        if (at && again.setSelectionRange && at[0] !== null) again.setSelectionRange(...at);
      }
    }
    if (v.talk) this.#log.take(v.talk.messages);
  }

  #value(f) {
    if (f.object && f.value) return h('a', { href: `/lightning/r/${f.object}/${f.value}/view`, onclick: (e) => { e.preventDefault(); this.#open(f.value); } }, f.text || f.value);
    return f.text || h('span', { class: 'none' }, '—');
  }

  #fields(v) {
    const editing = this.#editing;
    const shown = editing ? v.fields.filter((f) => f.edit) : v.fields.filter((f) => f.value !== '' && f.value !== 'false' || f.name === 'Status');
    const list = shown.map((f) => {
      if (!editing) return h('div', { class: f.long ? 'wide' : '' }, h('dt', {}, f.label), h('dd', {}, this.#value(f)));
      const id = `f-${this.#id}-${f.name}`;
      return h('div', { class: f.long ? 'wide' : '' }, h('label', { for: id }, f.label), this.#input(f, id));
    });
    if (!editing) return h('section', { class: 'card fields', 'aria-label': 'Details' }, h('h2', {}, 'Details'), h('dl', {}, list));
    return h('form', {
      class: 'card fields', 'aria-label': 'Edit', onsubmit: (e) => { e.preventDefault(); this.#save(this.#changed()); },
      onkeydown: (e) => { if (e.key === 'Escape') { this.#editing = null; this.#draw(); } },
    }, h('h2', {}, 'Edit'), h('div', { class: 'grid' }, list),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'brand' }, 'Save'),
      h('button', { type: 'button', onclick: () => { this.#editing = null; this.#problem = ''; this.#draw(); } }, 'Cancel')));
  }

  #changed() {
    const fields = {};
    for (const [name, value] of Object.entries(this.#editing)) {
      const f = this.view.fields.find((field) => field.name === name);
      if (f && String(value) !== f.value) fields[name] = f.kind === 'boolean' ? value : value === '' ? null : value;
    }
    return fields;
  }

  #input(f, id) {
    const value = f.name in this.#editing ? this.#editing[f.name] : f.value;
    const keep = (e) => { this.#editing[f.name] = f.kind === 'boolean' ? e.target.checked : e.target.value; };
    if (f.kind === 'boolean') return h('input', { id, name: f.name, type: 'checkbox', checked: String(value) === 'true', onchange: keep });
    if (f.name === 'OwnerId') {
      const option = (o) => h('option', { value: o.id, selected: o.id === value }, o.name);
      return h('select', { id, name: f.name, onchange: keep },
        h('optgroup', { label: 'Queues' }, this.#owners.filter((o) => o.queue).map(option)), h('optgroup', { label: 'People' }, this.#owners.filter((o) => !o.queue).map(option)));
    }
    if (f.values && f.values.length) {
      return h('select', { id, name: f.name, onchange: keep }, h('option', { value: '' }, '—'), f.values.map((o) => h('option', { value: o, selected: o === value }, o)));
    }
    if (f.long) return h('textarea', { id, name: f.name, rows: 3, value, oninput: keep });
    return h('input', { id, name: f.name, type: { date: 'date', email: 'email', phone: 'tel', url: 'url' }[f.kind] || 'text', value, oninput: keep, autocomplete: 'off' });
  }

  #talk(talk) {
    return h('section', { class: 'card talk', 'aria-label': 'Conversation' }, h('h2', {}, 'Conversation'),
      this.#log.element,
      talk.messages.length === 0 && h('p', { class: 'quiet' }, 'Nothing has been said yet.'),
      talk.open
        ? h('form', { class: 'say', onsubmit: (e) => { e.preventDefault(); if (this.#draft.trim()) this.#send(this.#draft.trim()); } },
          h('input', { name: 'say', 'aria-label': 'Message to the customer', placeholder: 'Type a message', autocomplete: 'off', maxlength: 1000, value: this.#draft, oninput: (e) => { this.#draft = e.target.value; } }),
          h('button', { type: 'submit', class: 'brand' }, icon('send'), 'Send'))
        : h('p', { class: 'quiet' }, 'The conversation is over.'));
  }
}
