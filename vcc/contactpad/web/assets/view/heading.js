// What an interaction is called where it stands on its own: "Chat · Maria Lopez". A
// name is written in the direction of its own script.
import { html } from '../vendor/lit-html/lit-html.js';
import { Kind } from '../words.js';

export const heading = (c) => (c.unnamed ? c.name : html`${Kind(c)} · <span dir="auto">${c.name}</span>`);
