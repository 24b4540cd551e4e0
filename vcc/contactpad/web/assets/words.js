// Every word of the panel, but for those of the notices (notices.js). The numbers M1 to M30 and W1 to W16 are those
// of the design of the panel. No blame, no codes first, always what happens next.
import { hm, hms, inWords } from './time.js';

const kinds = { call: 'call', phone: 'call', voice: 'call', chat: 'chat', messaging: 'chat', message: 'chat', case: 'case', email: 'email', lead: 'lead' };
const byClass = { live: 'call', 'semi-live': 'chat', 'non-live': 'work item' };

// kind is what an interaction is called: "call", "chat", "case" …
export const kind = (x) => (x.class === 'live' ? 'call' : (kinds[String(x.medium ?? '').toLowerCase()] ?? byClass[x.class] ?? 'work item'));
export const Kind = (x) => capital(kind(x));
export const capital = (t) => t.charAt(0).toUpperCase() + t.slice(1);
export const count = (n, one) => `${n} ${n === 1 ? one : plural(one)}`;
// unnamed is what an interaction is called until the name of its record is known: an id
// says nothing to anybody. thing is it in the middle of a sentence.
export const unnamed = (x) => (x.planLabel ? `${Kind(x)} for ${x.planLabel}` : Kind(x));
export const thing = (x) => (x.unnamed ? `${kind(x)}${x.name.slice(kind(x).length)}` : `${kind(x)} ${x.name}`);
export const plural = (one) => (one === 'case' ? 'cases' : `${one}s`);
// plain is why something failed, for people. What programs say to one another, which
// begins with a code, is on the status page.
export const plain = (why) => (/^[A-Z][A-Z0-9_]{3,}\b/.test(why ?? '') ? 'Salesforce did not allow it' : (why ?? ''));
// reason makes a sentence of why something is not possible.
export const reason = (t) => sentence(capital(t ?? ''));
export const sentence = (t) => (t ? (/[.!?…]$/.test(t) ? t : `${t}.`) : '');

const majors = { ready: 'Ready', outbound: 'Ready for Outbound', away: 'Away', 'extended away': 'Extended Away', '': 'Logged out' };
export const stateName = (s) => s?.minor || majors[s?.major ?? ''] || capital(s.major);

export const title = {
  app: 'ContactPad',
  notices: 'Notices',
  alerting: 'Alerting',
  calling: 'Calls under way',
  list: (n) => `Interactions (${n})`,
  dock: 'Selected interaction',
  states: 'State',
  keys: 'Keyboard and sound',
};

export const login = {
  text: 'Log in to get work. A window opens; if not, allow pop-ups for this page.',
  here: 'Log in to get work.', // the org has been asked who it is
  start: 'Start in',
  button: 'Log in with Salesforce',
  again: 'Log in',
  waiting: 'Waiting for the log-in window…',
  blocked: 'The log-in window did not open. Allow pop-ups for this page, then try again.', // M1
  closed: 'Log-in was not finished. Nothing has changed.', // M2
  connecting: 'Connecting…',
  choices: [{ major: 'ready' }, { major: 'outbound' }, { major: 'away' }],
};

export const bar = {
  inState: 'Time in state',
  waiting: (omni) => (omni ? 'Waiting for work. Omni-Channel: online' : 'Waiting for work'),
  alerting: (n) => `${count(n, 'interaction')} alerting`,
  accepted: (x) => `${Kind(x)} accepted for you`,
  onCall: 'On a call',
  next: (s) => `Next: ${stateName(s)}`,
  nextLong: (s) => `Next: ${stateName(s)}, when all work has ended`,
  asOf: (ms) => `As of ${hms(ms)}`,
  omniOffline: 'Omni-Channel is offline. You get calls only.', // M12
  goOnline: 'Go online',
  notReachable: (ms) => `No new work since ${hms(ms)}, because ContactPad could not be reached.`, // M7
  blockedLeft: (reason) => `${reason},`,
  left: 'left',
  back: 'I am back: Ready now',
  load: 'Load',
  loadOf: (n) => `${n} of 100`,
  over: (n) => `${n} of 100: no new work until you are below 100`,
};

export const list = {
  empty: 'Nothing to do right now. New work appears here and its record opens in a tab.',
  state: { connected: 'Connected', 'on hold': 'On hold', releasing: 'Releasing…', 'release failed': 'Release failed', transferring: 'Transferring…', 'wrap-up': 'Wrap-up', alerting: 'Alerting' },
  fresh: 'New',
  rings: 'Ringing',
  calling: 'Calling',
  clock: { calling: 'Ringing for', held: 'Since accepted', connected: 'Since accepted', wrap: 'Wrap-up left', alerting: 'Time left to accept' },
};

