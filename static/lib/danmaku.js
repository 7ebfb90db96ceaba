// Lines that fly over the picture (弹幕), on one canvas. Each line is drawn once
// into a sprite; a frame only moves sprites. A line takes the first lane whose
// last line has left room; with none free the oldest waiting one is dropped.

const SECONDS = 8; // across the picture
const WAITING = 40;

/** @typedef {{id: string, sprite: HTMLCanvasElement, w: number, speed: number, lane: number, born: number}} Flying */

export class Danmaku {
  /** @param {HTMLCanvasElement} canvas @param {{lanes?: number, from?: number, span?: number}} [o] lanes lie from there on, over that part of the height */
  constructor(canvas, o = {}) {
    this.canvas = canvas;
    this.lanes = o.lanes || 4;
    this.from = o.from || 0.06;
    this.span = o.span || 0.62;
    /** @type {Flying[]} */
    this.flying = [];
    /** @type {{id: string, text: string, own: boolean}[]} */
    this.queue = [];
    this.on = true;
    this.frame = 0;
  }

  /** @param {{id: string, text: string, own?: boolean}} m */
  add(m) {
    if (!this.on || document.hidden) return;
    this.queue.push({ id: m.id, text: m.text, own: !!m.own });
    if (this.queue.length > WAITING) this.queue.shift();
    if (!this.frame) this.frame = requestAnimationFrame((at) => this.draw(at));
  }

  /** Takes a line off at once. @param {string} id */
  retract(id) {
    this.flying = this.flying.filter((f) => f.id !== id);
    this.queue = this.queue.filter((m) => m.id !== id);
  }

  /** @param {boolean} on */
  show(on) {
    this.on = on;
    if (!on) { this.flying = []; this.queue = []; }
  }

  /** @param {{id: string, text: string, own: boolean}} m @param {number} size px */
  sprite(m, size) {
    const c = document.createElement('canvas'), g = /** @type {CanvasRenderingContext2D} */ (c.getContext('2d'));
    const font = '500 ' + size + 'px ' + getComputedStyle(this.canvas).fontFamily;
    g.font = font;
    c.width = Math.ceil(g.measureText(m.text).width) + size;
    c.height = Math.ceil(size * 1.5);
    g.font = font;
    g.textBaseline = 'middle';
    g.lineJoin = 'round';
    g.lineWidth = size / 6;
    g.strokeStyle = 'rgba(4, 12, 28, .8)';
    g.fillStyle = m.own ? '#7FE3FF' : '#F3F8FF';
    g.strokeText(m.text, size / 2, c.height / 2);
    g.fillText(m.text, size / 2, c.height / 2);
    return c;
  }

  /** @param {number} at */
  draw(at) {
    this.frame = 0;
    const c = this.canvas, g = /** @type {CanvasRenderingContext2D} */ (c.getContext('2d'));
    const scale = Math.min(2, devicePixelRatio || 1), w = Math.round(c.clientWidth * scale), h = Math.round(c.clientHeight * scale);
    if (c.width !== w || c.height !== h) { c.width = w; c.height = h; }
    const lane = h * this.span / this.lanes, size = Math.round(Math.min(lane * 0.72, 34 * scale));
    const x = (/** @type {Flying} */ f) => w - (at - f.born) / 1000 * f.speed;
    this.flying = this.flying.filter((f) => x(f) + f.w > 0);
    for (let i = 0; i < this.lanes && this.queue.length; i++) {
      const last = this.flying.filter((f) => f.lane === i).pop();
      if (last && x(last) + last.w > w - size) continue;
      const m = this.queue[0], sprite = this.sprite(m, size);
      const speed = (w + sprite.width) / SECONDS;
      // A faster line must not run into the one before it.
      if (last && (x(last) + last.w) / last.speed > w / speed) continue;
      this.queue.shift();
      this.flying.push({ id: m.id, sprite, w: sprite.width, speed, lane: i, born: at });
    }
    g.clearRect(0, 0, w, h);
    for (const f of this.flying) g.drawImage(f.sprite, Math.round(x(f)), Math.round(h * this.from + f.lane * lane));
    if (this.flying.length || this.queue.length) this.frame = requestAnimationFrame((t) => this.draw(t));
  }
}
