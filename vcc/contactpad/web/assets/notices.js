// The words of the notices: what an agent must be told until they say that they know.
import { hm, hms } from './time.js';
import { Kind, capital, denial, kind, link, meanwhile, plain, plural, reason, second, sentence } from './words.js';

// Why Omni-Channel did not take an offer: M14.
const reasons = {
  away: 'you are Away there', offline: 'you are offline there', 'logged out': 'you are offline there', channel: 'your status there has no {kinds}', status: 'your status there has no {kinds}',
  full: 'it says you are full', capacity: 'it says you are full', closed: 'it closed the request', 'timed out': 'it did not answer', 'no answer': 'it did not answer', unavailable: 'you are not available there',
};
const consults = { 'no answer': 'did not answer', 'timed out': 'did not answer', busy: 'is busy', declined: 'declined', refused: 'declined', 'hung up': 'hung up', unreachable: '' };
const transfers = { mine: 'you have it already', class: 'that plan takes no {kinds}', archived: 'they are no longer an agent', unknown: 'it is no longer there' };

const by = (n, fallback) => n.by || fallback;
const fill = (text, n) => text.replaceAll('{kinds}', plural(kind(n)));

// notice gives the words of one: {title, text, urgent, fault}.
export function notice(n, at) {
  const name = n.name || `A ${kind(n)}`;
  const when = at ? `, ${hm(at)}` : '';
  const until = n.untilMs ? hm(n.untilMs) : '';
  switch (n.kind) {
    case 'not delivered': {
      const why = reasons[n.reason] ? fill(reasons[n.reason], n) : n.detail || n.reason || 'it did not answer';
      const many = n.count > 1;
      return {
        fault: true,
        title: many ? `${n.count} ${plural(kind(n))} not delivered` : `${Kind(n)} not delivered`,
        text: `${many ? 'The last: ' : ''}${name}${when}. Omni-Channel could not take it: ${why.replace(/[.\s]+$/, '')}. The ${kind(n)} went to somebody else.`,
      };
    }
    case 'customer left':
      if (n.reason === 'deleted') return { title: `${Kind(n)} deleted`, text: `${name} was deleted in Salesforce before you accepted it.` };
      return { title: 'Customer left', text: `${name} left before you accepted.` };
    case 'offer over':
      return { title: `${Kind(n)} not accepted in time`, text: `${n.name ? `${n.name}: the` : 'The'} ${kind(n)} went to somebody else${n.detail ? `: ${sentence(n.detail)}` : ': it was not accepted in time.'}` };
    case 'declined':
      return { title: `${Kind(n)} declined`, text: `You declined ${n.name || `the ${kind(n)}`}.${until ? ` You will get this ${kind(n)} again at ${until} at the earliest.` : ''}` };
    case 'missed call':
      return { fault: true, title: 'You missed a call', text: `${n.name ? `The call from ${n.name}` : 'A call'}${at ? ` at ${hm(at)}` : ''} was not answered and went back to the queue.${n.untilMs ? ` No new work until ${hms(n.untilMs)}.` : ''}` };
    case 'release failed':
      return { fault: true, title: `Release of ${n.name || `the ${kind(n)}`} did not work`, text: `${sentence(capital(plain(n.detail) || 'Salesforce did not answer'))} You can try again below.` };
    case 'consult over':
      return { title: 'Consult over', text: n.reason === 'unreachable' ? 'No connection to that number.' : `${by(n, n.name || 'They')} ${consults[n.reason] || sentence(n.detail).replace(/\.$/, '') || 'hung up'}.` };
    case 'transfer failed':
      return { fault: true, title: 'Not transferred', text: `${n.name ? `${n.name}: ` : ''}${sentence(plain(n.detail) || fill(transfers[n.reason] ?? 'it did not work', n))} Nothing has changed.` };
    case 'changed by other':
      if (n.reason === 'deleted') return { title: `${Kind(n)} deleted`, text: `${name} was deleted in Salesforce while you had it. It left your list; there is nothing to wrap up.` };
      return n.interaction
        ? { title: 'Changed in Salesforce', text: `${name} now belongs to ${by(n, 'somebody else')}. It left your list.` }
        : { title: 'Your state was changed', text: `${n.by ? `Your supervisor ${n.by}` : 'Your supervisor'} set you to ${n.name || 'another state'}${at ? ` at ${hm(at)}` : ''}.${n.detail ? ` Reason: “${n.detail}”.` : ''}` };
    case 'logged out idle':
      return { title: 'You were logged out', text: `Nothing was done in ContactPad for ${n.detail || 'too long'}, so you were logged out${at ? ` at ${hm(at)}` : ''}.` };
    default:
      return own(n) ?? { title: capital(String(n.kind)), text: sentence(n.detail || n.name || n.reason || '') };
  }
}

// own are the notices that the page itself makes.
function own(n) {
  switch (n.kind) {
    case 'record gone': // M18
      return { title: 'Record not opened', text: `${n.name} cannot be opened: it was deleted or you may not see it. The interaction stays here.` };
    case 'record failed':
      return { title: 'Record not opened', text: `${n.name} was not opened. ${reason(plain(n.detail) || 'The console did not answer')} Click it to try again.` };
    case 'no bridge': // M13
      return { fault: true, title: 'No Salesforce console', text: 'ContactPad cannot reach the Salesforce console, so records do not open by themselves. Reload the page. If it stays, tell your administrator: “bridge not found”.' };
    case 'no microphone': // M19
      return { fault: true, title: 'No microphone', text: 'Your phone or microphone is not connected. Others cannot hear you.' };
    case 'asleep': // M6
      return { title: 'This tab was asleep', text: `It was asleep from ${hm(n.from)} to ${hm(n.to)}. In that time you got no work. Keep the Salesforce tab open, or exempt it from the browser's energy saver.` };
    case 'expires': // M5
      return { title: 'Log-in ends soon', text: `You will be logged out${n.untilMs ? ` at ${hm(n.untilMs)}` : ''}.` };
    case 'version': // M10
      return { title: 'A newer ContactPad is ready', text: 'It loads when you have no call.' };
    case 'meanwhile': // M8
      return { title: link.again, text: meanwhile(n.parts) };
    case 'bye':
      return { title: 'ContactPad ended the connection', text: sentence(n.detail || 'Try again') };
    case 'refused':
      return { title: 'Not done', text: denial(n.refused) };
    case 'moved':
      return { title: second.title, text: second.movedText(n.atMs) };
    case 'sandboxed':
      return { fault: true, title: 'ContactPad cannot work here', text: 'The page around ContactPad does not let it log in or open records. Tell your administrator: “the frame has a sandbox attribute”.' };
    case 'sound':
      return { title: 'Sound is off until you click here.', text: '' }; // M29
    default:
      return null;
  }
}
