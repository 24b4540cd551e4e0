// The customer page: starting chats, messages, cases, leads and calls, and seeing
// what becomes of them.
import { h, fill, icon, clock, Log } from './dom.js';
import { ask, Stream } from './org.js';

const app = document.getElementById('app');
const kept = 'mock-customer';
const kinds = [['chat', 'Chat', 'chat'], ['message', 'Message', 'message'], ['case', 'Case', 'record'], ['lead', 'Lead', 'person'], ['call', 'Call', 'call']];

/** One thing that a customer has going on. */
class Thing {
  element = h('article', { class: 'card thing' });
  #view = null;
  #stream;
  #draft = '';
  #log = new Log();
  #says = h('p', { class: 'says', role: 'status' });
  #problem = '';
  #offset = 0;
  #name;

  constructor(id, name, view) {
    this.id = id;
    this.#name = name;
    if (view) this.#take(view);
    else this.#refresh();
    this.#stream = new Stream(`/customer/stream?work=${encodeURIComponent(id)}`, () => this.#refresh(), (up) => { if (up) this.#refresh(); });
  }

  get over() {
    return this.#view && this.#view.state === 'over';
  }

  close() {
    this.#stream.close();
    this.element.remove();
  }

  tick() {
    const el = this.element.querySelector('.clock');
    if (el && this.#view && this.#view.state !== 'over') el.textContent = clock(performance.now() + this.#offset - this.#view.since);
  }

  async #refresh() {
    try {
      this.#take(await ask('GET', `/customer/api/work/${this.id}`));
    } catch (e) {
      this.#problem = e.message;
      this.#draw();
    }
  }

