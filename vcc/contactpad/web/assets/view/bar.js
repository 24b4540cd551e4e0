// The state bar: what the agent's state is, why, for how long, and the menu.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { icon } from '../icons.js';
import { accepted, alerting, canAct, cards, loggedIn, sameState, untouched, up, work } from '../state.js';
import { instant } from '../time.js';
import { bar as words, capital, menu as menuWords, stateName, title } from '../words.js';

export function bar(s, act) {
  const d = s.desk;
  const inside = loggedIn(s);
  if (!inside) {
    return html`<header class="bar"><h1 class="vh">${title.app}</h1><div class="state still"><span class="shape out">${icon('out')}</span><span class="name">${stateName(null)}</span></div></header>`;
  }
  return html`<header class="bar" data-mark=${d.mark}>
    <h1 class="vh">${title.app}</h1>
    <div class="row">
      <button
        id="state"
        class="state"
        aria-haspopup="menu"
        aria-expanded=${s.menu ? 'true' : 'false'}
        aria-controls=${s.menu ? 'states' : nothing}
        @click=${() => act.menu(!s.menu)}
        @keydown=${(e) => e.key === 'ArrowDown' && !s.menu && (e.preventDefault(), act.menu(true))}
      >
        <span class="shape ${d.mark}">${icon(d.mark)}</span><span class="name">${d.shown || stateName(d.state)}</span>${icon('down', 'more')}
      </button>
      <span class="clock" role="timer"><span class="vh">${words.inState} </span><span class="digits" data-up=${instant(d.shownSince) || instant(d.since)}></span></span>
      ${s.menu ? menu(s, act) : nothing}
    </div>
    ${second(s, act)} ${load(d)}
  </header>`;
}

// second is the line that says why: the most urgent of what there is to say.
function second(s, act) {
  const d = s.desk;
  if (!up(s) && s.link.banner) return line(words.asOf(s.link.asOf));
  if (s.panel?.lease && s.panel.lease.alive === false) return line(words.notReachable(instant(s.panel.lease.until)), 'fault');
  if (d.blocked) {
    const until = instant(d.blocked.until);
    return html`<p class="why fault">${until ? html`${words.blockedLeft(d.blocked.reason)} <span class="digits" data-down=${until}></span> ${words.left}` : d.blocked.reason}${blockedCard(s, act)}${unblock(s, act)}</p>`;
  }
  const ringing = alerting(s).length;
  if (ringing > 0) return line(words.alerting(ringing), 'needs');
  const auto = untouched(s);
  if (auto) return line(words.accepted(auto), auto.class === 'semi-live' ? 'needs' : '');
  if (d.intended) return html`<p class="why"><span class="short">${words.next(d.intended)}</span><span class="long">${words.nextLong(d.intended)}</span></p>`;
  if (d.omni && d.omni.online === false) {
    return html`<p class="why omni"><span>${words.omniOffline}</span>
      <button class="link" aria-disabled=${canAct(s) ? nothing : 'true'} @click=${() => act.online()}>${words.goOnline}</button></p>`;
  }
  if (d.why && d.load <= 100 && d.state.major === 'ready') return line(capital(d.why));
  if (work(s).some((c) => c.class === 'live' && c.state !== 'wrap-up')) return line(words.onCall);
  if (cards(s).length === 0 && d.state.major === 'ready') return line(words.waiting(d.omni?.online));
  return nothing;
}

const line = (text, kind = '') => html`<p class="why ${kind}">${text}</p>`;

const blockedCard = (s, act) => {
  const c = s.desk.blocked.interaction && work(s).find((x) => x.interaction === s.desk.blocked.interaction);
  return c ? html` <button class="link" @click=${() => act.go(c.interaction)}>${c.name}</button>` : nothing;
};

// unblock is here where no notice of a missed call offers it.
const unblock = (s, act) =>
  (s.desk.notices ?? []).some((n) => n.kind === 'missed call') ? nothing : html` <button class="link" aria-disabled=${canAct(s) ? nothing : 'true'} @click=${() => act.unblock()}>${words.back}</button>`;

function load(d) {
  const n = Math.max(0, Math.round(d.load ?? 0));
  const says = n > 100 ? words.over(n) : words.loadOf(n);
  return html`<div class="load ${n > 100 ? 'over' : ''}">
    <span id="load-label">${words.load} <span class="digits">${says}</span></span>
    <span role="meter" aria-labelledby="load-label" aria-valuemin="0" aria-valuemax=${Math.max(100, n)} aria-valuenow=${n} aria-valuetext=${says}>
      <svg class="meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="4"></rect><rect class="used" width=${Math.min(100, n)} height="4"></rect></svg>
    </span>
  </div>`;
}

// menu is one level of radio items; keys are the menu pattern's.
function menu(s, act) {
  const d = s.desk;
  const open = accepted(s).length;
  const off = canAct(s) ? nothing : 'true';
  const radio = (st) => {
    const current = sameState(st, d.state);
    const next = sameState(st, d.intended);
    const checked = d.intended ? next : current;
    return html`<button role="menuitemradio" tabindex="-1" aria-checked=${checked ? 'true' : 'false'} aria-disabled=${off} @click=${() => act.state(st)}>
      <span class="tick">${checked ? icon('tick') : nothing}</span>${stateName(st)}${next ? html` ${menuWords.next}` : nothing}
    </button>`;
  };
  return html`<div class="menu">
    ${open > 0 ? html`<p class="explain" id="states-explain">${menuWords.explain(open)}</p>` : nothing}
    <div id="states" role="menu" aria-label=${title.states} aria-describedby=${open > 0 ? 'states-explain' : nothing} @keydown=${(e) => menuKeys(e, act)}>
      <div role="group" aria-label=${title.states} class="states">${(d.states ?? []).filter((st) => st.major !== '').map(radio)}</div>
      <hr role="separator" />
      ${d.intended ? html`<button role="menuitem" tabindex="-1" aria-disabled=${off} @click=${() => act.state(d.state)}>${menuWords.stay(d.state)}</button>` : nothing}
      <button role="menuitem" tabindex="-1" @click=${() => act.keys(true)}>${title.keys}</button>
      <button role="menuitem" tabindex="-1" aria-disabled=${off} @click=${() => act.logout()}>${menuWords.logout}</button>
    </div>
  </div>`;
}

function menuKeys(e, act) {
  const items = [...e.currentTarget.querySelectorAll('[role^=menuitem]')];
  const at = items.indexOf(e.target);
  const go = (i) => {
    e.preventDefault();
    items[(i + items.length) % items.length]?.focus();
  };
  if (e.key === 'ArrowDown') go(at + 1);
  else if (e.key === 'ArrowUp') go(at - 1);
  else if (e.key === 'Home') go(0);
  else if (e.key === 'End') go(items.length - 1);
  else if (e.key === 'Escape') {
    e.preventDefault();
    act.menu(false);
  } else if (e.key === 'Tab') act.menu(false);
  else if (e.key.length === 1 && e.key !== ' ' && !e.ctrlKey && !e.metaKey && !e.altKey) {
    const starts = (x) => x.textContent.trim().toLowerCase().startsWith(e.key.toLowerCase());
    const next = [...items.slice(at + 1), ...items.slice(0, at + 1)].find(starts);
    if (next) go(items.indexOf(next));
  }
}
