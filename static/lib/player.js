// A WHEP player (draft-ietf-wish-whep): offer, answer, and a watchdog. A picture
// that stands still is worse than none: it starts again by itself.

import { headers } from './api.js';

const STALL = 5000; // ms without a new frame until it starts again

/** @typedef {'connecting'|'live'|'blocked'|'lost'|'none'|'never'} PlayerState none: the session has no picture at all; never: this browser can't show it */

export class Player {
  /**
   * @param {HTMLVideoElement} video @param {string} url
   * @param {(s: PlayerState) => void} told
   * @param {boolean} [rests] stops asking where there is no camera, until wake()
   */
  constructor(video, url, told, rests = false) {
    this.rests = rests;
    this.video = video;
    this.url = url;
    this.told = told;
    this.tries = 0;
    /** @type {RTCPeerConnection|null} */
    this.pc = null;
    this.place = ''; // of the WHEP resource
    this.frames = 0;
    this.moved = 0;
    /** jitter buffer delay in ms, as the browser measures it */
    this.delay = 0;
    this.stopped = true;
  }

  start() {
    this.stopped = false;
    this.watch = setInterval(() => this.check(), 1000);
    this.leave = () => this.hangUp();
    addEventListener('pagehide', this.leave);
    this.open();
  }

  stop() {
    this.stopped = true;
    clearInterval(this.watch);
    clearTimeout(this.retry);
    if (this.leave) removeEventListener('pagehide', this.leave);
    this.hangUp();
  }

  /** Asks again where there was no picture, or at once instead of later. */
  wake() {
    if (this.stopped || this.pc) return;
    clearTimeout(this.retry);
    this.open();
  }

  /** Ends the session on the server too. */
  hangUp() {
    if (this.place) fetch(this.place, { method: 'DELETE', keepalive: true, headers: headers() }).catch(() => {});
    this.place = '';
    if (this.pc) { this.pc.onconnectionstatechange = null; this.pc.ontrack = null; this.pc.close(); }
    this.pc = null;
  }

  async open() {
    if (this.stopped) return;
    this.told('connecting');
    this.hangUp();
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.pc = pc;
    this.frames = 0;
    this.moved = Date.now();
    const media = new MediaStream();
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.ontrack = (e) => {
      media.addTrack(e.track);
      if (this.video.srcObject !== media) this.video.srcObject = media;
      this.play();
    };
    pc.onconnectionstatechange = () => { if (pc.connectionState === 'failed') this.again(); };
    try {
      const offer = await pc.createOffer();
      // Ask for stereo: Opus answers mono unless the offer says so (RFC 7587).
      const sdp = String(offer.sdp).replace(/a=fmtp:(\d+) minptime=10;useinbandfec=1/g, 'a=fmtp:$1 minptime=10;useinbandfec=1;stereo=1');
      await pc.setLocalDescription({ type: 'offer', sdp });
      const res = await fetch(this.url, { method: 'POST', headers: headers({ 'Content-Type': 'application/sdp' }), body: sdp });
      if (res.status === 404 && this.rests) {
        if (this.pc === pc) { this.hangUp(); this.told('none'); }
        return;
      }
      if (res.status === 422) { // it has not the codec, and won't learn it
        if (this.pc === pc) { this.stop(); this.told('never'); }
        return;
      }
      if (res.status !== 201) throw new Error('WHEP ' + res.status);
      this.place = new URL(res.headers.get('Location') || '', new URL(this.url, location.href)).href;
      await pc.setRemoteDescription({ type: 'answer', sdp: await res.text() });
      if (this.stopped || this.pc !== pc) pc.close();
    } catch (e) {
      if (this.pc === pc) this.again();
    }
  }

  /** Plays; where the browser wants a tap first, says so. */
  async play() {
    try { await this.video.play(); } catch (e) {
      if (!this.stopped && /** @type {any} */ (e).name === 'NotAllowedError') this.told('blocked');
    }
  }

  again() {
    if (this.stopped) return;
    this.told('lost');
    this.hangUp();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), Math.min(8000, 500 * 2 ** Math.min(this.tries++, 4)) * (0.6 + Math.random() * 0.8));
  }

  async check() {
    const pc = this.pc;
    if (!pc || this.stopped || document.hidden) { this.moved = Date.now(); return; }
    let frames = 0;
    try {
      (await pc.getStats()).forEach((s) => {
        if (s.type === 'inbound-rtp' && s.kind === 'video') {
          frames = s.framesDecoded || 0;
          if (s.jitterBufferEmittedCount) this.delay = Math.round(1000 * s.jitterBufferDelay / s.jitterBufferEmittedCount);
        }
      });
    } catch (e) { return; }
    if (frames > this.frames) {
      this.frames = frames;
      this.moved = Date.now();
      this.tries = 0;
      if (!this.video.paused) this.told('live');
    } else if (Date.now() - this.moved > STALL && this.place) this.again();
  }
}
