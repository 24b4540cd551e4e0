// What the agent does: the functions behind the buttons and keys. They ask the server,
// change what is open on the page, and say where the focus goes; work itself changes
// only when the server says so.
import { dialled, same, target } from './finder.js';
import { canAct, cardBy, cardOf, cards, key, loggedIn, startOf, up } from './state.js';
import { offOf } from './view/button.js';
import { failed, finder as finderWords, off as offWords, reason, slow, thing } from './words.js';

const guard = 500; // ms for which the dock takes no click after the selection moved by itself

// makeActs gives the functions that views call.
export function makeActs(app) {
  const state = () => app.state;
  const home = () => app.focus.home();

  const acts = {
    // off says why something cannot be done, if so.
    off(why) {
      if (!why) return false;
      app.dispatch({ type: 'hint', text: why });
      app.say('hint', why);
      return true;
    },

    menu(open, refocus = true) {
      if (open === state().menu) return;
      app.dispatch({ type: 'menu', open });
      if (open) app.focus.to('#states [aria-checked=true]', '#states [role^=menuitem]');
      else if (refocus) app.focus.to('#state');
    },

    state(st) {
      acts.menu(false);
      if (acts.off(offOf(state()))) return;
      app.command('set state', { state: wire(st) });
    },

    // online asks for Omni-Channel again by choosing the present state again: the server
    // sets the status that belongs to it.
    online() {
      if (acts.off(offOf(state()))) return;
      app.command('set state', { state: wire(state().desk.state) });
    },

    unblock() {
      if (acts.off(offOf(state()))) return;
      app.command('unblock', {});
      home();
    },

    select: (key) => app.dispatch({ type: 'select', key }),

    // go selects a card from elsewhere, and takes the focus there.
    go(interaction) {
      const c = cardOf(state(), interaction);
      if (c) acts.select(key(c));
      home();
    },

    // open is a click on a card: select it, and bring its record to the front.
    open(k) {
      const s = state();
      const c = cardBy(s, k);
      if (!c) return;
      const { interaction } = c;
      acts.select(k);
      app.dispatch({ type: 'looked', interaction });
      if (!(c.record || c.caller) || !s.settings.pop || !canAct(s)) return;
      if (Object.values(s.doing).some((d) => d.command.do === 'open record' && d.command.interaction === interaction && !d.failed)) return;
      app.command('open record', { interaction });
    },

    // choose opens one of several records of a caller. The server opens it, so that it
    // knows what a click on the card opens again.
    choose(interaction, record) {
      if (acts.off(offOf(state()))) return;
      app.wire.send({ t: 'choose', interaction, record });
    },

    notOpened(interaction, record, error) {
      const s = state();
      const c = cardOf(s, interaction) ?? cards(s).find((x) => x.record === record);
      if (!c) return;
      const gone = error?.code === 'gone';
      const found = s.choices[c.interaction]?.records.find((r) => r.id === record);
      const message = { id: `record ${c.interaction}`, interaction: c.interaction, kind: gone ? 'record gone' : 'record failed', name: found?.name ?? c.name, class: c.class, medium: c.medium, detail: error?.text };
      app.dispatch({ type: 'message', message });
    },

    // press is a press of a button of a card.
    press({ event, card, action, why }) {
      const s = state();
      if (event.currentTarget.closest('#dock') && app.elapsed() - s.selfSelected < guard) return void acts.off(offWords.guard);
      if (action.do === 'finish wrap' && card.mustChoose && !card.outcome && !offOf(s)) {
        acts.off(offWords.outcome);
        return void app.focus.to('#outcome');
      }
      if (why) {
        acts.off(why);
        if (why === offWords.underway) home(); // the second half of a double click
        return;
      }
      if (action.do === 'consult') return void acts.find('consult', card);
      if (action.do === 'transfer' && card.class !== 'live') return void acts.find('transfer', card);
      if (action.do === 'abandon') return void app.dispatch({ type: 'confirm', confirm: { kind: 'abandon', interaction: card.interaction } });
      const before = Object.values(s.doing).find((d) => d.failed && d.command.do === action.do && d.command.interaction === card.interaction);
      if (before) app.again(before.command);
      else app.command(action.do, { interaction: card.interaction });
      if (action.do === 'answer' || action.do === 'reject') return;
      if (action.do !== 'cancel' || !app.focus.to('#dock [data-do=retrieve]')) home();
    },

    lateWords: (d) => (d.failed ? failed(d.command.do) : slow(d.command.do)),

    outcome(card, disposition) {
      if (disposition) app.command('dispose', { interaction: card.interaction, disposition });
    },

    abandon(card) {
      app.command('abandon', { interaction: card.interaction });
      app.focus.wish('.card.current .face');
      app.dispatch({ type: 'confirm', confirm: null });
    },

    confirm: (confirm) => app.dispatch({ type: 'confirm', confirm }),

    logout() {
      acts.menu(false);
      if (acts.off(offOf(state()))) return;
      if (cards(state()).length > 0) app.dispatch({ type: 'confirm', confirm: { kind: 'log out' } });
      else app.command('log out', {});
    },

    logoutNow() {
      app.dispatch({ type: 'confirm', confirm: null });
      app.command('log out', { force: true });
    },

    // Notices.

    dismiss(id) {
      const s = state();
      if (acts.off(offOf(s))) return;
      const all = [...app.root.querySelectorAll('.notice')].map((n) => n.dataset.notice);
      const next = all[all.indexOf(id) + 1] ?? all[all.indexOf(id) - 1];
      app.command('dismiss', { notice: id });
      if (!next || !app.focus.to(`.notice[data-notice="${CSS.escape(next)}"] button:last-child`)) home();
    },

    forget(id) {
      if (!state().messages.some((m) => m.id === id)) return;
      app.dispatch({ type: 'dismiss', id });
    },

    usePanel() {
      if (!up(state())) {
        acts.forget('moved');
        app.wire.open();
      } else app.wire.send({ t: 'primary' });
    },

    tryNow() {
      if (!up(state())) app.wire.retry();
    },

    reload: () => app.win.location.reload(),
    wakeSound: () => app.ringer.wake(),
    showOmni: () => app.bridge.call('showOmni', {}),

    // The dialogs.

    keys: (open) => app.dispatch({ type: 'keys', open }),
    setting: (settings) => app.dispatch({ type: 'settings', settings }),
    testSound: () => app.ringer.test(),
    start: (start) => app.dispatch({ type: 'start', start }),

    // dialogKeys keeps Tab inside a dialog, and Escape closes it.
    dialogKeys(e, close) {
      if (e.key === 'Escape') {
        e.preventDefault();
        e.stopPropagation();
        return close();
      }
      if (e.key !== 'Tab') return undefined;
      const all = [...e.currentTarget.querySelectorAll('button, input, select')].filter((el) => !el.disabled && el.tabIndex >= 0 && (el.type !== 'radio' || el.checked));
      const edge = e.shiftKey ? all[0] : all.at(-1);
      if (e.target !== edge && all.includes(e.target)) return undefined;
      e.preventDefault();
      return (e.shiftKey ? all.at(-1) : all[0])?.focus();
    },

    // shortcut moves the focus, and nothing else.
    shortcut(e) {
      if (!e.altKey || !e.shiftKey || e.ctrlKey || e.metaKey || !state().settings.shortcuts || app.root.querySelector('[aria-modal]')) return;
      const go = {
        KeyS: () => app.focus.to('#state', '#start'),
        KeyN: () => app.focus.to('#notices button', '#notices-title') || app.focus.to('#state'),
        KeyL: () => app.focus.to('.card.current .face', '.card .face', '#list-title'),
        KeyD: () => app.focus.to('#dock .actions button', '#dock button', '#dock-title'),
        KeyK: () => loggedIn(state()) && acts.keys(true),
      }[e.code];
      if (!go) return;
      e.preventDefault();
      go();
    },
  };

  return Object.assign(acts, loginActs(app), finderActs(app, acts));
}