// stateOf is the word for how an interaction stands. Who is called and has not answered is
// not connected for people, whatever the line is.
export const stateOf = (x) => (x.state === 'connected' && x.parties?.[0]?.state === 'ringing' ? list.rings : (list.state[x.state] ?? x.state));

export const alert = {
  accept: 'Accept it in Omni-Channel.',
  ringing: 'A call for you.',
  phone: 'Answer on your phone.',
  show: 'Show Omni-Channel',
};

// action is the word on a button, by what it does. Words of the class are in it:
// "Release call" cannot be mistaken for "Release case".
export function action(kindOfAction, x, party) {
  switch (kindOfAction) {
    case 'release':
      return party ? `Release ${party}` : `Release ${kind(x)}`;
    case 'release failed':
      return 'Try again';
    case 'abandon':
      return 'Abandon…';
    case 'hold':
      return 'Hold';
    case 'retrieve':
      return 'Retrieve';
    case 'alternate':
      return 'Alternate';
    case 'join':
      return 'Join all';
    case 'consult':
      return 'Consult';
    case 'transfer':
      return 'Transfer';
    case 'take back':
      return 'Take back';
    case 'cancel':
      return 'Cancel';
    case 'answer':
      return 'Answer';
    case 'reject':
      return 'Reject';
    case 'finish wrap':
      return 'Finish now';
    case 'extend wrap':
      return 'Add 30 s';
    default:
      return capital(kindOfAction);
  }
}

// doing is what a button says while its command is under way.
export const doing = {
  release: 'Releasing…', abandon: 'Abandoning…', hold: 'Holding…', retrieve: 'Retrieving…', alternate: 'Alternating…', join: 'Joining…', consult: 'Dialling…',
  transfer: 'Transferring…', 'take back': 'Taking back…', cancel: 'Cancelling…', answer: 'Answering…', reject: 'Rejecting…', 'finish wrap': 'Finishing…', 'extend wrap': 'Adding…',
};
const ing = { release: 'Releasing', transfer: 'Transferring', hold: 'Holding', retrieve: 'Retrieving', consult: 'Dialling', abandon: 'Abandoning' };
export const slow = (what) => `${ing[what] ?? 'This'} is taking a long time.`; // M20
const nouns = { release: 'Release', transfer: 'Transfer', hold: 'Hold', retrieve: 'Retrieve', consult: 'Consult', abandon: 'Abandon', 'open record': 'Opening the record', 'set state': 'The change of state', 'log out': 'Log-out' };
export const failed = (what) => `${nouns[what] ?? 'That'} did not work: no answer came. You can try again.`; // M21

export const off = {
  lost: 'The connection is lost. You can look, but not act.',
  elsewhere: 'ContactPad is active elsewhere. Use this one first.',
  underway: 'This is under way.',
  guard: 'The selection has just changed. Press again.',
  choose: 'Choose somebody first.',
  outcome: 'Choose an outcome first.', // M25
};

// denial is why a command was refused. The server's own text is shown where it has one
// that says more.
const denials = {
  unknown: 'That is no longer there. Nothing has changed.',
  class: 'That cannot be done with this kind of work.',
  'switched off': 'Your administrator has switched this off.',
  'not now': 'That is not possible now. Nothing has changed.',
  'not yours': 'This is no longer yours.',
  busy: 'You already have a call. Release it first.', // M22
  target: 'They cannot be reached that way. Nothing has changed.',
  'no phone': 'No telephony is configured.',
  outcome: 'Choose an outcome first.', // M25
  'open work': 'You have open work.',
  'used up': 'No more time can be added.', // M26
  'logged out': 'You are logged out.',
};
export const denial = (d) => reason(d.text) || denials[d.code] || 'That did not work. Nothing has changed.';

export const dock = {
  waited: (s) => `waited ${s}`,
  since: 'For',
  outcome: 'Outcome',
  chooseOutcome: 'Choose an outcome',
  ends: 'ends by itself',
  manual: 'ends when you finish it',
  transferred: (to) => `Transferred to ${to}. It cannot be taken back.`, // M23
  transferredOpen: (to) => `Transferred to ${to}.`,
  failedWhy: (why) => `Release did not work: ${sentence(plain(why) || 'Salesforce did not answer')}`, // M21
  parties: 'In this call',
  party: { ringing: 'ringing', talking: 'connected', 'on hold': 'on hold', gone: 'gone' },
  of: 'of',
  records: (n) => `${n} records of this caller`,
  noRecord: 'No record of this caller was found. Click the call to search again.',
  notSearched: 'The search for this caller did not work. Click the call to try again.',
  openRecord: 'Open',
  consultsAbout: (x) => `Consult about ${thing(x)}`,
  voice: { connecting: 'voice connecting…', talking: 'voice connected' },
  voiceTrouble: { 'no microphone': 'No microphone. Allow it for this page, then release and call again.', failed: 'No voice connection. Trying again. If it stays, release the call and call again.' },
};