  #take(view) {
    this.#view = view;
    this.#offset = view.now - performance.now();
    this.#problem = '';
    this.#draw();
    if (this.over) this.#stream?.close();
  }

  async #do(what, body) {
    try {
      this.#take(await ask('POST', `/customer/api/work/${this.id}/${what}`, body));
      return true;
    } catch (e) {
      this.#problem = e.message;
      this.#draw();
      return false;
    }
  }

  async #send(text) {
    if (!text) return;
    this.#draft = '';
    this.#log.end();
    if (await this.#do('messages', { name: this.#name, text })) return;
    this.#draft = text;
    this.#draw();
  }

  #draw() {
    const v = this.#view;
    if (!v) {
      fill(this.element, h('p', { class: 'problem', role: 'alert' }, this.#problem), h('button', { type: 'button', onclick: () => forget(this) }, 'Remove'));
      return;
    }
    const had = this.element.contains(document.activeElement) && document.activeElement.name === 'say';
    this.element.className = `card thing ${v.state}`;
    const messages = v.talk ? v.talk.messages : [];
    this.#log.hold();
    fill(this.element,
      h('header', {}, icon((kinds.find((k) => k[0] === v.kind) || kinds[2])[2]), h('div', {}, h('h2', {}, v.title)), h('span', { class: 'clock', role: 'timer' })),
      this.#says,
      this.#problem && h('p', { class: 'problem', role: 'alert' }, this.#problem),
      messages.length > 0 && this.#log.element,
      v.talk && v.talk.open && h('form', { class: 'say', onsubmit: (e) => { e.preventDefault(); this.#send(this.#draft.trim()); } },
        h('input', { name: 'say', 'aria-label': 'Your message', placeholder: 'Type a message', autocomplete: 'off', maxlength: 1000, value: this.#draft, oninput: (e) => { this.#draft = e.target.value; } }),
        h('button', { type: 'submit', class: 'brand' }, 'Send')),
      h('div', { class: 'buttons' }, v.state === 'over'
        ? h('button', { type: 'button', onclick: () => forget(this) }, 'Remove')
        : v.kind !== 'lead' && h('button', { type: 'button', onclick: () => this.#do('leave', {}) }, { chat: 'End chat', message: 'End conversation', case: 'Close case' }[v.kind] || 'Leave')));
    if (had) this.element.querySelector('[name=say]')?.focus();
    this.#log.take(messages);
    if (this.#says.textContent !== v.says) this.#says.textContent = v.says;
    this.tick();
  }
}

/** A telephone call, of which only the engine knows more. */
class Call {
  element = h('article', { class: 'card thing served' });

  constructor({ id, says }, name, number) {
    const words = h('p', { class: 'says', role: 'status' }, says || 'The call was placed. An agent’s ContactPad rings when one is free.');
    fill(this.element, h('header', {}, icon('call'), h('div', {}, h('h2', {}, `Call ${name}`), h('small', {}, number))), words,
      h('div', { class: 'buttons' },
        id && h('button', { type: 'button', onclick: async (e) => {
          e.target.disabled = true;
          try {
            const answer = await ask('POST', `/customer/api/call/${encodeURIComponent(id)}/hangup`, {});
            words.textContent = answer.says || 'You have hung up.';
            this.element.className = 'card thing over';
          } catch (err) {
            words.textContent = err.message;
            e.target.disabled = false;
          }
        } }, 'Hang up'),
        h('button', { type: 'button', onclick: () => this.element.remove() }, 'Remove')));
  }
}

let things = [];
let list;

function forget(thing) {
  thing.close();
  things = things.filter((t) => t !== thing);
  keep();
  show();
}

function keep() {
  sessionStorage.setItem(kept, JSON.stringify(things.map((t) => t.id)));
}

function show() {
  const none = list.querySelector('.quiet');
  if (none) none.remove();
  if (!list.children.length) list.append(h('p', { class: 'quiet' }, 'Nothing is going on. Start a chat, and look at an agent’s console.'));
}

async function start() {
  let menu;
  try {
    menu = await ask('GET', '/customer/api/menu');
  } catch (e) {
    fill(app, h('p', { class: 'problem', role: 'alert' }, e.message));
    return;
  }
  list = h('section', { class: 'going', 'aria-label': 'What is going on' });
  fill(app, form(menu), list);
  let ids = [];
  try {
    ids = JSON.parse(sessionStorage.getItem(kept)) || [];
  } catch {
    // nothing to restore
  }
  for (const id of ids.reverse()) add(new Thing(id, '')); // the newest is on top again
  show();
  setInterval(() => things.forEach((t) => t.tick()), 1000);
}

function add(thing) {
  things.unshift(thing);
  list.prepend(thing.element);
  keep();
  show();
}

function form(menu) {
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const people = h('datalist', { id: 'people' }, menu.people.map((p) => h('option', { value: p.name }, p.phone)));
  const name = h('input', { name: 'name', list: 'people', autocomplete: 'off', maxlength: 80, value: menu.people[0]?.name || '', oninput: () => {
    const known = menu.people.find((p) => p.name === name.value);
    if (known && known.phone) phone.value = known.phone;
  } });
  const phone = h('input', { name: 'phone', type: 'tel', autocomplete: 'off', maxlength: 40, value: menu.people[0]?.phone || '' });
  const queue = h('select', { name: 'queue' });
  const text = h('textarea', { name: 'text', rows: 3, maxlength: 1000, placeholder: 'What is it about?' });
  const go = h('button', { type: 'submit', class: 'brand' });
  const queues = h('label', {}, 'Topic', queue);
  const choose = (kind) => {
    const topics = menu.topics.filter((t) => t.kind === kind);
    fill(queue, topics.map((t) => h('option', { value: t.queue }, t.label)));
    queues.hidden = kind === 'call' || topics.length < 2;
    go.textContent = { chat: 'Start chat', message: 'Send message', case: 'Send case', lead: 'Send lead', call: 'Call' }[kind];
  };
  const able = (kind) => (kind === 'call' ? menu.calls : menu.topics.some((t) => t.kind === kind));
  const first = (kinds.find(([kind]) => able(kind)) || [''])[0];
  const el = h('form', { class: 'card start', onsubmit: async (e) => {
    e.preventDefault();
    problem.hidden = true;
    go.disabled = true;
    try {
      const kind = el.elements.kind.value;
      if (kind === 'call') {
        list.prepend(new Call(await ask('POST', '/customer/api/call', { name: name.value.trim(), number: phone.value, topic: text.value }), name.value.trim(), phone.value).element);
        show();
      } else {
        const view = await ask('POST', '/customer/api/start', { kind, queue: queue.value, name: name.value.trim(), phone: phone.value, text: text.value.trim() });
        add(new Thing(view.id, name.value.trim(), view));
      }
      text.value = '';
    } catch (err) {
      problem.textContent = err.message;
      problem.hidden = false;
    }
    go.disabled = false;
  } },
  h('h1', {}, menu.org),
  h('fieldset', {}, h('legend', {}, 'I want a'), h('div', { class: 'kinds' }, kinds.map(([kind, label, drawing]) => h('label', {},
    h('input', { type: 'radio', name: 'kind', value: kind, checked: kind === first, disabled: !able(kind), onchange: () => choose(kind) }), icon(drawing), label)))),
  !menu.calls && h('p', { class: 'quiet' }, 'Calls are off: nobody has told this org where to ask for them (callsURL).'),
  h('div', { class: 'two' }, h('label', {}, 'I am', name), h('label', {}, 'Telephone', phone)), people,
  queues, h('label', {}, 'Text', text), problem, go,
  h('p', {}, h('a', { href: '/lightning/page/home' }, 'Agent’s console')));
  choose(first);
  return el;
}

start();
