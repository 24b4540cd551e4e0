// What is said when something changes: the sentences that lead from one state to the
// next, as a pure function. Each has a subject; of one subject only the newest is said.
import { accepted, alerting, cardBy, cards, key, loggedIn, primary, tellsWhyOut } from './state.js';
import { notice } from './notices.js';
import { instant } from './time.js';
import { denial, say, stateName } from './words.js';

const P = (subject, text) => ({ subject, text, urgent: false });
const A = (subject, text) => ({ subject, text, urgent: true });

// sentences lists what a screen reader is told of the step from before to after; now
// is the server's time.
export function sentences(before, after, now) {
  if (before === after) return [];
  const out = [...link(before, after)];
  if (before.login !== after.login && after.login && before.desk) out.push(P('state', say.loggedOut));
  if (after.login?.why && after.login.why !== before.login?.why) out.push(P('login', after.login.why));
  out.push(...refusals(before, after), ...messages(before, after));
  if (!loggedIn(after)) {
    // The page is still connected: the agent was logged out by somebody or something else.
    if (loggedIn(before) && after.desk) out.push(P('state', say.loggedOut), ...notices(before, after, tellsWhyOut));
    return out;
  }
  if (!loggedIn(before)) {
    // A page that is loaded again finds its work as it was: nothing happened.
    return before.link.ever || before.login ? [...out, P('state', say.loggedIn(after.desk.state))] : out;
  }
  if (before.desk === after.desk) return out;
  // A page that was cut off tells what it missed as one notice, not as many sentences.
  const resumed = before.link.is !== 'up';
  if (!resumed) out.push(...work(before, after, now));
  return [...out, ...state(before, after, out), ...notices(before, after)];
}

function link(before, after) {
  const out = [];
  if (!before.link.banner && after.link.banner) out.push(A('link', say.lost));
  if (before.link.banner && after.link.is === 'up') out.push(P('link', say.again));
  if (!before.link.lapsed && after.link.lapsed) out.push(A('lapse', say.lapsed(after.link.lapse)));
  if (primary(before) && !primary(after)) out.push(P('panel', say.second));
  return out;
}

// refusals are why what the agent asked was not done.
function refusals(before, after) {
  const out = [];
  for (const [id, d] of Object.entries(after.said)) if (before.said[id] !== d) out.push(P(`said:${id}`, denial(d)));
  const refused = after.finder?.refused;
  if (refused && refused !== before.finder?.refused) out.push(P('found', denial(refused)));
  return out;
}

// messages are the page's own notices. What was missed is one sentence with the
// connection's being back.
function messages(before, after) {
  const news = after.messages.filter((m) => m.kind !== 'restart' && !before.messages.includes(m));
  return news.map((m) => P(m.kind === 'meanwhile' ? 'link' : `message:${m.id}`, say.notice(notice(m, 0))));
}

function work(before, after, now) {
  const out = [];
  for (const c of cards(after)) {
    const was = cardBy(before, key(c));
    if (was === c) continue;
    out.push(...card(was, c, now, after.fresh[c.interaction]));
  }
  for (const was of cards(before)) {
    if (cardBy(after, key(was))) continue;
    const subject = `card:${was.interaction}`;
    if (was.state === 'wrap-up') out.push(P(subject, say.wrapEnded(after.desk.state)));
    else if (after.abandoned.includes(was.interaction)) out.push(P(subject, say.abandoned(after.desk.load)));
    // The end of an alert, and of a consult, has a notice of its own.
    else if (was.state !== 'alerting' && !was.of) out.push(P(subject, say.ended(was)));
  }
  return out;
}

function card(was, c, now, fresh) {
  const subject = `card:${c.interaction}`;
  const seconds = c.until ? Math.round((instant(c.until) - now) / 1000) : 0;
  if (c.state === 'alerting') {
    if (was) return [];
    if (c.class !== 'live') return [A(subject, say.alerting(c, seconds))];
    return [A(subject, say.ringing(c, seconds, (c.actions ?? []).some((a) => a.do === 'answer')))];
  }
  if (c.state === 'wrap-up') {
    if (was?.state !== 'wrap-up') return [P(subject, c.transferred ? say.transferred(c.transferred, seconds) : say.wrapUp(seconds))];
    return instant(c.until) > instant(was.until) ? [P(subject, say.added(seconds))] : [];
  }
  if ((!was || was.state === 'alerting') && fresh) return [P(subject, fresh === 'auto' ? say.auto(c) : say.accepted(c))];
  const out = [];
  if (was && c.state === 'on hold' && was.state === 'connected') out.push(P(subject, say.held(c)));
  if (was && c.state === 'connected' && was.state === 'on hold') out.push(P(subject, say.retrieved(c)));
  for (const p of c.parties ?? []) {
    const before = was?.parties?.find((o) => o.id === p.id);
    if (p.state === 'ringing' && before?.state !== 'ringing') out.push(P(`party:${p.id}`, say.calling(p.name)));
    if (p.state === 'talking' && before?.state === 'ringing') out.push(A(`party:${p.id}`, say.answered(p.name)));
  }
  return out;
}

function state(before, after, said) {
  const was = before.desk;
  const is = after.desk;
  if (is.blocked && !was.blocked) {
    const until = instant(is.blocked.until);
    return [A('state', fresh(before, after).some((n) => n.kind === 'missed call') ? say.missed(until) : say.blocked(is.blocked, until))];
  }
  if (!is.blocked && was.blocked) return [P('state', say.ready)];
  const changed = stateName(was.state) !== stateName(is.state);
  if (!same(was.intended, is.intended)) {
    if (is.intended) return [P('state', say.intended(is.intended, accepted(after).length))];
    if (!changed) return [P('state', say.cancelled(is.state, was.intended))];
  }
  if (changed) return [P('state', is.state.major === 'ready' && cards(after).length === 0 ? say.idle : say.state(is.state))];
  // Being idle again is news only if nothing else told it.
  if (was.cards?.length && !is.cards?.length && said.length === 0 && is.mark === 'ready' && alerting(before).length === 0) return [P('state', say.idle)];
  return [];
}

const fresh = (before, after) => (after.desk.notices ?? []).filter((n) => !(before.desk.notices ?? []).some((o) => o.id === n.id && o.count === n.count));

function notices(before, after, which = () => true) {
  const blockedNow = after.desk.blocked && !before.desk.blocked;
  return fresh(before, after)
    .filter(which)
    .filter((n) => !(blockedNow && n.kind === 'missed call'))
    .map((n) => P(`notice:${n.id}`, say.notice(notice({ ...n, untilMs: instant(n.until) }, instant(n.at)))));
}

const same = (a, b) => (a?.major ?? '') === (b?.major ?? '') && (a?.minor ?? '') === (b?.minor ?? '') && !a === !b;
