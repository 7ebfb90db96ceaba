// What the page takes from the device: cameras, microphones, the screen, and
// how loud the sound is.

/** @typedef {{source: 'camera'|'screen', camera: string, microphone: string, height: number}} Choice */

/** Sizes a broadcaster may ask for; the phone gives the nearest it has. */
export const HEIGHTS = [720, 1080, 480];

/** Why a browser withholds the camera, as a key of broadcast.*.json. @param {any} err */
export function reason(err) {
  switch (err && err.name) {
    case 'NotAllowedError': case 'SecurityError': return 'broadcast.error.denied';
    case 'NotFoundError': case 'DevicesNotFoundError': return 'broadcast.error.none';
    case 'NotReadableError': case 'TrackStartError': case 'AbortError': return 'broadcast.error.busy';
    case 'OverconstrainedError': return 'broadcast.error.gone';
  }
  return 'broadcast.error.other';
}

/** Whether this browser can give a camera at all, and if not, why. */
export function obstacle() {
  if (!window.isSecureContext) return 'broadcast.error.insecure';
  if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return 'broadcast.error.old';
  if (!window.RTCPeerConnection) return 'broadcast.error.old';
  return '';
}

/** @param {string} id @returns {any} */
function exactly(id) { return id ? { deviceId: { exact: id } } : {}; }

const SOUND = { echoCancellation: false, noiseSuppression: false, autoGainControl: true };

/**
 * Opens what was chosen. A screen without sound of its own takes the microphone.
 * @param {Choice} want @returns {Promise<MediaStream>}
 */
export async function take(want) {
  const silent = want.microphone === 'none';
  const audio = silent ? false : { ...SOUND, ...exactly(want.microphone) };
  const size = { height: { ideal: want.height }, width: { ideal: Math.round(want.height * 16 / 9) }, frameRate: { ideal: 30, max: 30 } };
  if (want.source === 'camera') {
    return navigator.mediaDevices.getUserMedia({ audio, video: { ...size, ...(want.camera ? exactly(want.camera) : { facingMode: { ideal: 'environment' } }) } });
  }
  const screen = await navigator.mediaDevices.getDisplayMedia({ video: size, audio: !silent });
  if (!silent && !screen.getAudioTracks().length) {
    try {
      const voice = await navigator.mediaDevices.getUserMedia({ audio });
      voice.getAudioTracks().forEach((x) => screen.addTrack(x));
    } catch (err) { // no screen is left shared behind an error
      release(screen);
      throw err;
    }
  }
  return screen;
}

/** @param {MediaStream|null} media */
export function release(media) { if (media) media.getTracks().forEach((x) => x.stop()); }

/** The devices with names; names come only after the first permission. */
export async function devices() {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (/** @type {string} */ kind) => all.filter((d) => d.kind === kind && d.deviceId);
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

/**
 * Measures the sound of a stream: told gets the peak in dBFS, -60 to 0, ten
 * times a second. Returns how to stop.
 * @param {MediaStream} media @param {(db: number) => void} told @returns {() => void}
 */
export function measure(media, told) {
  if (!media.getAudioTracks().length) return () => {};
  const context = new AudioContext();
  const meter = context.createAnalyser();
  meter.fftSize = 2048;
  context.createMediaStreamSource(media).connect(meter);
  const wave = new Float32Array(meter.fftSize);
  const wake = () => { if (context.state === 'suspended') context.resume(); }; // a browser starts it only after a touch
  addEventListener('pointerdown', wake);
  const timer = setInterval(() => {
    wake();
    meter.getFloatTimeDomainData(wave);
    let peak = 0;
    for (const x of wave) peak = Math.max(peak, Math.abs(x));
    told(Math.max(-60, Math.min(0, 20 * Math.log10(peak || 1e-6))));
  }, 100);
  return () => {
    clearInterval(timer);
    removeEventListener('pointerdown', wake);
    context.close();
  };
}

/** Keeps the screen awake while on is true, and again after the page was away. */
export class Awake {
  constructor() {
    this.on = false;
    /** @type {any} */
    this.lock = null;
    document.addEventListener('visibilitychange', () => { if (!document.hidden && this.on) this.get(); });
  }

  /** @param {boolean} on */
  set(on) {
    this.on = on;
    if (on) this.get();
    else if (this.lock) { this.lock.release().catch(() => {}); this.lock = null; }
  }

  async get() {
    try { this.lock = await /** @type {any} */ (navigator).wakeLock.request('screen'); } catch (e) { this.lock = null; /* an old phone, or a low battery */ }
  }
}
