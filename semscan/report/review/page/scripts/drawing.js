// A missed defect is drawn: a box by two corners, a polygon by any number; with the mouse or with the keyboard alone.

import { boxCorners } from "./marks.js";

const STEP = 4; // px on the screen, at least one of the image
const FAST = 10; // times as far with Shift
const NEAR = 6; // px on the screen within which a polygon is closed
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing {
  // `viewer` shows it, `finished(polygon)` gets the corners x, y in px of the image, `changed()` is called in between.
  constructor(viewer, finished, changed) {
    Object.assign(this, { viewer, finished, changed, sketch: null });
  }

  get isActive() {
    return this.sketch !== null;
  }

  start(kind) {
    this.sketch = { kind, corners: [], cursor: [this.viewer.current().x, this.viewer.current().y].map(Math.round) };
    this.#update();
  }

  stop() {
    this.sketch = null;
    this.#update();
  }

  key(event) {
    const { sketch } = this;
    const move = MOVES[event.key];
    if (move) {
      const step = Math.max(1, Math.round(STEP / this.viewer.current().scale)) * (event.shiftKey ? FAST : 1);
      sketch.cursor = this.#within([sketch.cursor[0] + step * move[0], sketch.cursor[1] + step * move[1]]);
      this.viewer.keepInView(sketch.cursor);
    } else if (event.key === "Enter" || event.key === " ") {
      if (!event.repeat) this.#corner(sketch.cursor);
    } else if (event.key === "Backspace") {
      sketch.corners.pop();
    } else if (event.key === "Escape") {
      this.stop();
    } else {
      return false;
    }
    this.#update();
    return true;
  }

  press(point) {
    this.sketch.cursor = this.#within(point.map(Math.round));
    this.#corner(this.sketch.cursor);
    this.#update();
  }

  move(point) {
    this.sketch.cursor = this.#within(point.map(Math.round));
    this.#update();
  }

  // A box that was pulled open with the mouse ends where the button is let go.
  release(point) {
    const { kind, corners } = this.sketch;
    const end = this.#within(point.map(Math.round));
    if (kind === "box" && corners.length === 1 && this.#distance(corners[0], end) > NEAR) this.#corner(end);
    this.#update();
  }

  #corner(point) {
    const { kind, corners } = this.sketch;
    if (kind === "box") {
      if (!corners.length) corners.push(point);
      else if (point[0] !== corners[0][0] && point[1] !== corners[0][1]) this.#finish(boxCorners(corners[0], point));
      return;
    }
    const closes = [corners[0], corners.at(-1)].some((corner) => corner && this.#distance(corner, point) <= NEAR);
    if (!closes) corners.push(point);
    else if (corners.length >= 3) this.#finish(corners);
  }

  #finish(polygon) {
    this.sketch = null;
    this.finished(polygon);
  }

  #distance([x, y], [otherX, otherY]) {
    return Math.hypot(x - otherX, y - otherY) * this.viewer.current().scale;
  }

  #within([x, y]) {
    const { width, height } = this.viewer.entry;
    return [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)];
  }

  #update() {
    this.viewer.sketch = this.sketch;
    this.viewer.draw();
    this.changed();
  }
}
