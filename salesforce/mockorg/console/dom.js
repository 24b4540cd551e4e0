// Making elements, and the drawings on them.

/**
 * Makes an element: h('button', {class: 'x', onclick: f}, 'text', child). A
 * property that is false, null or undefined is left out.
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === 'function') el[name] = value;
    else if (name === 'value') el.value = value;
    else el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

/** Puts children in the place of those an element has. */
export function fill(el, ...children) {
  el.replaceChildren(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

// Our own drawings, each on 24 by 24, stroked.
const drawings = {
  home: 'M4 11 12 4l8 7M6 10v9h4v-5h4v5h4v-9',
  close: 'M6 6l12 12M18 6 6 18',
  minimise: 'M6 18h12',
  down: 'M6 9l6 6 6-6',
  call: 'M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a2 2 0 0 1-2 2A15 15 0 0 1 4 5a2 2 0 0 1 2-2Z',
  chat: 'M4 5h16v11H10l-4 4v-4H4Z',
  message: 'M3 6h18v12H3ZM3 7l9 7 9-7',
  record: 'M6 3h9l4 4v14H6ZM14 3v5h5M9 13h7M9 17h7',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 4-6 8-6s8 2 8 6',
  warning: 'M12 4 2 20h20ZM12 10v5M12 17v1',
  offline: 'M5 5l14 14M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  success: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8 12l3 3 5-6',
  omni: 'M12 12l7-6M12 12l7 6M12 12H4M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM20 7a1 1 0 1 0 0-2M20 19a1 1 0 1 0 0-2',
  history: 'M12 7v5l4 2M4 12a8 8 0 1 0 2-5M4 4v4h4',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l5 5',
  explain: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 11v6M12 7v1',
  send: 'M4 12 21 4l-5 17-4-7Z',
  edit: 'M4 20l1-5L16 4l4 4L9 19Z',
};

/** A drawing; people who do not see it miss nothing. */
export function icon(name) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  const path = document.createElementNS(ns, 'path');
  path.setAttribute('d', drawings[name] || drawings.record);
  svg.append(path);
  return svg;
}

/** The drawing of an object of the org. */
export function iconOf(object) {
  return icon({ Case: 'record', LiveChatTranscript: 'chat', MessagingSession: 'message', Lead: 'person', Contact: 'person', Account: 'home', User: 'person', VoiceCall: 'call' }[object] || 'record');
}

/** The messages of a conversation: what is new is added, and so read out; who has scrolled back stays there. */
export class Log {
  element = h('div', { class: 'log', role: 'log', 'aria-label': 'Messages', tabindex: '0' }, h('ol'));
  #at = 0;
  #atEnd = true;

  /** To be called before the element is drawn around. */
  hold() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    this.#at = scrollTop;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < 8;
  }

  /** To be called when the element is in the page again. */
  take(messages) {
    const list = this.element.firstChild;
    if (list.children.length > messages.length) list.replaceChildren();
    list.append(...messages.slice(list.children.length).map((m) => h('li', { class: m.from }, h('span', { class: 'who' }, m.name || m.from), h('span', { class: 'said' }, m.text))));
    if (this.#atEnd) this.end();
    else this.element.scrollTop = this.#at;
  }

  end() {
    this.element.scrollTop = this.element.scrollHeight;
  }
}

/** Milliseconds as m:ss, from an hour h:mm:ss, from a day "2 d 3 h". */
export function clock(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, '0');
  if (s < 3600) return `${Math.floor(s / 60)}:${two(s % 60)}`;
  if (s < 86400) return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return `${Math.floor(s / 86400)} d ${Math.floor(s / 3600) % 24} h`;
}
