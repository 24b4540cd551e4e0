// The page's connection to the mock org: calls, and the stream of what happens.

/** What the org refuses, in its own words. */
export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** One request to the org; resolves to what it answers, rejects with a Refused. */
export async function ask(method, path, body) {
  let reply;
  try {
    reply = await fetch(path, {
      method, headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refused(0, 'The mock org does not answer.');
  }
  const text = await reply.text();
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    // it says so in plain text
  }
  if (!reply.ok) throw new Refused(reply.status, (value && value.error) || text || `status ${reply.status}`);
  return value;
}

/**
 * The stream of one page. It calls hear(message) for each message and
 * link(up) when it is gained or lost, and comes back by itself.
 */
export class Stream {
  #path;
  #hear;
  #link;
  #socket = null;
  #watched = [];
  #pause = 500;
  #ended = false;

  constructor(path, hear, link) {
    this.#path = path;
    this.#hear = hear;
    this.#link = link;
    this.#open();
  }

  #open() {
    if (this.#ended) return;
    const socket = new WebSocket(this.#path);
    this.#socket = socket;
    socket.onopen = () => {
      this.#pause = 500;
      this.#say();
      this.#link(true);
    };
    socket.onmessage = (e) => this.#hear(JSON.parse(e.data));
    socket.onclose = () => {
      if (this.#ended) return;
      this.#link(false);
      setTimeout(() => this.#open(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, 10_000);
    };
  }

  #say() {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ watch: this.#watched }));
  }

  /** Says which records the page shows. */
  watch(ids) {
    this.#watched = ids;
    this.#say();
  }

  close() {
    this.#ended = true;
    this.#socket.close();
  }
}
