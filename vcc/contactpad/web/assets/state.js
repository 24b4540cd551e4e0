// What the page knows, and how it changes: reduce(state, event) gives the next state
// and touches nothing else. The server's desk is the only truth about work; the rest
// is what is open on the screen, and what was asked and not answered yet.
//
// Moments (at, since) are elapsed milliseconds of the page; instants in the desk are
// the server's.
import { instant } from './time.js';
import { found, moved, opened, typed } from './finder.js';
import { failed, login as loginWords, unnamed } from './words.js';

export const slowAfter = 5000; // ms until a command "takes long"
export const failAfter = 15_000; // ms until it counts as failed
const quickest = 700; // ms after the console asks; who accepts sooner is no person
const quickestOffer = 1000; // ms after the offer, which takes a while to get to the console

export const initial = Object.freeze({
  link: { is: 'connecting', banner: false, retryAt: 0, asOf: 0, lapse: 0, lapsed: false, ever: false },
  login: null, // {nonce, url, code, why} when the server wants a log-in
  popup: '', // the log-in window: '', 'open', 'blocked', 'closed'
  until: 0, // when the log-in ends
  desk: null,
  panel: null, // {primary, primarySince, reason, lease}
  wasPrimary: false,
  bridge: { is: 'looking', can: [], theme: '', console: false },
  open: true, // the utility's panel, as the console tells
  inView: true, // as the browser tells
  visible: true, // both
  selected: '', // key of a card
  selfSelected: -Infinity, // when the selection last moved by itself
  fresh: {}, // interaction -> 'auto' or 'accepted': not looked at yet
  front: '', // the record whose tab is in front
  pushed: {}, // record -> when Omni-Channel asked whether it is accepted
  byItself: {}, // whether it then accepted at once: nobody is so quick
  doing: {}, // command id -> {command, at, slow, failed}
  leaving: {}, // interaction -> since when its release or transfer is under way
  said: {}, // interaction -> why its last command was refused
  chosen: {}, // interaction -> the outcome that was chosen, until the desk has it
  abandoned: [], // interactions that were abandoned here
  messages: [], // notices of the page's own: {id, kind, ...facts}
  seen: [], // ids of notices that were on the screen
  choices: {}, // interaction -> {records, failed}: what the search for its caller found
  hint: '', // why what was just pressed did nothing
  voice: {}, // interaction -> 'connecting', 'talking', 'no microphone', 'failed'
  sound: 'silent',
  finder: null,
  confirm: null, // {kind: 'abandon' | 'log out', interaction}
  menu: false,
  keys: false, // the dialog "Keyboard and sound"
  start: { major: 'ready' },
  settings: { shortcuts: true, ring: true, volume: 0.6, theme: 'auto', pop: true },
});

// Questions that more than one part asks.

export const loggedIn = (s) => s.desk !== null && s.desk.state?.major !== '' && s.desk.state !== undefined;
export const up = (s) => s.link.is === 'up';
export const primary = (s) => s.panel?.primary !== false;
export const cards = (s) => s.desk?.cards ?? [];
// tellsWhyOut: a notice of why somebody who did not log out is logged out.
export const tellsWhyOut = (n) => n.kind === 'logged out idle' || (n.kind === 'changed by other' && n.reason === 'log out');
// cardOf finds what an agent can act on: of two parts in one interaction, the later.
export const cardOf = (s, id) => cards(s).findLast((c) => c.interaction === id && c.state !== 'wrap-up') ?? cards(s).findLast((c) => c.interaction === id);
// key names a card: who got an interaction back has two of it for a while.
export const key = (c) => `${c.interaction}/${c.offer}`;
export const cardBy = (s, k) => cards(s).find((c) => key(c) === k);
export const alerting = (s) => cards(s).filter((c) => c.state === 'alerting');

// accepted are those that an agent must end before a chosen state can come.
export const accepted = (s) => cards(s).filter((c) => c.state !== 'alerting');

// consults are the calls that consult about another call of this desk: they are shown
// with it, not as cards of their own.
export const consultsOf = (s, card) => (card.class === 'live' ? cards(s).filter((c) => c.of === card.interaction && c.class === 'live' && c.state !== 'alerting') : []);
// ringingOf are the calls to colleagues or numbers about a card that have not been answered.
export const ringingOf = (s, card) => cards(s).filter((c) => c.class === 'live' && c.of === card.interaction && (c.actions ?? []).some((a) => a.do === 'cancel'));
// ringing are those that the dock does not show now.
export function ringing(s) {
  const selected = selectedCard(s);
  return cards(s).filter((c) => c.class === 'live' && c.of && (c.actions ?? []).some((a) => a.do === 'cancel') && c !== selected && c.of !== selected?.interaction);
}
const folded = (s, c) => c.class === 'live' && c.of && cards(s).some((o) => o.interaction === c.of && o.class === 'live' && o.state !== 'alerting');

