// The utility bar: one panel at a time, the others are minimised and live on.
import { h, icon } from './dom.js';

/** The bar, with its items in order. */
export class UtilityBar {
  #items = [];
  #bar;
  #dock;
  #changed;

  constructor(bar, dock, changed) {
    this.#bar = bar;
    this.#dock = dock;
    this.#changed = changed;
  }

  get items() {
    return [...this.#items];
  }

  find(id) {
    return this.#items.find((i) => i.id === id) || null;
  }

  get opened() {
    return this.#items.find((i) => i.visible) || null;
  }

  /** Adds an item; content is its panel's, which stays in the page for good. */
  add({ id, label, iconName, content, width = 340, height = 480 }) {
    const item = {
      id, label, iconName, width, height, visible: false, highlighted: false, pulse: false, state: '', header: label, headerIcon: iconName,
      listeners: [], popOut: true, popOutText: '',
    };
    item.button = h('button', { type: 'button', class: 'utility', 'aria-expanded': 'false', 'aria-controls': `panel-${id}`, onclick: () => this.click(item) });
    item.title = h('h2', { class: 'panel-title' });
    item.panel = h('section', { class: 'panel', id: `panel-${id}`, 'aria-label': label, hidden: true, tabindex: '-1' },
      h('header', { class: 'panel-head' }, item.title,
        h('button', { type: 'button', class: 'icon-button', 'aria-label': `Minimise ${label}`, title: 'Minimise', onclick: () => { this.minimise(item); item.button.focus(); } }, icon('minimise'))),
      h('div', { class: 'panel-body' }, content));
    item.panel.onkeydown = (e) => {
      if (e.key === 'Escape' && !e.defaultPrevented) {
        this.minimise(item);
        item.button.focus();
      }
    };
    this.#items.push(item);
    this.#bar.append(h('li', {}, item.button));
    this.#dock.append(item.panel);
    this.draw(item);
    return item;
  }

  click(item) {
    if (item.visible) this.minimise(item);
    else this.open(item, true);
    for (const listener of item.listeners) queueMicrotask(() => listener({ utilityId: item.id, panelVisible: item.visible }));
  }

  open(item, byHand = false) {
    for (const other of this.#items) if (other !== item && other.visible) this.minimise(other);
    item.visible = true;
    this.draw(item);
    this.#changed();
    if (byHand) item.panel.focus({ preventScroll: true });
  }

  minimise(item) {
    item.visible = false;
    this.draw(item);
    this.#changed();
  }

  draw(item) {
    item.panel.hidden = !item.visible;
    item.panel.style.width = `${item.width}px`;
    item.panel.style.height = `${item.height}px`;
    const app = document.getElementById('app');
    app.classList.toggle('docked', this.opened !== null);
    if (item.visible) app.style.setProperty('--docked', `${item.width}px`);
    item.button.setAttribute('aria-expanded', String(item.visible));
    item.button.className = `utility${item.visible ? ' open' : ''}${item.highlighted ? ` highlighted ${item.state || 'plain'}` : ''}${item.highlighted && item.pulse ? ' pulse' : ''}`;
    const text = item.button.querySelector('span');
    if (!text || text.textContent !== item.label || item.button.dataset.icon !== item.iconName || item.button.dataset.mark !== String(item.highlighted)) {
      item.button.dataset.icon = item.iconName;
      item.button.dataset.mark = String(item.highlighted);
      item.button.replaceChildren(icon(item.iconName), h('span', {}, item.label), item.highlighted ? h('b', { class: 'mark', title: 'Unread' }, h('i', { class: 'out' }, ', unread')) : '');
    }
    if (item.title.textContent !== item.header) item.title.textContent = item.header;
  }
}
