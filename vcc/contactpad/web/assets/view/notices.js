// Notices: in the flow, never floating, until they are dismissed; the newest on top.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon } from '../icons.js';
import { busy, cardOf, cards, loggedIn, primary, tellsWhyOut } from '../state.js';
import { notice as wordsOf } from '../notices.js';
import { instant } from '../time.js';
import { button as words, link as linkWords, second as secondWords, title } from '../words.js';
import { offOf } from './button.js';

export function notices(s, act) {
  // Who was logged out by somebody else has to be told why before they log in again.
  const told = (s.desk?.notices ?? []).filter((n) => loggedIn(s) || tellsWhyOut(n));
  const all = [...links(s, act), ...own(s, act), ...told.map((n) => served(s, n, act))];
  if (all.length === 0) return nothing;
  return html`<section class="notices" id="notices" aria-labelledby="notices-title">
    <h2 id="notices-title" class="vh" tabindex="-1">${title.notices}</h2>
    ${repeat(all, (n) => n.id, (n) => block(n))}
  </section>`;
}

const block = (n) => html`<article class="notice ${n.fault ? 'fault' : 'info'}" data-notice=${n.id} data-kind=${n.kind}>
  ${icon(n.fault ? 'failed' : 'info')}
  <div>
    <h3>${n.title}</h3>
    ${n.text ? html`<p>${n.text}</p>` : nothing}
    ${n.buttons?.length
      ? html`<div class="buttons">${repeat(n.buttons, (b) => b.act, (b) => html`<button class=${b.main ? 'main' : 'plain'} data-act=${b.act} aria-disabled=${b.off ? 'true' : nothing} @click=${b.press}>${b.word}</button>`)}</div>`
      : nothing}
  </div>
</article>`;

// links are about the connection, and about other panels.
function links(s, act) {
  const out = [];
  if (s.link.banner) {
    const restart = s.messages.find((m) => m.kind === 'restart');
    const waits = s.link.is === 'lost';
    out.push({
      id: 'link',
      kind: 'link',
      fault: true,
      title: linkWords.lost,
      text: html`${restart ? linkWords.restart : waits ? html`${linkWords.trying} <span class="digits" data-wait=${s.link.retryAt}></span> ${linkWords.seconds}` : linkWords.now}
        ${loggedIn(s) ? html`${linkWords.goOn(cards(s))}${s.link.lapsed ? linkWords.lapsed(s.link.lapse) : linkWords.look(s.link.lapse)}` : nothing}`,
      buttons: [{ word: linkWords.tryNow, act: 'try', press: () => act.tryNow() }],
    });
  }
  if (loggedIn(s) && !primary(s)) {
    const since = instant(s.panel.primarySince);
    out.push({
      id: 'second',
      kind: 'second',
      title: secondWords.title,
      text: s.wasPrimary ? secondWords.movedText(since) : secondWords.text(since),
      buttons: [{ word: secondWords.use, act: 'use', main: true, press: () => act.usePanel() }],
    });
  }
  return out;
}

// own are the page's own messages.
function own(s, act) {
  const all = s.messages.filter((m) => m.kind !== 'restart').map((m) => {
    const w = wordsOf(m, 0);
    const buttons = [];
    if (['version', 'no bridge', 'bye'].includes(m.kind)) buttons.push({ word: m.kind === 'version' ? words.load : words.reload, act: 'reload', press: () => act.reload() });
    if (m.kind === 'expires' && s.login) buttons.push({ word: words.stayIn, act: 'login', main: true, press: () => act.login() });
    if (m.kind === 'moved') buttons.push({ word: secondWords.use, act: 'use', main: true, press: () => act.usePanel() });
    else buttons.push({ word: words.dismiss, act: 'dismiss', press: () => act.forget(m.id) });
    return { id: m.id, kind: m.kind, ...w, buttons };
  });
  if (s.sound === 'blocked') {
    const w = wordsOf({ kind: 'sound' }, 0);
    all.unshift({ id: 'sound', kind: 'sound', ...w, buttons: [{ word: words.soundOn, act: 'sound', press: () => act.wakeSound() }] });
  }
  return all;
}

// served are the server's.
function served(s, n, act) {
  const at = instant(n.at);
  // Who is back, or was let in early, gets work again whatever the notice said.
  const over = n.kind === 'missed call' && !s.desk.blocked;
  const w = wordsOf({ ...n, untilMs: over ? 0 : instant(n.until) }, at);
  const off = offOf(s);
  const going = Object.values(s.doing).some((d) => d.command.notice === n.id && !d.failed);
  const buttons = [];
  if (n.kind === 'not delivered' && ['away', 'offline', 'logged out'].includes(n.reason) && !s.desk.omni?.online) buttons.push({ word: words.goOnline, act: 'online', off, press: () => act.online() });
  if (n.kind === 'missed call' && s.desk.blocked) buttons.push({ word: words.back, act: 'unblock', main: true, off: off || busy(s, undefined, 'unblock'), press: () => act.unblock() });
  if (n.interaction && cardOf(s, n.interaction)) buttons.push({ word: words.show(cardOf(s, n.interaction).name), act: 'show', press: () => act.go(n.interaction) });
  buttons.push({ word: words.dismiss, act: 'dismiss', off: off || going, press: () => act.dismiss(n.id) });
  return { id: n.id, kind: n.kind, ...w, buttons };
}