// work are the cards of the list, in the server's order.
export const work = (s) => cards(s).filter((c) => c.state !== 'alerting' && !folded(s, c));
export const selectedCard = (s) => work(s).find((c) => key(c) === s.selected);

// isFresh tells whether an agent has not looked at a card yet; untouched is the first that
// was accepted for them: somebody may be waiting there.
export const isFresh = (s, c) => !!s.fresh[c.interaction] && c.state === 'connected' && c.record !== (s.front || null);
export const untouched = (s) => work(s).filter((c) => c.class !== 'live' && isFresh(s, c) && s.fresh[c.interaction] === 'auto').toSorted((a, b) => (a.class === 'semi-live' ? 0 : 1) - (b.class === 'semi-live' ? 0 : 1))[0];

// busy is the command under way for an interaction, if any.
export const busy = (s, id, ...kinds) => Object.values(s.doing).find((d) => d.command.interaction === id && !d.failed && (kinds.length === 0 || kinds.includes(d.command.do)));

// starts are the states to begin in: the server's, once it has told them. What was chosen
// in this browser before is one of them until then; startOf is the one that is chosen.
export function starts(s) {
  const all = s.desk?.states?.filter((st) => st.major !== '') ?? loginWords.choices;
  return s.desk?.states || all.some((st) => sameState(st, s.start)) ? all : [...all, s.start];
}
export const startOf = (s) => starts(s).find((st) => sameState(st, s.start)) ?? starts(s)[0] ?? initial.start;
export const sameState = (a, b) => !!a && !!b && a.major === b.major && (a.minor ?? '') === (b.minor ?? '');

export const canAct = (s) => up(s) && primary(s);

