// What screen readers are told: two live regions, one queue (panel-ux 2.3).

const quiet = 250; // ms without news before anything is said
const apart = 1000; // ms between two sentences
const stale = 5000; // ms; older news is not worth saying
const linger = 4000; // ms a sentence stays in its region

// Announcer says sentences one after the other. Of one subject only the newest is
// said; urgent ones go first.
export class Announcer {
  #regions;
  #elapsed;
  #queue = [];
  #timer = 0;
  #spoke = -apart;
  #clear = 0;

  constructor({ polite, urgent, elapsed }) {
    this.#regions = { polite, urgent };
    this.#elapsed = elapsed;
  }

  say({ subject, text, urgent = false }) {
    if (!text) return;
    const at = this.#elapsed();
    this.#queue = this.#queue.filter((s) => s.subject !== subject);
    this.#queue.push({ subject, text, urgent, at });
    this.#schedule(Math.max(quiet, this.#spoke + apart - at));
  }

  #schedule(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#speak(), wait);
  }

  #speak() {
    const now = this.#elapsed();
    this.#queue = this.#queue.filter((s) => now - s.at <= stale);
    const i = Math.max(0, this.#queue.findIndex((s) => s.urgent));
    const next = this.#queue.splice(i, 1)[0];
    if (!next) return;
    clearTimeout(this.#clear);
    const { polite, urgent } = this.#regions;
    polite.textContent = urgent.textContent = '';
    // A node of its own, so that the same sentence twice is news twice.
    (next.urgent ? urgent : polite).append(next.text);
    this.#spoke = now;
    this.#clear = setTimeout(() => (polite.textContent = urgent.textContent = ''), linger);
    if (this.#queue.length > 0) this.#schedule(apart);
  }
}
