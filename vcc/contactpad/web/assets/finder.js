// The search for who is consulted or gets a transfer: its state, as pure functions.

// opened is the search as it begins: nothing typed, nothing chosen, nothing active.
export const opened = ({ mode, both, interaction, title }) => ({
  mode, // 'consult' or 'transfer'
  both, // may be toggled
  interaction,
  title, // of what it is about
  text: '',
  answered: '', // the text that options belong to
  options: [],
  total: -1, // not known yet
  active: -1,
  to: null, // the option that was taken
  sent: '', // id of the command
  refused: null,
});

// typed takes a new text in: what was active is no longer.
export const typed = (f, text) => ({ ...f, text, active: -1, to: null, refused: null, options: withNumber(f, text, f.options) });

// found takes the server's list in. An option that is active stays so if it is still
// there: whoever types fast has pressed an arrow before the last answer came.
export function found(f, m) {
  const options = withNumber(f, f.text, m.options ?? []);
  return { ...f, answered: m.text, total: m.total, options, active: options.findIndex((o) => same(o, f.options[f.active])) };
}

// moved moves the active option, around the ends.
export function moved(f, by) {
  const n = f.options.length;
  if (n === 0) return f;
  if (f.active < 0) return { ...f, active: by > 0 ? 0 : n - 1 };
  const next = f.active + by;
  if (Math.abs(by) === 1) return { ...f, active: (next + n) % n };
  return { ...f, active: Math.max(0, Math.min(n - 1, next)) };
}

// dialled reads a phone number out of what was typed; '' if it is none.
export function dialled(text) {
  const t = text.trim();
  if (!/^\+?[\d\s().\/-]+$/.test(t)) return '';
  const digits = t.replace(/[^\d+]/g, '');
  return /^\+?\d{3,20}$/.test(digits) ? digits : '';
}

// withNumber puts the number that was typed, if it is one, before options. The server
// tells it too, which may belong to an earlier text: what it says against dialling is kept.
function withNumber(f, text, options) {
  const number = f.mode === 'consult' ? dialled(text) : '';
  const others = options.filter((o) => !o.number);
  const off = options.find((o) => o.number)?.off;
  return number ? [{ number, name: text.trim(), mark: 'call', state: '', ...(off && { off }) }, ...others] : others;
}

// target is the option as the wire wants it.
export const target = (o) => (o.number ? { number: o.number } : o.plan ? { plan: o.plan } : { agent: o.agent });

// same tells whether two options are the same one.
export const same = (a, b) => !!a && !!b && a.number === b.number && a.plan === b.plan && a.agent === b.agent;