const events = {
  link(s, e) {
    const lost = e.is === 'lost';
    return { ...s, link: { ...s.link, ...e.link, is: e.is, banner: lost && s.link.banner }, menu: lost ? false : s.menu };
  },
  banner: (s) => (s.link.is === 'up' ? s : { ...s, link: { ...s.link, banner: true } }),
  lapsed: (s) => (s.link.is === 'up' ? s : { ...s, link: { ...s.link, lapsed: true } }),

  login(s, e) {
    const login = { nonce: e.m.nonce ?? '', url: e.m.url ?? '', code: e.m.code ?? '', why: e.m.why ?? '' };
    // With a session it only means that it will end soon; without one nothing of the
    // agent may stay on the screen.
    if (e.renew) return { ...s, login };
    return { ...initial, link: { ...s.link, is: 'up', banner: false, lapsed: false, ever: true }, bridge: s.bridge, open: s.open, inView: s.inView, visible: s.visible, settings: s.settings, start: s.start, popup: login.why && login.why !== s.login?.why ? '' : s.popup, login, messages: s.messages.filter((m) => ofThePage.has(m.kind)) };
  },
  // The log-in stays on the screen until the desk is there.
  session: (s, e) => ({ ...s, until: e.until, login: loggedIn(s) ? null : s.login, popup: '', messages: without(s.messages, 'expires') }),
  popup: (s, e) => ({ ...s, popup: e.popup }),

  desk,
  ask: (s, e) => ({ ...s, link: { ...s.link, asOf: e.now, lapse: e.lapse } }),

  sent(s, e) {
    const next = { ...s, hint: '', doing: { ...s.doing, [e.command.id]: { command: e.command, at: e.at, slow: false, failed: false } } };
    if (e.command.interaction) next.said = omit(s.said, e.command.interaction);
    if (e.command.do === 'dispose') next.chosen = { ...s.chosen, [e.command.interaction]: e.command.disposition };
    if (e.command.do === 'abandon') next.abandoned = [...s.abandoned, e.command.interaction].slice(-20);
    return next;
  },
  answer(s, e) {
    const doing = s.doing[e.m.id];
    if (!doing) return s; // answered twice
    const next = { ...s, doing: omit(s.doing, e.m.id) };
    const { command } = doing;
    if (s.finder?.sent === command.id && e.m.ok) next.finder = null;
    if (e.m.ok) return command.interaction ? { ...next, said: omit(s.said, command.interaction) } : next;
    // It is not known whether it was done: tried again, it must be the same command.
    if (e.m.code === 'failed') return { ...s, doing: { ...s.doing, [e.m.id]: { ...doing, failed: true } } };
    const refused = { code: e.m.code ?? '', text: e.m.text ?? '', do: command.do };
    if (command.do === 'log out' && refused.code === 'open work') return { ...next, confirm: { kind: 'log out' } };
    if (s.finder?.sent === command.id) return { ...next, finder: { ...s.finder, sent: '', refused } };
    if (command.interaction) return { ...next, said: { ...s.said, [command.interaction]: refused }, chosen: command.do === 'dispose' ? omit(s.chosen, command.interaction) : s.chosen };
    return { ...next, messages: message(s.messages, { id: `refused:${command.do}`, kind: 'refused', refused }) };
  },
  // slow looks at what was asked and at what is leaving; e.at is now.
  slow(s, e) {
    const doing = {};
    let { messages } = s;
    for (const [id, d] of Object.entries(s.doing)) {
      const { command } = d;
      const over = d.failed || e.at - d.at >= failAfter;
      // What is about no interaction has no other place where it is told.
      if (over && !command.interaction && !command.notice) messages = message(messages, { id: `refused:${command.do}`, kind: 'refused', refused: { text: failed(command.do) } });
      else doing[id] = { ...d, slow: e.at - d.at >= slowAfter, failed: over };
    }
    return { ...s, doing, messages, now: e.at };
  },

  select: (s, e) => ({ ...s, hint: '', selected: e.key, selfSelected: -Infinity }),
  looked: (s, e) => ({ ...s, fresh: omit(s.fresh, e.interaction) }),
  // What was in front has been looked at.
  front: (s, e) => ({ ...s, front: e.record, fresh: cards(s).filter((c) => c.record && c.record === s.front).reduce((fresh, c) => omit(fresh, c.interaction), s.fresh) }),
  pushed: (s, e) => ({ ...s, pushed: remember(s.pushed, e.record, e.at), byItself: omit(s.byItself, e.record) }),
  // The server's word may have come first, and then it was guessed.
  taken(s, e) {
    if (!(e.record in s.pushed)) return s;
    const itself = e.at - s.pushed[e.record] < quickest;
    const guessed = cards(s).filter((c) => c.record === e.record && s.fresh[c.interaction]);
    return { ...s, byItself: remember(s.byItself, e.record, itself), fresh: { ...s.fresh, ...Object.fromEntries(guessed.map((c) => [c.interaction, itself ? 'auto' : 'accepted'])) } };
  },
  seen: (s, e) => ({ ...s, seen: [...new Set([...s.seen, ...e.ids])].slice(-100) }),

  bridge: (s, e) => ({ ...s, bridge: { ...s.bridge, ...e.bridge } }),
  panel(s, e) {
    const open = e.open ?? s.open;
    const inView = e.inView ?? s.inView;
    return { ...s, open, inView, visible: open && inView };
  },
  message: (s, e) => ({ ...s, messages: message(s.messages, e.message) }),
  dismiss: (s, e) => ({ ...s, messages: s.messages.filter((m) => m.id !== e.id) }),
  choices: (s, e) => ({ ...s, choices: { ...s.choices, [e.interaction]: { records: e.records, failed: e.failed === true } } }),
  hint: (s, e) => ({ ...s, hint: e.text }),
  voice: (s, e) => ({ ...s, voice: e.state === '' ? omit(s.voice, e.interaction) : { ...s.voice, [e.interaction]: e.state } }),
  sound: (s, e) => (s.sound === e.state ? s : { ...s, sound: e.state }),

  menu: (s, e) => ({ ...s, menu: e.open, hint: '' }),
  keys: (s, e) => ({ ...s, keys: e.open, menu: false }),
  confirm: (s, e) => ({ ...s, confirm: e.confirm, menu: false, hint: '' }),
  start: (s, e) => ({ ...s, start: e.start }),
  settings: (s, e) => ({ ...s, settings: { ...s.settings, ...e.settings } }),

  find: (s, e) => ({ ...s, finder: opened(e), hint: '' }),
  unfind: (s) => ({ ...s, finder: null, hint: '' }),
  finder: (s, e) => (s.finder ? { ...s, finder: { ...s.finder, ...e.change }, hint: '' } : s),
  typed: (s, e) => (s.finder ? { ...s, finder: typed(s.finder, e.text) } : s),
  found: (s, e) => (s.finder ? { ...s, finder: found(s.finder, e.m) } : s),
  moved: (s, e) => (s.finder ? { ...s, finder: moved(s.finder, e.by) } : s),
};

