// The pictures of one image, next to each other or in turn, with one zoom and one place for all of them.

import { drawMarks, drawScale, drawSketch } from "./marks.js";

const TITLES = { test: "Test", reference: "Reference", difference: "Difference: grey where equal", map: "Anomaly map" };
const LARGEST_SCALE = 64; // px on the screen for one of the image
const CONTEXT = 4; // sides of a region that are seen around it
const LEAST_CONTEXT = 96; // px of the image
const CAPTION = 32; // px of a caption and the gap below it
const WORTH = 1.25;
const TURN = 500; // ms that each picture is shown while blinking

export class Viewer {
  constructor(root) {
    Object.assign(this, { root, entry: null, pictures: {}, marks: [], target: null, sketch: null });
    this.options = { side: true, flip: false, blink: false, map: true, outlines: true };
    this.contrast = 1;
    this.brightness = 1;
    this.view = null; // {scale, x, y}: the point of the image in the middle; null: the target, or all
    this.panes = [];
    new ResizeObserver(() => this.draw()).observe(root);
  }

  // Show an image; pictures come one after the other, see `add`.
  show(entry) {
    this.entry = entry;
    this.pictures = {};
    this.view = null;
    this.draw();
  }

  add(kind, picture) {
    this.pictures[kind] = picture;
    this.draw();
  }

  // Bring a box (x, y, width, height) into the middle; null: the whole image.
  aim(target) {
    this.target = target;
    this.view = null;
    this.draw();
  }

  toggle(name) {
    this.options[name] = !this.options[name];
    if (name === "blink") {
      clearInterval(this.timer);
      this.options.flip = false;
      if (this.options.blink) this.timer = setInterval(() => { this.options.flip = !this.options.flip; this.draw(); }, TURN);
    }
    this.draw();
  }

  zoom(factor, at = null) {
    const view = this.#view();
    const scale = Math.min(LARGEST_SCALE, Math.max(this.#fit() / 2, view.scale * factor));
    const [x, y] = at ?? [view.x, view.y];
    const share = 1 - view.scale / scale;
    this.view = { scale, x: view.x + (x - view.x) * share, y: view.y + (y - view.y) * share };
    this.draw();
  }

  move(view) {
    this.view = view;
    this.draw();
  }

  // What is in the middle, and how large: {scale, x, y}.
  current() {
    return this.#view();
  }

  // The point of the image, x, y, that an event of the mouse is over; null outside of the pictures.
  pointAt(event) {
    const pane = this.entry && this.panes.find(({ frame }) => frame.contains(event.target));
    if (!pane) return null;
    const box = pane.frame.getBoundingClientRect();
    const view = this.#view();
    return [
      view.x + (event.clientX - box.left - box.width / 2) / view.scale,
      view.y + (event.clientY - box.top - box.height / 2) / view.scale,
    ];
  }

  keepInView([x, y]) {
    const view = this.#view();
    const { width, height } = this.#size();
    const far = Math.abs(x - view.x) * view.scale > width / 2 - 20 || Math.abs(y - view.y) * view.scale > height / 2 - 20;
    if (far) this.view = { ...view, x, y };
  }

  draw() {
    if (!this.entry) return;
    this.#arrange();
    for (const pane of this.panes) this.#drawPane(pane);
  }

  #kinds() {
    const has = (kind) => this.entry.pictures.includes(kind);
    const second = has("reference") ? ["reference", "difference"] : has("map") ? ["map"] : [];
    if (this.options.side && !this.options.flip && !this.options.blink) return ["test", ...second];
    return [this.options.flip && second.length ? second[0] : "test"];
  }

  #arrange() {
    const kinds = this.#kinds();
    if (this.panes.length !== kinds.length) {
      this.root.replaceChildren();
      this.panes = kinds.map(() => this.#makePane());
    }
    this.root.style.gridTemplateColumns = `repeat(${this.#columns(kinds.length)}, minmax(0, 1fr))`;
    this.panes.forEach((pane, place) => {
      pane.kind = kinds[place];
      const there = this.pictures[pane.kind];
      const problem = there instanceof Error ? there.message : this.entry.pictures.includes(pane.kind) ? "" : "no picture";
      pane.caption.textContent = problem ? `${TITLES[pane.kind]}: ${problem}` : TITLES[pane.kind];
    });
  }

  // The number of columns: a row of pictures compares best, unless they are much larger in several.
  #columns(count) {
    const { clientWidth, clientHeight } = this.root;
    const { width, height } = this.entry;
    const scale = (columns) => Math.min(clientWidth / columns / width, (clientHeight / Math.ceil(count / columns) - CAPTION) / height);
    const choices = Array.from({ length: count }, (_, place) => count - place);
    return choices.reduce((best, columns) => (scale(columns) > WORTH * scale(best) ? columns : best));
  }

  #makePane() {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    const frame = document.createElement("div");
    const picture = document.createElement("canvas");
    const marks = document.createElement("canvas");
    picture.setAttribute("aria-hidden", "true");
    marks.setAttribute("aria-hidden", "true");
    frame.append(picture, marks);
    figure.append(frame, caption);
    this.root.append(figure);
    return { figure, caption, frame, picture, marks, kind: null };
  }

  #drawPane(pane) {
    const { width, height } = pane.frame.getBoundingClientRect();
    const view = this.#view();
    const toScreen = ([x, y]) => [(x - view.x) * view.scale + width / 2, (y - view.y) * view.scale + height / 2];
    const picture = this.#context(pane.picture, width, height);
    const [left, top] = toScreen([0, 0]);
    const wide = this.entry.width * view.scale;
    const high = this.entry.height * view.scale;
    const lay = (ctx, bitmap) => {
      ctx.imageSmoothingEnabled = wide < bitmap.width;
      ctx.drawImage(bitmap, left, top, wide, high);
    };
    const isThere = (kind) => this.pictures[kind] && !(this.pictures[kind] instanceof Error);
    pane.picture.style.filter = pane.kind === "map" ? "" : `brightness(${this.brightness}) contrast(${this.contrast})`;
    if (isThere(pane.kind)) lay(picture, this.pictures[pane.kind]);
    const marks = this.#context(pane.marks, width, height);
    if (this.options.map && pane.kind === "test" && isThere("layer")) lay(marks, this.pictures.layer);
    if (this.options.outlines) drawMarks(marks, this.marks, toScreen);
    if (this.entry.nm_per_pixel) drawScale(marks, this.entry.nm_per_pixel / view.scale, width, height);
    if (this.sketch) drawSketch(marks, this.sketch, toScreen);
  }

  #context(canvas, width, height) {
    const dense = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * dense));
    canvas.height = Math.max(1, Math.round(height * dense));
    const ctx = canvas.getContext("2d");
    ctx.setTransform(dense, 0, 0, dense, 0, 0);
    return ctx;
  }

  #size() {
    return this.panes.length ? this.panes[0].frame.getBoundingClientRect() : { width: 1, height: 1 };
  }

  #fit() {
    const { width, height } = this.#size();
    return Math.max(1e-3, Math.min(width / this.entry.width, height / this.entry.height));
  }

  #view() {
    if (this.view) return this.view;
    const { width, height } = this.entry;
    if (!this.target) return { scale: this.#fit(), x: width / 2, y: height / 2 };
    const [x, y, wide, high] = this.target;
    const seen = Math.max(LEAST_CONTEXT, CONTEXT * wide, CONTEXT * high);
    const room = Math.min(this.#size().width, this.#size().height);
    const scale = Math.max(this.#fit(), Math.min(LARGEST_SCALE, room / seen));
    return { scale, x: x + wide / 2, y: y + high / 2 };
  }
}
