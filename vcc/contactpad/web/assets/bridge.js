// The page's end of the console bridge: plain JSON by postMessage, protocol 1. The
// other end is the script that Salesforce runs in the console.

const version = 1;
const every = 500; // ms between two hellos
const hellos = 20;
const patience = 10_000; // ms for a reply
const mostOpen = 100; // calls

// Bridge talks to the console that frames the page, if one does:
//
//   ready(about)         it answered; again after it was loaded anew
//   missing()            nobody answered
//   event(name, data)    something happened in the console
export class Bridge {
  #win;
  #orgs;
  #on;
  #origin = '';
  #calls = new Map();
  #next = 1;
  #timer = 0;

  constructor({ win, orgs, on }) {
    this.#win = win;
    this.#orgs = orgs;
    this.#on = on;
  }

  get ready() {
    return this.#origin !== '';
  }

  start() {
    if (this.#win.parent === this.#win || this.#orgs.length === 0) {
      this.#on.missing();
      return;
    }
    this.#win.addEventListener('message', (e) => this.#hear(e));
    let n = 0;
    const hello = () => {
      if (this.ready) return;
      if (n++ === hellos) {
        this.#on.missing();
        return; // a bridge that comes later says ready by itself
      }
      for (const org of this.#orgs) this.#post(org, { kind: 'hello', versions: [version] });
      this.#timer = setTimeout(hello, every);
    };
    hello();
  }

  // call asks the console; the promise never fails: {ok, result} or {ok:false, error:{code, text}}.
  call(name, args) {
    if (!this.ready) return Promise.resolve(no('unavailable', 'no console'));
    if (this.#calls.size >= mostOpen) return Promise.resolve(no('refused', 'too many calls are open'));
    const id = `c${this.#next++}`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, no('unavailable', 'the console did not answer')), patience);
      this.#calls.set(id, { resolve, timer });
      this.#post(this.#origin, { kind: 'call', id, name, args });
    });
  }

  #post(origin, message) {
    try {
      this.#win.parent.postMessage({ omnibridge: version, ...message }, origin);
    } catch {
      // An origin that is none is not ours to repair; nobody will answer.
    }
  }

  #hear(e) {
    const m = e.data;
    if (e.source !== this.#win.parent || !this.#orgs.includes(e.origin)) return;
    if (m === null || typeof m !== 'object' || m.omnibridge !== version) return;
    if (m.kind === 'ready') {
      clearTimeout(this.#timer);
      this.#origin = e.origin;
      this.#on.ready({
        version: m.version,
        capabilities: Array.isArray(m.capabilities) ? m.capabilities.filter((c) => typeof c === 'string') : [],
        theme: m.theme === 'dark' ? 'dark' : m.theme === 'light' ? 'light' : '',
        console: m.console === true,
        user: typeof m.user === 'string' ? m.user : '',
      });
      return;
    }
    if (e.origin !== this.#origin) return;
    if (m.kind === 'reply' && typeof m.id === 'string') {
      const error = m.error ?? {};
      this.#settle(m.id, m.ok === true ? { ok: true, result: m.result ?? {} } : no(String(error.code ?? 'bad'), String(error.text ?? '')));
    } else if (m.kind === 'event' && typeof m.name === 'string') {
      this.#on.event(m.name, m.data ?? {});
    }
  }

  #settle(id, reply) {
    const open = this.#calls.get(id);
    if (!open) return; // late, or never asked
    this.#calls.delete(id);
    clearTimeout(open.timer);
    open.resolve(reply);
  }
}

const no = (code, text) => ({ ok: false, error: { code, text: text.slice(0, 500) } });
