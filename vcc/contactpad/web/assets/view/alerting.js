// W3: what alerts. Each is a block of its own, the soonest deadline first; it cannot be
// opened yet, and but for a call it is accepted in Omni-Channel.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon } from '../icons.js';
import { alerting } from '../state.js';
import { instant } from '../time.js';
import { Kind, alert as words, list as listWords, title } from '../words.js';
import { button, offOf } from './button.js';

export function alertingBlock(s, act) {
  const all = alerting(s).toSorted((a, b) => (instant(a.until) || Infinity) - (instant(b.until) || Infinity));
  if (all.length === 0) return nothing;
  return html`<section class="alerting" aria-labelledby="alerting-title"><h2 id="alerting-title" class="vh">${title.alerting}</h2>${repeat(all, (c) => `${c.interaction}/${c.offer}`, (c) => block(s, c, act))}</section>`;
}

function block(s, c, act) {
  const live = c.class === 'live';
  const may = (c.actions ?? []).filter((a) => a.do === 'answer' || a.do === 'reject');
  const how = !live ? words.accept : may.some((a) => a.do === 'answer') ? words.ringing : words.phone;
  const show = !live && s.bridge.can.includes('showOmni');
  return html`<article class="alert" data-interaction=${c.interaction}>
    <div class="head">
      ${icon('bell', 'bell')}
      <h3>${Kind(c)} · ${c.name}</h3>
      ${c.until ? html`<span class="clock" role="timer"><span class="vh">${listWords.clock.alerting} </span><span class="digits" data-down=${instant(c.until)}></span></span>` : nothing}
    </div>
    <p>${[listWords.state.alerting, c.planLabel].filter(Boolean).join(' · ')}. ${how}</p>
    ${may.length || show
      ? html`<div class="buttons">
          ${may.map((a) => button({ s, act, card: c, action: a, main: a.do === 'answer' }))}
          ${show ? html`<button class="plain" aria-disabled=${offOf(s) ? 'true' : nothing} @click=${() => act.showOmni()}>${words.show}</button>` : nothing}
        </div>`
      : nothing}
  </article>`;
}
