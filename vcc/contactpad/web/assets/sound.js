// The ring: one tone, looped by the audio engine itself, because timers of a hidden
// tab come once a minute. It rings exactly while ring(true) holds (panel-ux 2.4).

const period = 4; // seconds from tone to tone
const sounding = 1.6; // seconds of each
const allowed = 400; // ms to begin, before it counts as kept silent

// Ringer rings. blocked() is called when the browser does not let it: it wants a
// click first.
export class Ringer {
  #context = null;
  #source = null;
  #gain = null;
  #volume = 0.6;
  #changed;
  #wanted = false;
  #late = false; // it had the time to begin

  constructor(changed) {
    this.#changed = changed;
  }

  // state is "silent", "ringing" or "blocked".
  get state() {
    if (!this.#wanted) return 'silent';
    if (this.#context?.state === 'running') return 'ringing';
    return this.#late ? 'blocked' : 'silent';
  }

  volume(v) {
    this.#volume = v;
    if (this.#gain) this.#gain.gain.value = v * v * 0.5;
  }

  ring(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    this.#late = false;
    if (wanted) {
      this.#start(true);
      setTimeout(() => {
        this.#late = this.#wanted;
        this.#changed();
      }, allowed);
    } else this.#stop();
    this.#changed();
  }

  // wake is for a click: sound may be allowed now.
  wake() {
    if (this.#wanted && this.#context?.state !== 'running') this.#context?.resume().then(this.#changed, () => {});
  }

  // test sounds once.
  test() {
    if (this.#wanted) return;
    this.#start(false);
  }

  #start(loop) {
    this.#stop();
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.onstatechange = this.#changed;
    }
    const context = this.#context;
    this.#gain = new GainNode(context);
    this.volume(this.#volume);
    this.#source = new AudioBufferSourceNode(context, { buffer: tone(context), loop });
    this.#source.connect(this.#gain).connect(context.destination);
    this.#source.start();
    if (context.state !== 'running') context.resume().then(this.#changed, () => {});
  }

  #stop() {
    this.#source?.stop();
    this.#source?.disconnect();
    this.#gain?.disconnect();
    this.#source = this.#gain = null;
  }
}

// tone draws two soft double strokes, then silence to the end of the period.
function tone(context) {
  const rate = context.sampleRate;
  const buffer = context.createBuffer(1, rate * period, rate);
  const out = buffer.getChannelData(0);
  for (const [start, pitch] of [[0, 659.3], [0.18, 830.6], [0.8, 659.3], [0.98, 830.6]]) {
    const from = Math.floor(start * rate);
    const to = Math.min(Math.floor(Math.min(start + 0.62, sounding) * rate), out.length);
    for (let i = from; i < to; i++) {
      const t = (i - from) / rate;
      const fade = Math.min(1, t * 80) * Math.exp(-5 * t) * Math.min(1, (to - i) / rate / 0.05);
      out[i] += 0.5 * fade * (Math.sin(2 * Math.PI * pitch * t) + 0.25 * Math.sin(4 * Math.PI * pitch * t));
    }
  }
  return buffer;
}
