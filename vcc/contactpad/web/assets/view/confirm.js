// Confirmations: what cannot be undone says its effect first, and the focus is on the
// harmless button (panel-ux 2.2).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { cardOf, cards } from '../state.js';
import { confirm as words } from '../words.js';
import { offOf } from './button.js';

export function confirmation(s, act) {
  const card = cardOf(s, s.confirm.interaction);
  const abandon = s.confirm.kind === 'abandon';
  const w = abandon
    ? { title: words.abandonTitle(card), text: words.abandon(card), keep: words.keep, go: words.abandonButton, press: () => act.abandon(card) }
    : { title: words.logoutTitle(cards(s)), text: words.logout(cards(s)), keep: words.stay, go: words.logoutButton, press: () => act.logoutNow() };
  return html`<div class="scrim">
    <div class="sheet" role="alertdialog" tabindex="-1" aria-modal="true" aria-labelledby="confirm-title" aria-describedby="confirm-text" @keydown=${(e) => act.dialogKeys(e, () => act.confirm(null))}>
      <h2 id="confirm-title">${w.title}</h2>
      <p id="confirm-text">${w.text}</p>
      ${s.hint ? html`<p class="hint">${s.hint}</p>` : nothing}
      <div class="buttons">
        <button class="plain" data-act="keep" autofocus @click=${() => act.confirm(null)}>${w.keep}</button>
        <button class="danger" data-act="confirm" aria-disabled=${offOf(s) ? 'true' : nothing} @click=${() => act.off(offOf(s)) || w.press()}>${w.go}</button>
      </div>
    </div>
  </div>`;
}