// reduce gives the state after event, whose type names what happened.
export function reduce(state, event) {
  const change = events[event.type];
  if (!change) throw new Error(`no such event: ${event.type}`);
  return change(state, event);
}

// named gives a card whose record has no name yet, but an id, one for people.
const named = (c) => (!c.name || c.name === c.interaction || (c.record && id15(c.name) === id15(c.record)) ? { ...c, name: unnamed(c), unnamed: true } : c);
const id15 = (id) => (/^[a-zA-Z0-9]{18}$/.test(id) ? id.slice(0, 15) : id);

// byItself tells whether Omni-Channel accepted a card for the agent: by the console's
// events, or, if those have not come, by the server's times.
function byItself(s, was, c) {
  const took = instant(c.since) - instant(was.since);
  return c.class !== 'live' && (s.byItself[c.record] ?? (took >= 0 && took < quickestOffer));
}

// desk takes the server's word in, whole.
function desk(s, e) {
  const next = {
    ...s,
    desk: { ...e.m.desk, cards: (e.m.desk.cards ?? []).map(named) },
    panel: e.m.panel ?? null,
    wasPrimary: s.wasPrimary || e.m.panel?.primary === true,
    login: e.m.desk.state?.major ? null : s.login,
    popup: '',
    hint: s.link.is === 'up' ? s.hint : '', // it may be about the lost connection
    link: { ...s.link, is: 'up', banner: false, lapsed: false, ever: true, asOf: e.m.now, lapse: Math.max(s.link.lapse, instant(e.m.panel?.lease?.until)) },
  };
  if (next.panel?.primary !== false) next.messages = without(s.messages, 'moved');
  if (!loggedIn(next)) Object.assign(next, { menu: false, keys: false, confirm: null });
  const ids = new Set(cards(next).map((c) => c.interaction));
  const keep = (o) => Object.fromEntries(Object.entries(o).filter(([id]) => ids.has(id)));
  next.said = keep(s.said);
  next.fresh = keep(s.fresh);
  next.choices = keep(s.choices);
  next.chosen = keep(s.chosen);
  // That a record was not opened is no news of what has left: the server tells why it did.
  next.messages = next.messages.filter((m) => !m.kind.startsWith('record ') || ids.has(m.interaction));
  next.leaving = {};
  for (const c of cards(next)) {
    const was = cardBy(s, key(c));
    if (was?.outcome !== c.outcome) next.chosen = omit(next.chosen, c.interaction);
    if (c.state === 'releasing' || c.state === 'transferring') next.leaving[c.interaction] = s.leaving[c.interaction] ?? busy(s, c.interaction)?.at ?? e.at;
    if (was && was.state !== c.state) next.said = omit(next.said, c.interaction);
    if (s.desk && primary(s) && c.state !== 'alerting' && c.direction !== 'out' && !c.of && (!was || was.state === 'alerting')) next.fresh[c.interaction] = was && !byItself(s, was, c) ? 'accepted' : 'auto';
  }
  const list = work(next);
  if (!list.some((c) => key(c) === s.selected)) {
    const at = Math.max(0, work(s).findIndex((c) => key(c) === s.selected));
    const to = list[Math.min(at, list.length - 1)];
    next.selected = to ? key(to) : '';
    next.selfSelected = e.at;
  }
  if (next.confirm?.kind === 'abandon' && !cardOf(next, s.confirm.interaction)?.actions?.some((a) => a.do === 'abandon')) next.confirm = null;
  // What can no longer be given to anybody needs no search for whom.
  if (next.finder && !cardOf(next, next.finder.interaction)?.actions?.some((a) => a.do === next.finder.mode && !a.off)) next.finder = null;
  return next;
}

// ofThePage are the messages that are about no agent.
const ofThePage = new Set(['no bridge', 'sandboxed']);
const mostMessages = 8;
const message = (list, m) => [m, ...list.filter((o) => o.id !== m.id)].slice(0, mostMessages);
const without = (list, kind) => list.filter((m) => m.kind !== kind);

// remember adds to what is known of records, of which the oldest are forgotten.
const remember = (o, record, what) => Object.fromEntries([...Object.entries(o).filter(([r]) => r !== record), [record, what]].slice(-100));

function omit(o, key) {
  if (!(key in o)) return o;
  const { [key]: _, ...rest } = o;
  return rest;
}
