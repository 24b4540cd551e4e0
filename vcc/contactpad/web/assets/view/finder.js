// The dialog that finds who is consulted or gets a transfer: an editable combobox by
// the authoring practices. The focus stays in the text; the first Return takes the
// active option, the second commits (panel-ux 2.2).
import { html, nothing } from '../vendor/lit-html/lit-html.js';
import { repeat } from '../vendor/lit-html/directives/repeat.js';
import { icon } from '../icons.js';
import { same } from '../finder.js';
import { denial, failed, finder as words, slow } from '../words.js';
import { offOf } from './button.js';

export function finder(s, act) {
  const f = s.finder;
  const off = offOf(s);
  const sent = s.doing[f.sent];
  const late = sent?.failed ? failed(f.mode) : sent?.slow ? slow(f.mode) : '';
  return html`<div class="cover">
    <div class="finder" role="dialog" tabindex="-1" aria-modal="true" aria-labelledby="finder-title" @keydown=${(e) => act.dialogKeys(e, () => act.findEscape())}>
      <h2 id="finder-title">${words.title(f)}</h2>
      ${f.both
        ? html`<fieldset class="toggle"><legend class="vh">${words.how}</legend>
            ${['consult', 'transfer'].map((m) => html`<label class=${m === f.mode ? 'on' : ''}><input type="radio" name="mode" .checked=${m === f.mode} @change=${() => act.findMode(m)} />${words.mode[m]}</label>`)}
          </fieldset>`
        : nothing}
      <label class="search"><span>${words.label[f.mode]}</span>
        <span class="box">${icon('search')}<input
          id="find"
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck="false"
          aria-expanded=${f.options.length > 0 ? 'true' : 'false'}
          aria-controls="found"
          aria-autocomplete="list"
          aria-activedescendant=${f.active >= 0 ? `option-${f.active}` : nothing}
          .value=${f.text}
          maxlength="100"
          autofocus
          @input=${(e) => act.findText(e.target.value)}
          @keydown=${(e) => act.findKeys(e)}
        /></span></label>
      ${results(f, act)}
      <p class="to"><span class="label">${words.to}:</span> <strong dir="auto">${f.to ? f.to.name : words.nobodyYet}</strong></p>
      ${f.refused || late ? html`<p class="said">${late || denial(f.refused)}</p>` : nothing}
      ${s.hint ? html`<p class="hint">${s.hint}</p>` : nothing}
      <div class="buttons">
        <button class="main" data-act="commit" aria-disabled=${off || !f.to || (f.sent && !sent?.failed) ? 'true' : nothing} @click=${() => act.findCommit()}>${words.commit[f.mode]}</button>
        <button class="plain" data-act="cancel" @click=${() => act.findClose()}>${words.cancel}</button>
      </div>
    </div>
  </div>`;
}

function results(f, act) {
  const none = f.total === 0 && f.options.length === 0;
  const rest = f.total - f.options.filter((o) => !o.number).length;
  return html`<p class="count ${none ? 'none' : ''}">${f.total < 0 ? words.searching : none ? (f.answered ? words.none(f.answered) : words.nobody) : words.found(f.total)}</p>
    <ul id="found" class="options ${none ? 'none' : ''}" role="listbox" aria-label=${words.results}>${repeat(f.options, (o) => o.number ? 'number' : (o.plan ?? '') + '/' + (o.agent ?? ''), (o, i) => option(f, o, i, act))}</ul>
    ${rest > 0 && f.total >= 0 ? html`<p class="rest">${words.more(rest)}</p>` : nothing}`;
}

const option = (f, o, i, act) => html`<li
  id=${`option-${i}`}
  role="option"
  class=${i === f.active ? 'active' : ''}
  aria-selected=${i === f.active ? 'true' : 'false'}
  aria-disabled=${o.off ? 'true' : nothing}
  data-name=${o.name}
  @mousedown=${(e) => e.preventDefault()}
  @click=${() => act.findTake(i)}
>
  <span class="shape ${o.mark}">${icon(o.mark)}</span>
  <span class="lines"><span class="name" dir="auto">${o.number ? words.dial(o.name) : o.name}</span><span class="vh">, </span>
    <span class="second">${[o.number ? '' : words.kindOf(o), o.off || o.state].filter(Boolean).join(' · ')}</span></span>
  ${same(o, f.to) ? icon('tick', 'taken') : nothing}
</li>`;
