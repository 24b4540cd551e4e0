// The voice between two agents' panels: WebRTC audio; the server only passes messages
// on. Of the two the one with the smaller id offers: both know both ids, whoever asked,
// and however often a page was loaded anew.

const patience = 10_000; // ms for two panels to find each other
const pause = 3000; // ms before what failed is tried again

// Voice keeps one connection for each call that sync lists.
//
// Messages to the other panel: {ready} (I can talk: offer, if that is yours to do), {sdp, n}
// and {ice, n}, where n names the offer: what belongs to an older one is not heard. ready is
// a name that a side gives to its own part. It is offered to once, however often it says
// that it is ready; a page that was loaded again, or that starts anew because nothing came
// of it, has another name, and so gets another offer.
export class Voice {
  #win;
  #ice = [];
  #media;
  #audio;
  #send;
  #changed;
  #calls = new Map();
  #me = '';

  constructor({ win, media, audio, send, changed }) {
    this.#win = win;
    this.#media = media;
    this.#audio = audio;
    this.#send = send;
    this.#changed = changed;
  }

  // servers sets the servers that help two browsers find each other (RTCIceServer).
  servers(list) {
    if (Array.isArray(list)) this.#ice = list;
  }

  // sync makes the connections those of calls: {interaction, agent, held}.
  sync(calls, me) {
    this.#me = me;
    const wanted = new Map(calls.map((c) => [c.interaction, c]));
    for (const id of [...this.#calls.keys()]) if (!wanted.has(id)) this.#end(id);
    for (const c of calls) {
      const call = this.#calls.get(c.interaction);
      if (!call) this.#begin(c);
      else if (call.held !== c.held) this.#hold(call, c.held);
    }
  }

  // heard takes a message of the other panel.
  heard(interaction, from, data) {
    const call = this.#calls.get(interaction);
    if (!call || call.agent !== from || data === null || typeof data !== 'object') return;
    call.chain = call.chain.then(() => this.#take(call, data)).catch(() => this.#open(call) && this.#failed(call));
  }

  // again starts what is not connected anew: messages of it may have been lost.
  again() {
    for (const call of this.#calls.values()) if (call.said !== 'talking') this.#anew(call);
  }

  #begin(c) {
    const call = { ...c, offers: this.#me < c.agent, chain: Promise.resolve(), stream: null, pc: null, early: [], said: '', n: 0, name: '', peer: '', timer: 0 };
    this.#calls.set(c.interaction, call);
    // In a task of its own: the state that asked for the call is drawn first.
    call.chain = call.chain.then(() => this.#listen(call));
  }

  async #listen(call) {
    this.#tell(call, 'connecting');
    call.stream = null;
    try {
      if (!this.#media) throw new Error('no media here');
      call.stream = await this.#media.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    } catch {
      this.#tell(call, 'no microphone');
      return;
    }
    if (!this.#open(call)) {
      stop(call.stream); // it ended while the agent was asked for the microphone
      return;
    }
    // A headset that is pulled out: there may be another microphone.
    for (const track of call.stream.getTracks()) track.onended = () => this.#open(call) && (call.chain = call.chain.then(() => this.#listen(call)));
    this.#hold(call, call.held);
    this.#anew(call);
  }

  // anew says that this side is ready, under a new name, and does so again until voices
  // are heard: the other page may be gone for a while, or the network.
  #anew(call) {
    if (!call.stream || !this.#open(call)) return;
    this.#expect(call, patience);
    call.name = this.#win.crypto.randomUUID();
    call.peer = '';
    this.#send(call.interaction, { ready: call.name });
  }

  // expect starts anew unless voices are heard within ms.
  #expect(call, ms) {
    clearTimeout(call.timer);
    call.timer = setTimeout(() => call.said !== 'talking' && this.#anew(call), ms);
  }

  async #take(call, data) {
    if (!call.stream || !this.#open(call)) return;
    if (typeof data.ready === 'string') {
      if (call.peer === data.ready) return; // was offered to, or is known to be there
      call.peer = data.ready;
      // Who does not offer answers: the other side may have come later than what it said.
      if (call.offers) await this.#offer(call);
      else this.#send(call.interaction, { ready: call.name });
    } else if (data.sdp?.type === 'offer' && !call.offers) {
      const pc = this.#connect(call, data.n);
      await pc.setRemoteDescription(data.sdp);
      await this.#late(call);
      await pc.setLocalDescription();
      this.#send(call.interaction, { sdp: plain(pc.localDescription), n: call.n });
    } else if (data.n !== call.n) {
      return; // of an older offer
    } else if (data.sdp?.type === 'answer' && call.offers && call.pc?.signalingState === 'have-local-offer') {
      await call.pc.setRemoteDescription(data.sdp);
      await this.#late(call);
    } else if (data.ice !== undefined) {
      if (call.pc?.remoteDescription) await call.pc.addIceCandidate(data.ice).catch(() => {});
      else if (call.early.length < 100) call.early.push(data.ice);
    }
  }

  async #offer(call) {
    const pc = this.#connect(call, 1 + Math.floor(Math.random() * 2 ** 31));
    await pc.setLocalDescription();
    this.#send(call.interaction, { sdp: plain(pc.localDescription), n: call.n });
  }

  async #late(call) {
    for (const ice of call.early.splice(0)) await call.pc.addIceCandidate(ice).catch(() => {});
  }

  #connect(call, n) {
    call.pc?.close();
    call.n = n;
    this.#expect(call, patience);
    this.#tell(call, 'connecting');
    call.early = [];
    const pc = new RTCPeerConnection({ iceServers: this.#ice });
    call.pc = pc;
    for (const track of call.stream.getTracks()) pc.addTrack(track, call.stream);
    pc.onicecandidate = (e) => call.pc === pc && this.#open(call) && this.#send(call.interaction, { ice: e.candidate ? e.candidate.toJSON() : null, n });
    pc.ontrack = (e) => {
      this.#audio.srcObject = e.streams[0];
      this.#audio.play().catch(() => {}); // the next click lets it
    };
    pc.onconnectionstatechange = () => {
      if (call.pc !== pc) return;
      if (pc.connectionState === 'connected') this.#tell(call, 'talking');
      else if (pc.connectionState === 'disconnected') this.#tell(call, 'connecting');
      else if (pc.connectionState === 'failed') this.#failed(call);
    };
    return pc;
  }

  // failed says so, and tries again.
  #failed(call) {
    this.#tell(call, 'failed');
    this.#expect(call, pause);
  }

  #hold(call, held) {
    call.held = held;
    for (const track of call.stream?.getTracks() ?? []) track.enabled = !held;
    this.#audio.muted = held;
  }

  #open(call) {
    return this.#calls.get(call.interaction) === call;
  }

  #tell(call, state) {
    if (!this.#open(call) || call.said === state) return;
    call.said = state;
    this.#changed(call.interaction, state);
  }

  #end(id) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(call.timer);
    call.pc?.close();
    stop(call.stream);
    this.#audio.srcObject = null;
    if (call.said) queueMicrotask(() => this.#changed(id, ''));
  }
}

const stop = (stream) => stream?.getTracks().forEach((t) => t.stop());
const plain = (d) => ({ type: d.type, sdp: d.sdp });
