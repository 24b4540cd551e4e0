// "Keyboard and sound": the shortcuts, which can be switched off, the ring and the look.
import { html } from '../vendor/lit-html/lit-html.js';
import { keys as words, title } from '../words.js';

export function keysDialog(s, act) {
  const set = s.settings;
  return html`<div class="cover">
    <div class="finder settings" role="dialog" tabindex="-1" aria-modal="true" aria-labelledby="keys-title" @keydown=${(e) => act.dialogKeys(e, () => act.keys(false))}>
      <h2 id="keys-title">${title.keys}</h2>
      <div class="scroll" tabindex="-1">
        ${check('shortcuts', words.shortcuts, set.shortcuts, act)}
        <dl>${words.list.map(([key, what]) => html`<div><dt>${key}</dt><dd>${what}</dd></div>`)}</dl>
        ${check('pop', words.pop, set.pop, act)} ${check('ring', words.ring, set.ring, act)}
        <label class="field"><span>${words.volume}</span>
          <input type="range" min="0" max="1" step="0.1" .value=${String(set.volume)} @change=${(e) => act.setting({ volume: +e.target.value })} /></label>
        <button class="plain" data-act="test" @click=${() => act.testSound()}>${words.test}</button>
        <label class="field"><span>${words.theme}</span>
          <select @change=${(e) => act.setting({ theme: e.target.value })}>
            ${Object.entries(words.themes).map(([v, t]) => html`<option value=${v} ?selected=${v === set.theme}>${t}</option>`)}
          </select></label>
      </div>
      <div class="buttons"><button class="main" data-act="close" autofocus @click=${() => act.keys(false)}>${words.close}</button></div>
    </div>
  </div>`;
}

const check = (name, text, on, act) => html`<label class="check"><input type="checkbox" .checked=${on} @change=${(e) => act.setting({ [name]: e.target.checked })} /><span>${text}</span></label>`;
