// The server's clock, and the clocks on the page. The browser's own clock is never
// read: an agent's computer may be an hour wrong (panel-ux 2.5).
import { left, minutesInWords, span, up } from './time.js';

const kept = 12; // samples: about two minutes of the server's questions
const jump = 2000; // ms; so far off is corrected at once
const pace = 0.1; // of the time that passes is corrected at most

// ServerClock tells the server's time. Each message that carries it says "it was at
// least so late when this left": of the last samples the greatest offset is that of
// the quickest message. Small corrections are spread, so that no clock stands still
// or skips.
export class ServerClock {
  #elapsed;
  #samples = [];
  #offset = null;
  #at = 0;

  // elapsed tells milliseconds since any fixed moment: performance.now.
  constructor(elapsed) {
    this.#elapsed = elapsed;
  }

  get known() {
    return this.#offset !== null;
  }

  heard(serverNow) {
    if (!Number.isFinite(serverNow)) return;
    const elapsed = this.#elapsed();
    const was = this.known ? this.at(elapsed) - elapsed : Infinity;
    this.#samples.push(serverNow - elapsed);
    if (this.#samples.length > kept) this.#samples.shift();
    const best = Math.max(...this.#samples);
    this.#offset = Math.abs(best - was) > jump ? best : was;
    this.#at = elapsed;
  }

  now() {
    return this.at(this.#elapsed());
  }

  // at turns a moment of the page's own count into the server's time.
  at(elapsed) {
    if (this.#offset === null) return elapsed;
    const best = Math.max(...this.#samples);
    const most = Math.max(0, elapsed - this.#at) * pace;
    const step = Math.max(-most, Math.min(most, best - this.#offset));
    return elapsed + this.#offset + step;
  }
}

const late = 3000; // ms at 0:00 before a clock says that it waits for the server

// paint writes what every clock under root reads at now. Clocks are the elements
// with one of these attributes, an instant each:
//
//   data-up     time since
//   data-down   time left, then 0:00, then "ending…"
//   data-wait   seconds left, as a number
//   data-words  minutes since, for the ear
//
// The views render them empty, so that nothing but this writes into them.
export function paint(root, now) {
  for (const el of root.querySelectorAll('[data-up],[data-down],[data-wait],[data-words]')) {
    const d = el.dataset;
    let text;
    if (d.up) text = up(+d.up, now);
    else if (d.down) text = now > +d.down + late ? 'ending…' : span(left(+d.down, now));
    else if (d.wait) text = String(left(+d.wait, now));
    else text = minutesInWords((now - +d.words) / 1000);
    if (el.textContent !== text) el.textContent = text;
  }
}

// Ticker calls tick at every full second of the server's clock while anybody can see
// the page, and at once when they can again.
export class Ticker {
  #clock;
  #tick;
  #timer = 0;
  #hidden = false;
  #away = false;

  constructor(clock, tick, doc, root) {
    this.#clock = clock;
    this.#tick = tick;
    const look = () => {
      this.#hidden = doc.hidden;
      this.#run();
    };
    doc.addEventListener('visibilitychange', look);
    // A panel that the console minimised is not "hidden" for the document. When it
    // comes back its size is told before it is painted, its being seen only after.
    new ResizeObserver(() => root.offsetHeight > 0 && ((this.#away = false), this.#run())).observe(root);
    new IntersectionObserver((seen) => {
      this.#away = !seen.at(-1).isIntersecting;
      this.#run();
    }).observe(root);
    look();
  }

  // seen tells whether anybody can see the page.
  get seen() {
    return !this.#hidden && !this.#away;
  }

  #run() {
    clearTimeout(this.#timer);
    if (!this.seen) return;
    this.#tick();
    this.#timer = setTimeout(() => this.#run(), 1000 - (Math.floor(this.#clock.now()) % 1000) + 4);
  }
}
