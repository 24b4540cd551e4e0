// The whole panel, from its state: view(state, act) gives a template and does nothing
// else. act holds what buttons do.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { loggedIn } from '../state.js';
import { alertingBlock } from './alerting.js';
import { bar } from './bar.js';
import { confirmation } from './confirm.js';
import { dock } from './dock.js';
import { finder } from './finder.js';
import { keysDialog } from './keys.js';
import { list } from './list.js';
import { login } from './login.js';
import { notices } from './notices.js';

export function view(s, act) {
  const inside = loggedIn(s);
  const dialog = s.confirm ? confirmation(s, act) : s.finder && inside ? finder(s, act) : s.keys ? keysDialog(s, act) : nothing;
  // What lies behind a dialog cannot be reached: not by Tab, and not by a screen reader.
  return html`
    <div class="pad ${inside ? 'in' : 'out'}" ?inert=${dialog !== nothing}>
      ${bar(s, act)} ${notices(s, act)}
      ${inside ? html`<main class="work" id="work" tabindex="-1">${alertingBlock(s, act)}${list(s, act)}</main>${dock(s, act)}` : login(s, act)}
    </div>
    ${dialog}
  `;
}
