// Faults and time: what can be made to go wrong from the console, by way of the
// mock org's control plane. Each says what it imitates and what one should see.
import { h, fill } from './dom.js';
import { ask } from './org.js';

const post = (path, body) => ask('POST', `/mock/v1/${path}`, body);

/** The faults that one agent's console offers. */
const faults = (user) => [
  ['My connection to Omni-Channel is lost', 'Salesforce notices after 30 s; then requests go to somebody else.', () => post(`agents/${user}/drop`, {})],
  ['The next AgentWork is refused', 'UNABLE_TO_LOCK_ROW: the daemon tries again.', () => post('faults', { name: 'lock-row', method: 'POST', object: 'AgentWork' })],
  ['The reply to the next AgentWork is lost', 'The daemon looks before it asks again: no second request appears.', () => post('faults', { name: 'lost-reply', method: 'POST', object: 'AgentWork' })],
  ['AgentWork for nobody is taken, then Unavailable', 'Instead of being refused at once: the work goes to somebody else.', () => post('settings', { undeliverable: 'unavailable' })],
  ['The API is slow: 2 s, for 20 requests', 'Requests come later; nothing is lost.', () => post('faults', { name: 'latency', delay: '2s', count: 20 })],
  ['The daemon’s login has expired', '401 once: it logs in again and goes on.', () => post('faults', { name: 'session-expired' })],
  ['The API limit is reached, for 5 requests', 'The daemon waits and says so on its status page.', () => post('faults', { name: 'request-limit', count: 5 })],
  ['The event stream forgets its clients', 'The daemon shakes hands anew and misses nothing.', () => post('stream/forget', {})],
  ['Retained events are gone', 'The daemon compares everything with the org.', () => post('stream/purge', {})],
];

/** The menu of faults and time, as a details element for the banner. */
export function faultsMenu(user, said) {
  const act = (label, do_) => async () => {
    try {
      await do_();
      said({ title: label, message: 'Done.', type: 'success' });
    } catch (e) {
      said({ title: label, message: e.message, type: 'error' });
    }
  };
  const menu = h('details', { class: 'faults' }, h('summary', {}, 'Faults and time'));
  menu.append(fill(h('div', { class: 'faults-list card' }),
    h('ul', {}, faults(user).map(([label, see, do_]) => h('li', {}, h('button', { type: 'button', onclick: act(label, do_) }, h('span', {}, h('b', {}, label), h('small', {}, see)))))),
    h('div', { class: 'buttons' },
      h('button', { type: 'button', onclick: act('30 s later', () => post('clock', { advance: '30s' })) }, '30 s later'),
      h('button', { type: 'button', onclick: act('10 min later', () => post('clock', { advance: '10m' })) }, '10 min later'),
      h('button', { type: 'button', onclick: act('All faults off', async () => { await ask('DELETE', '/mock/v1/faults'); await post('settings', { undeliverable: 'reject' }); }) }, 'All faults off'),
      h('a', { href: '/mock/v1/' }, 'All there is'))));
  menu.onkeydown = (e) => {
    if (e.key === 'Escape' && menu.open) {
      menu.open = false;
      menu.firstChild.focus();
    }
  };
  document.addEventListener('click', (e) => { if (!menu.contains(e.target)) menu.open = false; });
  return menu;
}