const wire = (st) => (st.minor ? { major: st.major, minor: st.minor } : { major: st.major });

// The log-in, in a window of its own: a frame must not show the org's page.
function loginActs(app) {
  const poll = 500; // ms between two looks at the window
  const grace = 3000; // ms that the session may take after the window closed
  let watch = 0;
  let latest = null; // window: what became of an earlier one is no news
  let used = ''; // nonce that it was opened with, which is good for one window
  return {
    login() {
      const s = app.state;
      if (!s.login) return void app.command('log in', { state: wire(startOf(s)) });
      const url = new URL(s.login.url || '#', app.win.location.href);
      if (!s.login.url || url.origin !== app.win.location.origin) return;
      if (used === s.login.nonce && latest && !latest.closed) return void latest.focus(); // a double click
      const start = startOf(s);
      app.wire.send({ t: 'start', state: start.major, minor: start.minor ?? '' });
      const popup = app.win.open(url.href, 'omnibridge-login', 'popup,width=520,height=720');
      app.dispatch({ type: 'popup', popup: popup ? 'open' : 'blocked' });
      if (!popup) return app.say('popup', app.popupWords());
      latest = popup;
      used = s.login.nonce;
      clearInterval(watch);
      watch = setInterval(() => {
        if (app.state.login && !popup.closed) return;
        clearInterval(watch);
        // A page that cuts itself off from who opened it looks closed, too: the session
        // may still come, and takes these words away.
        setTimeout(() => {
          if (latest !== popup || !app.state.login || app.state.popup !== 'open' || !popup.closed) return;
          app.dispatch({ type: 'popup', popup: 'closed' });
          app.say('popup', app.popupWords());
        }, grace);
      }, poll);
    },
  };
}

