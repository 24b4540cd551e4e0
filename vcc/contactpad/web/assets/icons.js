// Our own symbols, drawn on 16 by 16. Each state and medium has a shape of its own,
// so that colour is never needed to tell them apart (panel-ux 3).
import { html, svg } from './vendor/lit-html/lit-html.js';

const line = (d) => svg`<path class="line" d=${d}></path>`;
const solid = (d) => svg`<path class="solid" d=${d}></path>`;

const shapes = {
  // States.
  ready: svg`<circle class="line" cx="8" cy="8" r="6.25"></circle>${line('M5 8.3l2.1 2.1L11.2 6')}`,
  working: svg`<circle class="line" cx="8" cy="8" r="6.25"></circle>${solid('M8 1.75a6.25 6.25 0 0 1 0 12.5z')}`,
  away: svg`<circle class="line" cx="8" cy="8" r="6.25"></circle>`,
  out: line('M3.5 3.5l9 9m0-9l-9 9'),
  blocked: svg`${line('M5.4 1.75h5.2l3.65 3.65v5.2l-3.65 3.65H5.4L1.75 10.6V5.4z')}${line('M8 4.6v4.2')}<circle class="solid" cx="8" cy="11.2" r=".9"></circle>`,
  plan: line('M2.5 4h11m-11 4h11m-11 4h7'),
  // Media.
  call: solid('M4.3 1.8h1.9c.3 0 .5.2.6.5l.8 2.6c.1.3 0 .6-.2.8l-1.2 1a7.9 7.9 0 0 0 3.3 3.3l1-1.2c.2-.2.5-.3.8-.2l2.6.8c.3.1.5.3.5.6v1.9c0 1.2-.9 2-2 2A10.6 10.6 0 0 1 2.3 3.8c0-1.1.8-2 2-2z'),
  chat: solid('M3.2 2.2h9.6c.9 0 1.6.7 1.6 1.6v5.9c0 .9-.7 1.6-1.6 1.6H8.3l-3.5 2.9c-.3.2-.6 0-.6-.3v-2.6h-1c-.9 0-1.6-.7-1.6-1.6V3.8c0-.9.7-1.6 1.6-1.6z'),
  messaging: solid('M8 1.8c3.7 0 6.5 2.5 6.5 5.7s-2.8 5.7-6.5 5.7c-.8 0-1.5-.1-2.2-.3l-3.2 1.3c-.3.1-.6-.2-.5-.5l.8-2.7A5.4 5.4 0 0 1 1.5 7.5c0-3.2 2.8-5.7 6.5-5.7z'),
  email: svg`${solid('M2.2 3h11.6c.3 0 .5.3.3.5L8.5 8.2c-.3.3-.7.3-1 0L1.9 3.5c-.2-.2 0-.5.3-.5z')}${solid('M1.5 5.2l5.4 4.5c.6.5 1.6.5 2.2 0l5.4-4.5v6.5c0 .7-.6 1.3-1.3 1.3H2.8c-.7 0-1.3-.6-1.3-1.3z')}`,
  case: svg`${solid('M2.8 5h10.4c.7 0 1.3.6 1.3 1.3v6.4c0 .7-.6 1.3-1.3 1.3H2.8c-.7 0-1.3-.6-1.3-1.3V6.3C1.5 5.6 2.1 5 2.8 5z')}${line('M5.6 5V3.2c0-.5.4-.9.9-.9h3c.5 0 .9.4.9.9V5')}`,
  lead: svg`<circle class="solid" cx="8" cy="5" r="3.1"></circle>${solid('M8 9.2c3.4 0 5.8 1.7 5.8 3.7 0 .7-.5 1.1-1.1 1.1H3.3c-.6 0-1.1-.4-1.1-1.1 0-2 2.4-3.7 5.8-3.7z')}`,
  record: solid('M4 1.8h5.2c.3 0 .6.1.8.3l2.9 2.9c.2.2.3.5.3.8v7.1c0 .7-.6 1.3-1.3 1.3H4c-.7 0-1.2-.6-1.2-1.3V3.1c0-.7.5-1.3 1.2-1.3z'),
  // What a card says besides.
  bell: svg`${solid('M8 1.6c.6 0 1 .4 1 1v.3a4.2 4.2 0 0 1 3.2 4.1v2.6l1.2 1.7c.2.3 0 .7-.4.7H3c-.4 0-.6-.4-.4-.7l1.2-1.7V7A4.2 4.2 0 0 1 7 2.9v-.3c0-.6.4-1 1-1z')}${solid('M6.3 13.2h3.4a1.7 1.7 0 0 1-3.4 0z')}`,
  hold: svg`${solid('M4.6 2.6h1.8c.3 0 .5.2.5.5v9.8c0 .3-.2.5-.5.5H4.6c-.3 0-.5-.2-.5-.5V3.1c0-.3.2-.5.5-.5z')}${solid('M9.6 2.6h1.8c.3 0 .5.2.5.5v9.8c0 .3-.2.5-.5.5H9.6c-.3 0-.5-.2-.5-.5V3.1c0-.3.2-.5.5-.5z')}`,
  wrap: svg`${line('M3.6 2h8.8M3.6 14h8.8')}${line('M4.8 2v2.4c0 1.5 3.2 2.6 3.2 3.6s-3.2 2.1-3.2 3.6V14M11.2 2v2.4c0 1.5-3.2 2.6-3.2 3.6s3.2 2.1 3.2 3.6V14')}`,
  failed: svg`${line('M8 2.2l6.2 11.3H1.8z')}${line('M8 6.4v3.3')}<circle class="solid" cx="8" cy="11.6" r=".85"></circle>`,
  info: svg`<circle class="line" cx="8" cy="8" r="6.25"></circle>${line('M8 7.4v3.8')}<circle class="solid" cx="8" cy="4.9" r=".9"></circle>`,
  down: line('M4.5 6.3L8 9.8l3.5-3.5'),
  search: svg`<circle class="line" cx="7" cy="7" r="4.4"></circle>${line('M10.3 10.3l3.4 3.4')}`,
  tick: line('M3.2 8.5l3.1 3.1 6.5-7'),
};

// icon draws a symbol that says nothing to screen readers: a word stands beside it.
export const icon = (name, kind = '') =>
  html`<svg class="icon ${kind}" viewBox="0 0 16 16" aria-hidden="true" focusable="false" data-icon=${name}>${shapes[name] ?? shapes.record}</svg>`;

const media = { phone: 'call', voice: 'call', call: 'call', chat: 'chat', messaging: 'messaging', message: 'messaging', case: 'case', email: 'email', lead: 'lead' };

// symbol names the shape of a card: what it says comes before what it is.
export function symbol(card) {
  switch (card.state) {
    case 'alerting':
      return 'bell';
    case 'on hold':
      return 'hold';
    case 'wrap-up':
      return 'wrap';
    case 'release failed':
      return 'failed';
    default:
      return medium(card);
  }
}

export const medium = (card) => (card.class === 'live' ? 'call' : (media[String(card.medium).toLowerCase()] ?? 'record'));
