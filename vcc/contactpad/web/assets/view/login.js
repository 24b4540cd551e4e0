// W1: nobody is logged in.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { startOf, starts } from '../state.js';
import { login as words, stateName } from '../words.js';

export function login(s, act) {
  if (!s.login && !s.desk) return html`<main class="work login"><p class="text">${words.connecting}</p></main>`;
  const trouble = { blocked: words.blocked, closed: words.closed }[s.popup];
  const choices = starts(s);
  const chosen = startOf(s);
  return html`<main class="work login">
    <p class="text">${s.login ? words.text : words.here}</p>
    ${trouble || s.login?.why ? html`<p class="trouble">${trouble ?? s.login.why}</p>` : nothing}
    <label class="field"><span>${words.start}</span>
      <select id="start" data-value=${stateName(chosen)} @change=${(e) => act.start(choices[e.target.selectedIndex])}>
        ${choices.map((st) => html`<option ?selected=${st === chosen}>${stateName(st)}</option>`)}
      </select></label>
    <button id="login" class="main" @click=${() => act.login()}>${s.login ? words.button : words.again}</button>
    ${s.popup === 'open' ? html`<p class="text quiet">${words.waiting}</p>` : nothing}
  </main>`;
}
