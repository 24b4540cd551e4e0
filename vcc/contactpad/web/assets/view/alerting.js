// W3: what alerts. Each is a block of its own, the soonest deadline first; it cannot be
// opened yet, and but for a call it is accepted in Omni-Channel. And who is called and has
// not answered, unless the dock shows it: a call can be cancelled whatever is selected.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon } from '../icons.js';
import { alerting, cardOf, key, ringing } from '../state.js';
import { instant } from '../time.js';
import { alert as words, dock as dockWords, list as listWords, title } from '../words.js';
import { button, offOf } from './button.js';
import { heading } from './heading.js';

export function alertingBlock(s, act) {
  const all = alerting(s).toSorted((a, b) => (instant(a.until) || Infinity) - (instant(b.until) || Infinity));
  return html`${section('alerting', title.alerting, all, (c) => block(s, c, act))} ${section('calling', title.calling, ringing(s), (c) => called(s, c, act))}`;
}

const section = (id, name, all, each) =>
  all.length === 0 ? nothing : html`<section class=${id} aria-labelledby=${`${id}-title`}><h2 id=${`${id}-title`} class="vh">${name}</h2>${repeat(all, key, each)}</section>`;

function called(s, c, act) {
  const party = c.parties?.[0];
  const about = cardOf(s, c.of);
  return html`<article class="ringing" data-interaction=${c.interaction}>
    <div class="head">
      ${icon('call')}
      <h3>${listWords.calling} <span dir="auto">${c.name}</span></h3>
      ${party?.since ? html`<span class="clock" role="timer"><span class="vh">${listWords.clock.calling} </span><span class="digits" data-up=${instant(party.since)}></span></span>` : nothing}
    </div>
    ${about ? html`<p>${dockWords.consultsAbout(about)}</p>` : nothing}
    <div class="buttons">${(c.actions ?? []).filter((a) => a.do === 'cancel').map((a) => button({ s, act, card: c, action: a }))}</div>
  </article>`;
}

function block(s, c, act) {
  const live = c.class === 'live';
  const may = (c.actions ?? []).filter((a) => a.do === 'answer' || a.do === 'reject');
  const how = !live ? words.accept : may.some((a) => a.do === 'answer') ? words.ringing : words.phone;
  const show = !live && s.bridge.can.includes('showOmni');
  return html`<article class="alert" data-interaction=${c.interaction}>
    <div class="head">
      ${icon('bell', 'bell')}
      <h3>${heading(c)}</h3>
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
