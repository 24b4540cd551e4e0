// Where the focus goes. Nothing that arrives by itself ever moves it; only what the
// agent did, or the disappearance of what had it, does (panel-ux 2.2).

const within = '[role=alertdialog],[role=dialog]';

export class Focus {
  #doc;
  #root;
  #opener = null; // what had the focus when a dialog opened
  #dialog = null;
  #had = null;
  #anchor = null;
  #wish = null;

  constructor(doc, root) {
    this.#doc = doc;
    this.#root = root;
  }

  // wish says where the focus should be after the next draw, or when the dialog that is
  // open has gone: a selector.
  wish(selector) {
    this.#wish = selector;
  }

  // before notes what has the focus, and where the card is that must not move.
  before() {
    this.#had = this.#root.contains(this.#doc.activeElement) ? this.#doc.activeElement : null;
    const card = this.#had?.closest?.('.card') ?? this.#root.querySelector('.card:hover') ?? this.#root.querySelector('.card.current');
    this.#anchor = card && { card, top: this.#topOf(card) };
  }

  after() {
    this.#keepScroll();
    const dialog = this.#root.querySelector(within);
    const kind = dialog?.getAttribute('aria-labelledby') ?? null;
    if (kind !== this.#dialog) {
      const was = this.#dialog;
      this.#dialog = kind;
      if (kind) {
        if (!was) this.#opener = this.#had;
        dialog.querySelector('[autofocus]')?.focus();
        return;
      }
      // The dialog has gone: back to what opened it, unless the act said otherwise.
      const opener = this.#opener;
      this.#opener = null;
      if (this.#take()) return;
      // What it wished for is not there, and must not take the focus when it comes.
      this.#wish = null;
      if (opener?.isConnected && !opener.closest('[inert]')) opener.focus();
      else this.home();
      return;
    }
    if (this.#take()) return;
    // What had the focus is gone: it must not fall to the top of the page.
    if (this.#had && !this.#had.isConnected) {
      if (dialog) dialog.querySelector('[autofocus]')?.focus();
      else if (!this.home()) this.#wish = '#state, #login'; // as soon as there is one
    }
  }

  // home is the selected card, or else the state button; false if there is neither.
  home() {
    return this.to('.card.current .face', '.card .face', '#state', '#login');
  }

  // to focuses the first that selectors find.
  to(...selectors) {
    for (const selector of selectors) {
      const el = this.#root.querySelector(selector);
      if (el && !el.closest('[inert]')) {
        this.#wish = null;
        el.focus();
        return true;
      }
    }
    return false;
  }

  #take() {
    const wish = this.#wish;
    if (!wish) return false;
    const el = this.#root.querySelector(wish);
    if (!el || el.closest('[inert]')) return false;
    this.#wish = null;
    el.focus();
    return true;
  }

  // topOf is where a card stands in the zone that scrolls; the zone itself may move.
  #topOf(card) {
    return card.getBoundingClientRect().top - (this.#root.querySelector('#work')?.getBoundingClientRect().top ?? 0);
  }

  #keepScroll() {
    const a = this.#anchor;
    if (!a?.card.isConnected) return;
    const work = this.#root.querySelector('#work');
    const moved = this.#topOf(a.card) - a.top;
    if (work && moved !== 0 && work.scrollHeight > work.clientHeight) work.scrollTop += moved;
  }
}
