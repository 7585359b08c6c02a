// Where the reviewer is: which image is shown, which of its regions is decided about, and the way on from there.

import { Loader } from "./loader.js";
import { boxOf, marksOf } from "./marks.js";
import { MISSED, keyOf } from "./store.js";

export class Tour {
  #loader = new Loader();

  // `parts` are the store and what shows it: {store, list, panel, viewer}. `left()` is called when another image is
  // asked for, `warn(words)` says what went wrong.
  constructor(parts, { left, warn }) {
    Object.assign(this, parts, { left, warn });
    this.numbers = []; // of the images in the list
    this.number = 0; // of the image that is shown
    this.thing = this.store.first(0); // what is decided about
    this.entry = null; // all that is known of the image
    this.isSeen = false; // nothing is decided about an image before it is seen
    this.isClose = false; // whether a region is brought close, or the whole image shown
  }

  async show(number, thing = null) {
    this.left();
    this.number = number;
    this.#setSeen(false);
    this.thing = thing ?? this.store.first(number);
    this.list.select(number);
    const found = this.#loader.load(number);
    try {
      await found.ready;
    } catch (error) {
      this.warn(`The image cannot be shown: ${error.message}`);
      return;
    }
    if (this.number !== number) return;
    this.entry = await found.entry;
    this.panel.describe(this.store.images[number], this.entry);
    this.viewer.show(this.entry);
    if (!found.pictures.test) this.#setSeen(true);
    for (const [kind, picture] of Object.entries(found.pictures)) this.#add(this.entry, kind, picture);
    this.#aim();
    this.refresh();
    const after = this.numbers[this.numbers.indexOf(number) + 1];
    if (after !== undefined) this.#loader.load(after);
  }

  // Show again what was decided.
  refresh() {
    this.panel.count(this.store.reviewed(), this.store.images.length);
    this.list.draw();
    if (this.entry?.number !== this.number) return;
    if (this.#place() < 0) this.thing = this.store.first(this.number);
    this.viewer.marks = marksOf(this.entry, this.things(), this.thing, (one) => this.store.find(this.number, one));
    this.viewer.draw();
    this.panel.fill(this.entry, this.things(), this.thing, (one) => this.store.find(this.number, one));
  }

  // Go through these images, from the first one if the one that is shown is not among them.
  take(numbers) {
    this.numbers = numbers;
    this.list.show(numbers);
    if (numbers.length && !numbers.includes(this.number)) this.show(numbers[0]);
    else this.list.select(this.number);
  }

  things() {
    return this.store.things(this.number);
  }

  choose(thing) {
    this.thing = thing;
    this.#aim();
    this.refresh();
  }

  go(step) {
    const place = this.numbers.indexOf(this.number);
    const next = this.numbers[place < 0 ? 0 : place + step];
    if (next !== undefined) this.show(next);
  }

  goThing(step) {
    const next = this.things()[this.#place() + step];
    if (next) this.choose(next);
  }

  // After a verdict comes the next region that counts, after the last one the next image.
  goOn() {
    const counting = new Set(this.store.counting(this.number).map(keyOf));
    const next = this.things().slice(this.#place() + 1).find((one) => counting.has(keyOf(one)));
    if (next) this.choose(next);
    else this.go(1);
  }

  nextOpen() {
    const place = this.numbers.indexOf(this.number);
    const order = [...this.numbers.slice(place + 1), ...this.numbers.slice(0, place)];
    const next = order.find((number) => !this.store.isReviewed(number));
    if (next !== undefined) this.show(next);
  }

  bringClose(isClose) {
    this.isClose = isClose;
    this.#aim();
  }

  get isDrawn() {
    return this.thing.kind === MISSED;
  }

  #place() {
    return this.things().findIndex((one) => keyOf(one) === keyOf(this.thing));
  }

  #aim() {
    this.viewer.aim(this.isClose && this.entry ? boxOf(this.entry, this.thing) : null);
  }

  async #add(entry, kind, picture) {
    const found = await picture.catch((error) => error);
    if (this.entry !== entry || this.number !== entry.number) return;
    this.viewer.add(kind, found);
    if (kind === "test") this.#setSeen(true);
  }

  #setSeen(isSeen) {
    this.isSeen = isSeen;
    this.panel.busy(!isSeen);
  }
}
