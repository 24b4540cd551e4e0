// The dock: name and actions of the selected interaction, always at the bottom, always
// in the same order, so that nothing moves under the pointer.
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon } from '../icons.js';
import { busy, cardOf, consultsOf, key, ringingOf, selectedCard } from '../state.js';
import { instant, nanoseconds, span } from '../time.js';
import { denial, dock as words, failed, list as listWords, slow, stateOf, title } from '../words.js';
import { button, offOf } from './button.js';
import { heading } from './heading.js';

// beside are the actions that stand beside a party when there is one they are about.
const beside = { retrieve: 'on hold', cancel: 'ringing' };

export function dock(s, act) {
  const c = selectedCard(s);
  if (!c && !s.hint) return nothing;
  return html`<section class="dock" id="dock" aria-labelledby="dock-title">
    <h2 id="dock-title" class="vh" tabindex="-1">${title.dock}</h2>
    ${c ? inside(s, c, act) : nothing}
    ${s.hint ? html`<p class="hint">${s.hint}</p>` : nothing}
  </section>`;
}

function inside(s, c, act) {
  const calls = [c, ...consultsOf(s, c)];
  const placed = new Set();
  // About a chat or a case, the call has a card of its own; only while it rings must it
  // be at hand here, too.
  const people = c.class === 'live' ? parties(s, calls, placed, act) : parties(s, ringingOf(s, c), new Set(), act);
  return html`
    <div class="title">
      ${c.record || c.caller
        ? html`<button class="link" data-interaction=${c.interaction} @click=${() => act.open(key(c))}>${heading(c)}</button>`
        : html`<span class="name">${heading(c)}</span>`}
      <span class="clock" role="timer">${clock(c)}</span>
    </div>
    <p class="facts">${facts(s, c)}</p>
    ${trouble(s, calls)} ${people} ${choices(s, c, act)} ${outcome(s, c, act)}
    <div class="actions">${repeat(buttons(s, calls, placed), (b) => `${b.card.interaction} ${b.action.do}`, (b) => button({ s, act, ...b }))}</div>
  `;
}

const clock = (c) =>
  c.state === 'wrap-up'
    ? c.until
      ? html`<span class="vh">${listWords.clock.wrap} </span><span class="digits" data-down=${instant(c.until)}></span>`
      : nothing
    : html`<span class="vh">${words.since} <span data-words=${instant(c.since)}></span></span><span class="digits" aria-hidden="true" data-up=${instant(c.since)}></span>`;

function facts(s, c) {
  const parts = [stateOf(c)];
  if (c.state === 'wrap-up') parts.push(c.until ? words.ends : words.manual);
  if (c.planLabel) parts.push(c.planLabel);
  if (c.waited && c.state !== 'wrap-up') parts.push(words.waited(span(nanoseconds(c.waited))));
  const about = c.of && cardOf(s, c.of);
  if (about) parts.push(words.consultsAbout(about));
  return parts.join(' · ');
}

// trouble says what did not work, and what takes long.
function trouble(s, calls) {
  const out = [];
  for (const c of calls) {
    if (c.state === 'release failed') out.push(words.failedWhy(c.why));
    if (c.transferred) out.push(c.state === 'wrap-up' && !c.actions?.some((a) => a.do === 'take back' && !a.off) ? words.transferred(c.transferred) : words.transferredOpen(c.transferred));
    if (s.said[c.interaction]) out.push(denial(s.said[c.interaction]));
    for (const d of Object.values(s.doing)) {
      if (d.command.interaction !== c.interaction || d.command.do === 'open record') continue;
      if (d.failed) out.push(failed(d.command.do));
      else if (d.slow) out.push(slow(d.command.do));
    }
    const since = s.leaving[c.interaction];
    if (since !== undefined && s.now - since >= 5000 && !busy(s, c.interaction)) out.push(slow(c.state === 'transferring' ? 'transfer' : 'release'));
    if (s.voice[c.interaction]) out.push(words.voiceTrouble[s.voice[c.interaction]] ?? '');
  }
  return out.filter(Boolean).map((t) => html`<p class="said">${t}</p>`);
}

