// The buttons that act on an interaction. What is not possible now is still there,
// reachable, and says why when pressed (panel-ux 2.1).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { busy, canAct, primary, up } from '../state.js';
import { action as words, doing, off, reason } from '../words.js';

// offOf says why nothing can be done at all; '' if it can.
export const offOf = (s) => (canAct(s) ? '' : !up(s) ? off.lost : !primary(s) ? off.elsewhere : '');

// button draws one action of a card. More: main, danger, party (whose button it is).
export function button({ s, act, card, action, main = false, party = '', text = '' }) {
  const going = busy(s, card.interaction, action.do);
  const leaving = action.do === 'release' && card.state === 'releasing';
  const why = offOf(s) || (going || leaving ? off.underway : '') || reason(action.off);
  const word = going || leaving ? (doing[action.do] ?? text) : text || words(action.do, card, party);
  return html`<button
    class=${main ? 'main' : 'plain'}
    data-do=${action.do}
    aria-disabled=${why ? 'true' : nothing}
    @click=${(e) => act.press({ event: e, card, action, why })}
  >${word}</button>`;
}
