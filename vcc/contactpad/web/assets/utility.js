// What the console's utility bar shows while the panel is minimised. That is where an
// agent is when work alerts, so this is the alert (panel-ux, finding 2).
import { alerting, loggedIn, primary, untouched, work } from './state.js';
import { kind, stateName, utility as words } from './words.js';

// faults are the notices that keep the item highlighted until they were on the screen.
const faults = ['not delivered', 'missed call', 'release failed', 'transfer failed'];

export const unseen = (s) => (s.desk?.notices ?? []).filter((n) => faults.includes(n.kind) && !s.seen.includes(n.id));

// utility gives what the utility item must show: {label, icon, highlighted, pulse,
// state}. It depends on no clock, so the console is told of events only.
export function utility(s) {
  const show = (label, icon, more) => ({ label: (words.prefix + label).slice(0, 100), icon, highlighted: false, pulse: false, state: 'success', ...more });
  const sentAway = s.messages.some((m) => m.kind === 'bye');
  if (s.link.banner || s.link.lapsed || sentAway) return show(words.notConnected, 'offline', { state: 'error', highlighted: primary(s) && loggedIn(s) });
  if (!loggedIn(s)) return show(words.loggedOut, 'offline');
  const ringing = alerting(s);
  const here = primary(s);
  if (ringing.length > 0) return show(words.alerting(ringing.length), ringing.some((c) => c.class === 'live') ? 'call' : 'chat', { highlighted: here, pulse: here, state: 'warning' });
  const missed = unseen(s);
  if (missed.length > 0) return show(missed.some((n) => n.kind === 'missed call') ? words.missedCall : words.missed, 'warning', { highlighted: here, state: 'error' });
  if (s.desk.mark === 'blocked') return show(words.blocked, 'warning');
  const auto = untouched(s);
  if (auto) return show(words.auto(auto), kind(auto) === 'chat' ? 'chat' : 'ready', { highlighted: here && auto.class === 'semi-live', state: 'warning' });
  const open = work(s).filter((c) => c.state !== 'wrap-up');
  const call = open.find((c) => c.class === 'live');
  if (call) return show(words.onCall, 'call');
  const first = open[0];
  if (first) return show(words.on(open.filter((c) => c.class === first.class).length, first), kind(first) === 'chat' ? 'chat' : 'ready');
  if (work(s).length > 0) return show(words.wrapUp, 'ready');
  return show(stateName(s.desk.state), 'ready');
}

// ringing tells whether the panel must ring: exactly while a call alerts in the view,
// here, and the connection is up (panel-ux 2.4).
export const ringing = (s) => s.settings.ring && s.link.is === 'up' && primary(s) && alerting(s).some((c) => c.class === 'live' && (c.actions ?? []).some((a) => a.do === 'answer'));
