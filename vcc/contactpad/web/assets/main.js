// The page's entry: makes the parts, and joins them.
//
//	server ◀── socket.js ── wire.js ──┐                ┌──▶ view/*.js   state to markup, pure
//	console ◀── bridge.js ────────────┤                ├──▶ speech.js   state to sentences, pure ──▶ announce.js
//	keys, clicks ── act.js ───────────┼──▶ state.js ───┼──▶ utility.js  state to the utility bar, pure
//	other panel ◀── rtc.js ───────────┤   (app.js      ├──▶ sound.js    rings while a call alerts
//	time ── clock.js ─────────────────┘    holds it)   └──▶ focus.js    where the focus goes
//
// state.js is the only place where what the page knows changes, and pure. words.js and
// notices.js have all words, pad.css the whole look. vendor/ is not ours.
import { App } from './app.js';
import { readConfig } from './config.js';

const app = new App({ win: window, config: readConfig(document) });
app.start();
