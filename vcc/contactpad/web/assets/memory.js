// What the browser keeps for the page. Inside a console it is kept apart for each org
// that frames the page, and may be refused altogether: then nothing is kept.
const prefix = 'contactpad.';

// Memory keeps what an agent set in this browser. Never the log-in.
export class Memory {
  #win;

  constructor(win) {
    this.#win = win;
  }

  get(key) {
    return this.#read('localStorage', key);
  }

  set(key, value) {
    this.#write('localStorage', key, value);
  }

  // once tells whether name is asked for with this value for the first time in the tab. It
  // is never where nothing can be kept: else it would be the first time for ever.
  once(name, value) {
    if (this.#read('sessionStorage', name) === value) return false;
    this.#write('sessionStorage', name, value);
    return this.#read('sessionStorage', name) === value;
  }

  #read(where, key) {
    try {
      return JSON.parse(this.#win[where].getItem(prefix + key)) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #write(where, key, value) {
    try {
      this.#win[where].setItem(prefix + key, JSON.stringify(value));
    } catch {
      // Not allowed here.
    }
  }
}