function parties(s, calls, placed, act) {
  const all = calls.flatMap((c) => (c.parties ?? []).filter((p) => p.state !== 'gone').map((p) => ({ c, p })));
  if (all.length < 2 && !all.some(({ p }) => p.state !== 'talking' || p.agent)) return nothing;
  const rows = all.map(({ c, p }) => {
    const own = (c.actions ?? []).filter((a) => beside[a.do] === p.state && !placed.has(a.do));
    for (const a of own) placed.add(a.do);
    return { c, p, own };
  });
  return html`<ul class="parties" aria-label=${words.parties}>${repeat(rows, ({ c, p }) => `${c.interaction} ${p.id}`, ({ c, p, own }) => html`<li>
      ${icon(p.state === 'ringing' ? 'bell' : p.state === 'on hold' ? 'hold' : 'call')}
      <span class="who"><span dir="auto">${p.name}</span>, ${words.party[p.state] ?? p.state} ${partyClock(p)}${p.agent && words.voice[s.voice[c.interaction]] ? html`, ${words.voice[s.voice[c.interaction]]}` : nothing}</span>
      ${repeat(own, (a) => a.do, (a) => button({ s, act, card: c, action: a }))}
    </li>`)}</ul>`;
}

function partyClock(p) {
  const since = instant(p.since);
  if (!since) return nothing;
  const until = instant(p.until);
  return html`<span class="digits" role="timer"><span data-up=${since}></span>${until ? ` ${words.of} ${span(Math.round((until - since) / 1000))}` : nothing}</span>`;
}

// choices are the records of a caller, when there is more than one, or none.
function choices(s, c, act) {
  const { records, failed } = s.choices[c.interaction] ?? {};
  if (!records || records.length === 1) return nothing;
  if (records.length === 0) return html`<p class="said">${failed ? words.notSearched : words.noRecord}</p>`;
  return html`<div class="field row"><label><span>${words.records(records.length)}</span>
      <select id="records">${records.map((r) => html`<option value=${r.id}>${[r.name, r.kind].filter(Boolean).join(' · ')}</option>`)}</select></label>
    <button class="plain" data-act="open" aria-disabled=${offOf(s) ? 'true' : nothing} @click=${(e) => act.choose(c.interaction, e.currentTarget.parentElement.querySelector('select').value)}>${words.openRecord}</button></div>`;
}

// outcome lets the agent choose how it went, in wrap-up.
function outcome(s, c, act) {
  if (!c.outcomes?.length || c.state !== 'wrap-up') return nothing;
  const off = offOf(s);
  const lost = Object.values(s.doing).some((d) => d.failed && d.command.do === 'dispose' && d.command.interaction === c.interaction);
  const chosen = (lost ? undefined : s.chosen[c.interaction]) ?? c.outcome ?? '';
  return html`<label class="field"><span>${words.outcome}</span>
    <select id="outcome" data-value=${chosen} ?disabled=${!!off} aria-required=${c.mustChoose ? 'true' : nothing} @change=${(e) => act.outcome(c, e.target.value)}>
      <option value="" ?selected=${!chosen}>${words.chooseOutcome}</option>
      ${c.outcomes.map((o) => html`<option value=${o} ?selected=${o === chosen}>${o}</option>`)}
    </select></label>`;
}

// buttons lists those of the dock. Each is keyed by what it does: had one become another in
// its place, what has the focus, or is under the pointer, would do something else.
function buttons(s, calls, placed) {
  const out = [];
  const seen = new Set(placed);
  // What ends something comes last, so that it is never where something else was.
  const ends = (a) => (a.do === 'abandon' ? 3 : a.do === 'release' ? 2 : 0);
  const all = calls
    .flatMap((c, i) => (c.actions ?? []).map((a) => ({ c, a, consult: i > 0 })))
    .toSorted((x, y) => ends(x.a) - ends(y.a) || (x.a.do === 'release' ? y.consult - x.consult : 0));
  for (const { c, a, consult } of all) {
    if (['open record', 'dispose', 'answer', 'reject'].includes(a.do)) continue;
    const key = a.do === 'release' ? `release ${c.interaction}` : a.do;
    if (seen.has(key) || (consult && a.do === 'consult')) continue;
    seen.add(key);
    const again = a.do === 'release' && c.state === 'release failed' && !busy(s, c.interaction, 'release');
    out.push({ card: c, action: a, party: consult ? (c.parties?.[0]?.name ?? c.name) : '', main: a.do === 'finish wrap', text: again ? 'Try again' : '' });
  }
  return out;
}
