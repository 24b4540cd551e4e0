// The record tabs of the console and their strip.
import { h, fill, icon, iconOf } from './dom.js';

const kept = 'mock-console-tabs';

/**
 * The open tabs. fire(name, params) is called for every console event, after the
 * fact, as in the real console; pages makes the page of a tab.
 */
export class Workspace {
  #tabs = [];
  #focused = null; // a tab, null for the home page
  #next = 1;
  #strip;
  #main;
  #home;
  #fire;
  #pages;
  #changed;

  constructor({ strip, main, home, fire, pages, changed }) {
    this.#strip = strip;
    this.#main = main;
    this.#home = home;
    this.#fire = (name, params) => queueMicrotask(() => fire(name, params));
    this.#pages = pages;
    this.#changed = changed;
    strip.onkeydown = (e) => this.#key(e);
    main.append(home.element);
    this.#draw();
  }

  get tabs() {
    return [...this.#tabs];
  }

  get focused() {
    return this.#focused;
  }

  find(tabId) {
    return this.#tabs.find((t) => t.id === tabId) || null;
  }

  of(recordId) {
    return this.#tabs.find((t) => t.recordId === recordId) || null;
  }

  /** Opens a record's tab, or focuses the one there is. */
  open(recordId, focus = true) {
    let tab = this.of(recordId);
    if (!tab) {
      tab = { id: `ctab${this.#next++}`, recordId, object: '', title: 'Loading…', detail: '', url: `/lightning/r/${recordId}/view`, highlighted: null };
      tab.page = this.#pages(tab, () => this.#draw());
      tab.page.element.hidden = true;
      this.#main.append(tab.page.element);
      this.#tabs.push(tab);
      this.#fire('tabCreated', { tabId: tab.id });
      this.#keep();
    }
    if (focus) this.focus(tab);
    else this.#draw();
    return tab;
  }

  /** Shows a tab; null is the home page. */
  focus(tab) {
    const before = this.#focused;
    this.#focused = tab;
    this.#home.element.hidden = tab !== null;
    for (const t of this.#tabs) t.page.element.hidden = t !== tab;
    if (tab) {
      tab.highlighted = null;
      tab.page.shown();
    } else {
      this.#home.shown();
    }
    this.#draw();
    this.#keep();
    if (before !== tab) {
      this.#fire('tabFocused', { previousTabId: before ? before.id : null, currentTabId: tab ? tab.id : null });
    }
  }

  /** Closes a tab; the one to its right, else to its left, is shown next. */
  close(tab) {
    const i = this.#tabs.indexOf(tab);
    if (i < 0) return;
    this.#tabs.splice(i, 1);
    tab.page.element.remove();
    tab.page.closed();
    if (this.#focused === tab) this.focus(this.#tabs[i] || this.#tabs[i - 1] || null);
    this.#draw();
    this.#keep();
    this.#fire('tabClosed', { tabId: tab.id });
  }

  /** What a tab shows has become known, or another. */
  titled(tab, { object, title, detail }) {
    const news = tab.title !== title || tab.object !== object;
    Object.assign(tab, { object, title, detail, url: `/lightning/r/${object}/${tab.recordId}/view` });
    this.#draw();
    if (!news) return;
    this.#keep(); // the address names the object
    this.#fire('tabUpdated', { tabId: tab.id });
  }

  /** Opens the tabs again that were open before the page was loaded anew. */
  restore(also) {
    let state = { tabs: [], focused: '' };
    try {
      state = JSON.parse(sessionStorage.getItem(kept)) || state;
    } catch {
      // nothing to restore
    }
    for (const id of state.tabs) this.open(id, false);
    const tab = also ? this.open(also, false) : this.of(state.focused);
    this.focus(tab);
  }

  forget() {
    sessionStorage.removeItem(kept);
  }

  #keep() {
    sessionStorage.setItem(kept, JSON.stringify({ tabs: this.#tabs.map((t) => t.recordId), focused: this.#focused ? this.#focused.recordId : '' }));
    this.#changed(this.#tabs, this.#focused);
  }

  #key(e) {
    const buttons = [...this.#strip.querySelectorAll('.tab-name')];
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[e.key];
    if (to !== undefined && buttons[to]) {
      buttons[to].focus();
      e.preventDefault();
    } else if (e.key === 'Delete' && at > 0) {
      this.#tabs[at - 1].page.leave();
      e.preventDefault();
    }
  }

  #draw() {
    const active = document.activeElement;
    const had = this.#strip.contains(active) ? active.dataset.tab : null;
    const entry = (tab) => {
      const here = this.#focused === tab;
      const name = h('button', {
        type: 'button', class: 'tab-name', 'data-tab': tab ? tab.id : 'home', 'aria-current': here ? 'page' : null,
        onclick: () => this.focus(tab), title: tab && tab.detail ? `${tab.title}: ${tab.detail}` : null,
      }, tab ? iconOf(tab.object) : icon('home'), h('span', {}, tab ? tab.title : 'Home'));
      const mark = tab && tab.highlighted ? ` highlighted ${tab.highlighted.state || ''}` : '';
      return h('li', { class: `tab${here ? ' here' : ''}${mark}` }, name, tab && h('button', {
        type: 'button', class: 'tab-close', 'data-tab': `x${tab.id}`, 'aria-label': `Close ${tab.title}`, title: 'Close', onclick: () => tab.page.leave(),
      }, icon('close')));
    };
    fill(this.#strip, entry(null), this.#tabs.map(entry));
    if (had) {
      const again = this.#strip.querySelector(`[data-tab="${had}"]`) || this.#strip.querySelector('[aria-current]');
      if (again) again.focus();
    }
    const here = this.#strip.querySelector('.here');
    if (here) here.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  redraw() {
    this.#draw();
  }
}
