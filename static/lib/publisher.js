// A WHIP publisher (RFC 9725): sends one camera and comes back by itself.

import { Refused, foreign, headers } from './api.js';

export class Publisher {
  /** @param {string} url @param {(s: string, err?: any) => void} told connecting, live, lost, off */
  constructor(url, told) {
    this.url = url;
    this.told = told;
    /** @type {RTCPeerConnection|null} */
    this.pc = null;
    this.place = '';
    this.tries = 0;
    /** @type {MediaStream|null} */
    this.media = null;
  }

  /** @param {MediaStream} media */
  start(media) {
    this.media = media;
    this.leave = () => this.hangUp();
    addEventListener('pagehide', this.leave);
    this.open();
  }

  stop() {
    this.media = null;
    clearTimeout(this.retry);
    if (this.leave) removeEventListener('pagehide', this.leave);
    this.hangUp();
    this.told('off');
  }

  /** Changes camera, microphone or screen while on air. @param {MediaStream} media */
  async replace(media) {
    this.media = media;
    if (!this.pc) return;
    for (const s of this.pc.getSenders()) {
      const kind = s.track ? s.track.kind : '';
      const track = media.getTracks().find((x) => x.kind === kind);
      if (track && track !== s.track) await s.replaceTrack(track);
    }
  }

  hangUp() {
    if (this.place) fetch(this.place, { method: 'DELETE', keepalive: true, headers: headers() }).catch(() => {});
    this.place = '';
    if (this.pc) { this.pc.onconnectionstatechange = null; this.pc.close(); }
    this.pc = null;
  }

  async open() {
    const media = this.media;
    if (!media) return;
    this.told('connecting');
    this.hangUp();
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.pc = pc;
    for (const track of media.getTracks()) {
      const tr = pc.addTransceiver(track, { direction: 'sendonly', streams: [media] });
      if (track.kind === 'video' && tr.setCodecPreferences && RTCRtpSender.getCapabilities) {
        // H.264 first: every phone decodes it in hardware.
        const all = (RTCRtpSender.getCapabilities('video') || { codecs: [] }).codecs;
        const rank = (/** @type {any} */ c) => (/h264/i.test(c.mimeType) ? 0 : /vp8/i.test(c.mimeType) ? 1 : 2);
        try { tr.setCodecPreferences([...all].sort((a, b) => rank(a) - rank(b))); } catch (e) { /* its own order then */ }
      }
    }
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'connected') { this.tries = 0; this.told('live'); }
      if (pc.connectionState === 'failed' || pc.connectionState === 'disconnected') this.again();
    };
    try {
      await pc.setLocalDescription(await pc.createOffer());
      const res = await fetch(this.url, { method: 'POST', headers: headers({ 'Content-Type': 'application/sdp' }), body: (pc.localDescription || { sdp: '' }).sdp });
      if (res.status !== 201) {
        const problem = await res.json().catch(() => ({}));
        const code = problem.error && problem.error.code ? problem.error.code : problem.error;
        throw new Refused(typeof code === 'string' ? code : foreign(res.status), { status: res.status }, res.status);
      }
      this.place = new URL(res.headers.get('Location') || '', new URL(this.url, location.href)).href;
      await pc.setRemoteDescription({ type: 'answer', sdp: await res.text() });
      for (const s of pc.getSenders()) {
        if (!s.track || s.track.kind !== 'video') continue;
        const p = s.getParameters();
        if (p.encodings && p.encodings[0]) { p.encodings[0].maxBitrate = 3_000_000; await s.setParameters(p).catch(() => {}); }
      }
    } catch (e) {
      if (this.pc !== pc) return;
      if (e instanceof Refused && [401, 403, 409, 422].includes(e.status)) {
        this.hangUp();
        this.told('refused', e);
      } else this.again(e);
    }
  }

  /** @param {any} [err] */
  again(err) {
    if (!this.media) return;
    this.told('lost', err);
    this.hangUp();
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), Math.min(8000, 500 * 2 ** Math.min(this.tries++, 4)));
  }
}
