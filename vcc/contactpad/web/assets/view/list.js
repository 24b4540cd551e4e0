// The list of interactions: one stop for Tab, arrows move in it. A card is one button;
// its clock stands beside it, for a name that ticks cannot be read (panel-ux, finding 5).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon, symbol } from '../icons.js';
import { isFresh, key, work } from '../state.js';
import { instant } from '../time.js';
import { Kind, list as words, stateOf, title } from '../words.js';

export function list(s, act) {
  const all = work(s);
  const stop = all.some((c) => key(c) === s.selected) ? s.selected : all[0] && key(all[0]);
  return html`<section class="list" aria-labelledby="list-title">
    <h2 id="list-title" tabindex="-1">${title.list(all.length)}</h2>
    ${all.length === 0
      ? html`<p class="empty">${words.empty}</p>`
      : html`<ul @keydown=${(e) => keys(e, act)}>
          ${repeat(all, key, (c) => card(s, c, key(c) === stop, act))}
        </ul>`}
  </section>`;
}

function card(s, c, stop, act) {
  // A call was answered here: it is no news.
  const fresh = isFresh(s, c) && (c.class !== 'live' || s.fresh[c.interaction] === 'auto') && !s.abandoned.includes(c.interaction);
  const state = fresh ? words.fresh : stateOf(c);
  const current = key(c) === s.selected;
  return html`<li class="card ${current ? 'current' : ''}" data-state=${c.state} data-class=${c.class}>
    <button
      class="face"
      data-interaction=${c.interaction}
      data-key=${key(c)}
      aria-current=${current ? 'true' : nothing}
      tabindex=${stop ? 0 : -1}
      @click=${() => act.open(key(c))}
    >
      <span class="medium">${icon(symbol(c))}</span>
      <span class="lines">
        <span class="name" dir="auto">${c.name}</span>
        <span class="second">${Kind(c)} · <span class=${fresh ? 'new' : ''}>${state}</span>${c.planLabel ? html` · ${c.planLabel}` : nothing}</span>
      </span>
    </button>
    <span class="clock" role="timer">${clock(c)}</span>
  </li>`;
}

function clock(c) {
  if (c.state === 'wrap-up') {
    return c.until ? html`<span class="vh">${words.clock.wrap} </span><span class="digits" data-down=${instant(c.until)}></span>` : nothing;
  }
  return html`<span class="vh">${words.clock.connected} </span><span class="digits" data-up=${instant(c.since)}></span>`;
}

function keys(e, act) {
  const faces = [...e.currentTarget.querySelectorAll('.face')];
  const at = faces.indexOf(e.target);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: faces.length - 1 }[e.key];
  if (to === undefined) return;
  e.preventDefault();
  const face = faces[Math.max(0, Math.min(faces.length - 1, to))];
  act.select(face.dataset.key);
  face.focus();
}