export const finder = {
  title: (f) => `${finder.mode[f.mode]} · ${capital(f.title)}`,
  mode: { consult: 'Consult', transfer: 'Transfer' },
  how: 'What to do',
  label: { consult: 'Agent or phone number', transfer: 'Agent or plan' },
  results: 'Agents and plans',
  found: (n) => `${n} found`,
  more: (n) => `${n} more. Type to narrow.`,
  none: (text) => `Nobody found for “${text}”. Check the spelling or clear the search.`, // W9
  nobody: 'There is nobody to choose from.',
  searching: 'Searching…',
  to: 'To',
  nobodyYet: 'nobody yet',
  commit: { consult: 'Dial', transfer: 'Transfer' },
  cancel: 'Cancel',
  dial: (number) => `Dial ${number}`,
  kindOf: (o) => (o.number ? 'Phone number' : o.plan ? 'Plan' : 'Agent'),
};

export const menu = {
  explain: (n) => `Takes effect when your ${count(n, 'interaction')} ${n === 1 ? 'has' : 'have'} ended. No new work until then.`,
  next: '(next)',
  stay: (s) => `Cancel: stay ${stateName(s)}`,
  logout: 'Log out',
};

export const confirm = {
  abandonTitle: (x) => `Abandon ${thing(x)}?`,
  abandon: (x) =>
    `Only do this because Release did not work. You get ${x.size} of your load back. ${x.class === 'non-live' ? `The ${kind(x)} stays yours in Salesforce. ` : ''}This is recorded and may change statistics and what the customer experiences.`,
  keep: 'Keep it',
  abandonButton: 'Abandon',
  logoutTitle: (list) => (list.length > 0 ? 'Log out with open work?' : 'Log out?'),
  // M28
  logout(list) {
    if (list.length === 0) return 'Your work has ended meanwhile.';
    const groups = [['live', 'ends', 'end'], ['semi-live', 'ends or goes to somebody else', 'end or go to somebody else'], ['non-live', 'stays yours', 'stay yours']];
    const open = groups.flatMap(([c, one, many]) => {
      const of = list.filter((x) => x.class === c);
      if (of.length === 0) return [];
      const what = of.every((x) => kind(x) === kind(of[0])) ? kind(of[0]) : byClass[c];
      return { n: count(of.length, what), ends: of.length === 1 ? `the ${what} ${one}` : `the ${plural(what)} ${many}` };
    });
    return `Log out with ${listed(open.map((o) => o.n))} open? ${capital(open.map((o) => o.ends).join(', '))}.`;
  },
  stay: 'Stay',
  logoutButton: 'Log out',
};
export const listed = (parts) => (parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`);

export const link = {
  lost: 'Connection lost',
  trying: 'Trying again in',
  seconds: 's.',
  now: 'Trying again now.',
  goOn: (list) => {
    const of = (c) => list.filter((x) => x.class === c).length;
    const some = (n, one) => n > 0 && (n === 1 ? one : plural(one));
    const what = [some(of('live'), 'call'), some(of('semi-live'), 'chat')].filter(Boolean);
    return what.length ? `Your ${what.join(' and ')} ${of('live') + of('semi-live') === 1 ? 'goes' : 'go'} on. ` : '';
  },
  look: (ms) => `You can look, but not act${ms ? `, and from ${hms(ms)} you will get no new work` : ''}.`,
  lapsed: (ms) => `You can look, but not act. No new work since ${hms(ms)}.`,
  tryNow: 'Try now',
  again: 'Connected again.',
  restart: 'ContactPad restarts in a moment. Stay as you are.', // M9
};

// M8: what changed while the connection was lost.
export const meanwhile = (parts) => `While you were away: ${listed(parts)}.`;
export const ended = (x) => `${thing(x)} left your list`;
export const came = (x) => `${thing(x)} came`;

export const second = {
  title: 'ContactPad is active elsewhere',
  text: (ms) => `The active one opened${ms ? ` at ${hm(ms)}` : ''} in another tab. Here you can look; records and alerts open there.`,
  movedText: (ms) => `You moved ContactPad to another tab${ms ? ` at ${hm(ms)}` : ''}.`, // M11
  use: 'Use this one',
};

export const button = {
  dismiss: 'Dismiss',
  goOnline: 'Go online in Omni-Channel',
  back: 'I am back: Ready now',
  reload: 'Reload',
  load: 'Load now',
  stayIn: 'Stay logged in',
  soundOn: 'Turn sound on',
  show: (name) => `Show ${name}`,
};

export const keys = {
  shortcuts: 'Keyboard shortcuts. They move the focus, and never act.',
  list: [
    ['Alt+Shift+S', 'State'],
    ['Alt+Shift+N', 'Notices'],
    ['Alt+Shift+L', 'Interactions'],
    ['Alt+Shift+D', 'Buttons of the selected interaction'],
    ['Alt+Shift+K', 'This help'],
    ['Up, Down, Home, End', 'Select an interaction'],
    ['Enter', 'Open its record'],
  ],
  ring: 'Ring for calls',
  volume: 'Volume',
  test: 'Test the sound',
  theme: 'Light or dark',
  themes: { auto: 'As the console', light: 'Light', dark: 'Dark' },
  pop: 'Open the record when an interaction is clicked',
  close: 'Close',
};

// called is the name in a sentence, once it is known.
const called = (x) => (x.unnamed ? '' : `: ${x.name}`);

// Sentences for screen readers: P polite, A urgent (panel-ux 2.6).
export const say = {
  loggedIn: (s) => (s.major === 'ready' ? 'Logged in. Ready. Waiting for work.' : `Logged in. ${stateName(s)}.`),
  loggedOut: 'Logged out.',
  idle: 'Ready, waiting for work.',
  state: (s) => `${stateName(s)}.`,
  ready: 'Ready.',
  alerting: (x, seconds) => `${Kind(x)} alerting${called(x)}${x.planLabel ? `, ${x.planLabel}` : ''}. ${alert.accept}${seconds > 0 ? ` ${inWords(seconds)}.` : ''}`,
  ringing: (x, seconds, here) => `Call ringing${called(x)}${x.planLabel ? `, ${x.planLabel}` : ''}. ${here ? 'Answer is at the top.' : alert.phone}${seconds > 0 ? ` ${inWords(seconds)}.` : ''}`,
  auto: (x) => `${Kind(x)} accepted for you${called(x)}${x.planLabel ? `, ${x.planLabel}` : ''}.`,
  accepted: (x) => `${Kind(x)} accepted${called(x)}${x.planLabel ? `, ${x.planLabel}` : ''}.`,
  held: (x) => `${x.name} is on hold.`,
  retrieved: (x) => `${x.name} is connected again.`,
  calling: (name) => `Calling ${name}.`,
  answered: (name) => `${name} answered.`,
  wrapUp: (seconds) => `Released. Wrap-up${seconds > 0 ? `, ${inWords(seconds)}` : ''}.`,
  transferred: (to, seconds) => `Transferred to ${to}.${seconds > 0 ? ` Wrap-up, ${inWords(seconds)}.` : ''}`,
  wrapSoon: (more) => `20 seconds of wrap-up left.${more ? ' Add 30 s gives you more.' : ''}`,
  wrapEnded: (s) => `Wrap-up ended. ${stateName(s)}.`,
  added: (seconds) => `Time added. ${inWords(seconds)} of wrap-up left.`,
  ended: (x) => `${capital(thing(x))} has left your list.`,
  abandoned: (load) => `Abandoned. Load ${load} of 100.`,
  intended: (s, n) => `${stateName(s)}, when your ${count(n, 'interaction')} ${n === 1 ? 'has' : 'have'} ended.`,
  cancelled: (s, was) => `${stateName(s)} again. ${stateName(was)} was cancelled.`,
  lost: 'Connection lost. Trying again.',
  again: 'Connected again.',
  lapsed: (ms) => `No new work since ${hms(ms)}.`,
  blocked: (b, until) => `${sentence(capital(b.reason || 'Blocked'))}${until ? ` No new work until ${hm(until).replace(':', ' ')}.` : ''}`,
  missed: (until) => `You missed a call.${until ? ` No new work until ${hm(until).replace(':', ' ')}.` : ''}`,
  second: second.title + '.',
  notice: (n) => `${sentence(n.title)} ${n.text}`.trim(),
};

export const utility = {
  prefix: 'ContactPad: ',
  loggedOut: 'logged out',
  notConnected: 'not connected',
  alerting: (n) => `${n} alerting`,
  missedCall: 'missed call',
  missed: 'missed',
  auto: (x) => `${Kind(x)} accepted for you`,
  blocked: 'Blocked',
  onCall: 'On a call',
  on: (n, x) => `On ${count(n, kind(x))}`,
  wrapUp: 'Wrap-up',
  elsewhere: 'active elsewhere',
};

export const toast = { ringing: 'A call is ringing', lost: 'ContactPad has no connection' };
