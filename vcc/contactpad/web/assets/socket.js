// The connection to the server: one WebSocket at a time, opened again and again.

const first = 500; // ms before the first new try
const most = 15_000; // ms between two tries at most
const spread = 0.2; // so that a thousand panels do not come back in the same moment
const look = 5000; // ms between two looks at how long nothing came
const patience = 3000; // ms that a try may take before another replaces it

// Socket keeps a connection and tells of it:
//
//   opened()              it is open: say hello
//   heard(message)        a message came
//   lost({retryAt, ever}) it is gone; the next try is at retryAt (elapsed ms)
//
// It holds back nothing and sends nothing twice: what must not get lost is kept by
// who sends it, and sent again after opened.
export class Socket {
  #url;
  #protocol;
  #on;
  #elapsed;
  #ws = null;
  #tries = 0;
  #timer = 0;
  #watch = 0;
  #last = 0;
  #silence = 0;
  #ended = false;

  constructor({ url, protocol, elapsed, on }) {
    this.#url = url;
    this.#protocol = protocol;
    this.#elapsed = elapsed;
    this.#on = on;
  }

  open() {
    clearTimeout(this.#timer);
    this.#ended = false;
    this.#drop();
    const ws = new WebSocket(this.#url, this.#protocol);
    this.#ws = ws;
    this.#last = this.#elapsed();
    this.#silence = 0;
    this.#watch = setInterval(() => {
      if (this.#silence > 0 && this.#elapsed() - this.#last > this.#silence) this.#broken(ws);
    }, look);
    ws.onopen = () => this.#on.opened();
    ws.onmessage = (e) => {
      this.#last = this.#elapsed();
      let m;
      try {
        m = JSON.parse(e.data);
      } catch {
        return; // not ours
      }
      if (m && typeof m.t === 'string') this.#on.heard(m);
    };
    ws.onclose = () => this.#broken(ws);
  }

  // retry opens it at once, unless that has just begun: whoever asks again and again must
  // not break off each try.
  retry() {
    if (this.#ended) return;
    if (!this.#ws || this.#elapsed() - this.#last > patience) this.open();
  }

  // good says that the server took us in: the next break starts with short waits.
  // Longer than silence ms without a message is a break; with 0 none is expected.
  good(silence) {
    this.#tries = 0;
    this.#silence = silence;
  }

  // send tells whether the message left.
  send(message) {
    if (this.#ws?.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(message));
    return true;
  }

  // broken is for what the browser knows before the socket does: it is offline.
  broken() {
    if (this.#ws) this.#broken(this.#ws);
  }

  // again is for a connection whose messages are no longer wanted, though it may stand.
  again() {
    if (!this.#ws || this.#ended) return;
    this.#drop();
    this.#on.lost({ retryAt: this.#elapsed() });
    this.open();
  }

  // end closes for good, until open.
  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #drop() {
    clearInterval(this.#watch);
    const ws = this.#ws;
    this.#ws = null;
    if (!ws) return;
    ws.onopen = ws.onmessage = ws.onclose = null;
    ws.close();
  }

  #broken(ws) {
    if (ws !== this.#ws || this.#ended) return;
    this.#drop();
    const wait = Math.min(most, first * 2 ** this.#tries) * (1 - spread + 2 * spread * Math.random());
    this.#tries++;
    this.#timer = setTimeout(() => this.open(), wait);
    this.#on.lost({ retryAt: this.#elapsed() + wait });
  }
}
