// How times are written. Everything here is pure; instants are milliseconds since
// 1970 on the server's clock.

const pad = (n) => String(n).padStart(2, '0');

// instant reads an instant of the wire (RFC 3339); 0 if there is none.
export function instant(text) {
  const ms = text ? Date.parse(text) : NaN;
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

// seconds of a Go duration in nanoseconds.
export const nanoseconds = (n) => Math.round((n ?? 0) / 1e9);

// span writes whole seconds: 0:07, 59:59, 1:02:10, "2 d 3 h".
export function span(s) {
  s = Math.max(0, Math.floor(s));
  if (s >= 86400) return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
  if (s >= 3600) return `${Math.floor(s / 3600)}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
  return `${Math.floor(s / 60)}:${pad(s % 60)}`;
}

// up is the time since an instant.
export const up = (from, now) => span((now - from) / 1000);

// left is how many seconds are left, rounded up: the last second reads 0:01, and
// 0:00 means that it is over.
export const left = (until, now) => Math.max(0, Math.ceil((until - now) / 1000));

// inWords is a length for the ear: "24 seconds", "1 minute", "4 minutes".
export function inWords(s) {
  s = Math.max(0, Math.round(s));
  const n = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;
  if (s < 60) return n(s, 'second');
  if (s < 3600) return s % 60 === 0 || s >= 600 ? n(Math.floor(s / 60), 'minute') : `${n(Math.floor(s / 60), 'minute')} ${n(s % 60, 'second')}`;
  return n(Math.floor(s / 3600), 'hour') + (s % 3600 >= 60 ? ` ${n(Math.floor((s % 3600) / 60), 'minute')}` : '');
}

// minutesInWords is a length that changes once a minute at most.
export const minutesInWords = (s) => (s < 60 ? 'less than a minute' : inWords(Math.floor(s / 60) * 60));

// hm and hms are the time of day where the agent is, always with 24 hours: the words
// around them name no half of the day.
const hmFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const hmsFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const hm = (ms) => hmFormat.format(ms);
export const hms = (ms) => hmsFormat.format(ms);
