// Whether this browser can carry a call now: it has a microphone, and may use it.
// Nobody is asked for it here; that comes with the first call.

export class Phone {
  #nav;
  #device = false;
  #denied = false;

  constructor(nav) {
    this.#nav = nav;
  }

  get ready() {
    return this.#device && !this.#denied;
  }

  async watch() {
    const { mediaDevices, permissions } = this.#nav;
    if (!mediaDevices || !('RTCPeerConnection' in globalThis)) return;
    const look = async () => {
      this.#device = (await mediaDevices.enumerateDevices()).some((d) => d.kind === 'audioinput');
    };
    mediaDevices.addEventListener('devicechange', () => look().catch(() => {}));
    try {
      await look();
      const status = await permissions.query({ name: 'microphone' });
      const take = () => (this.#denied = status.state === 'denied');
      status.addEventListener('change', take);
      take();
    } catch {
      // A browser that does not tell is asked when a call comes.
    }
  }
}