// The search for somebody. One question is under way at most; the newest text follows it.
function finderActs(app, acts) {
  let asked = null;
  let dirty = false;
  let spoken = 0;
  const f = () => app.state.finder;

  const ask = () => {
    if (asked) {
      dirty = true;
      return;
    }
    asked = { id: app.win.crypto.randomUUID(), text: f().text };
    if (!app.wire.send({ t: 'find', id: asked.id, text: asked.text, for: f().mode, interaction: f().interaction })) asked = null;
  };
  const tellFound = () => {
    clearTimeout(spoken);
    spoken = setTimeout(() => f() && f().total >= 0 && app.say('found', f().options.length === 0 ? (f().answered ? finderWords.none(f().answered) : finderWords.nobody) : finderWords.found(f().total)), 500);
  };
  const close = () => {
    asked = null;
    dirty = false;
    app.focus.wish(null);
    app.dispatch({ type: 'unfind' });
  };
  // giveUp lets go of a command that failed: somebody else is looked for.
  const giveUp = () => app.state.doing[f().sent]?.failed && app.dispatch({ type: 'finder', change: { sent: '' } });
  const showActive = () => app.root.querySelector('#found .active')?.scrollIntoView({ block: 'nearest' });

  return {
    find(mode, card) {
      const can = (what) => (card.actions ?? []).some((a) => a.do === what && !a.off);
      app.dispatch({ type: 'find', mode, both: card.class !== 'live' && can('consult') && can('transfer'), interaction: card.interaction, title: thing(card) });
      asked = null;
      ask();
    },
    // refind asks again after a break.
    refind() {
      asked = null;
      if (f()) ask();
    },
    found(m) {
      if (!asked || m.id !== asked.id) return undefined;
      const { text } = asked;
      asked = null;
      if (!f()) return undefined;
      if (dirty) {
        dirty = false;
        ask();
      }
      if (m.error) return app.dispatch({ type: 'finder', change: { refused: { code: '', text: m.error } } });
      app.dispatch({ type: 'found', m: { ...m, text } });
      return tellFound();
    },
    findText(text) {
      giveUp();
      app.dispatch({ type: 'typed', text });
      clearTimeout(spoken);
      ask();
    },
    findMode(mode) {
      giveUp();
      app.dispatch({ type: 'finder', change: { mode, to: null, active: -1, total: -1, options: [], refused: null } });
      asked = null;
      ask();
    },
    findKeys(e) {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[e.key];
      if (by && !e.altKey) {
        e.preventDefault();
        app.dispatch({ type: 'moved', by });
        return showActive();
      }
      if (e.key !== 'Enter' || e.isComposing) return undefined;
      e.preventDefault();
      const { active, to, text } = f();
      const option = f().options[active];
      if (option && !same(option, to)) return acts.findTake(active);
      if (to) return acts.findCommit();
      if (dialled(text) && f().options[0]?.number) return acts.findTake(0);
      return undefined; // text alone is nobody
    },
    findTake(i) {
      const option = f().options[i];
      if (!option) return;
      if (option.off) return void acts.off(`${option.name}: ${reason(option.off)}`);
      giveUp();
      app.dispatch({ type: 'finder', change: { active: i, to: option, refused: null } });
      app.say('found', `${finderWords.to}: ${option.name}.`);
      app.focus.to('#find');
    },
    findCommit() {
      const s = app.state;
      const { to, sent, mode, interaction } = s.finder;
      const before = s.doing[sent];
      if (acts.off(offOf(s)) || (!to && acts.off(offWords.choose)) || (sent && !before?.failed)) return;
      // What got no answer may have been done: tried again, it is the same command.
      const id = sent || app.command(mode, { interaction, target: target(to) });
      if (sent) app.again(before.command);
      // Not back to the button: what it does then may be about another interaction.
      app.focus.wish('.card.current .face');
      app.dispatch({ type: 'finder', change: { sent: id } });
    },
    findEscape() {
      if (f().text) acts.findText('');
      else close();
    },
    findClose: close,
  };
}

