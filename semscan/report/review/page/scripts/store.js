// What is known of the images and what was decided. Nothing here touches the page.

export const REGION = "region";
export const MISSED = "missed";
export const WHOLE = "whole";

// A thing that is decided about: a region by its id, a missed defect by its polygon, or the whole image.
export const regionThing = (id) => ({ kind: REGION, region: id, polygon: null });
export const missedThing = (polygon) => ({ kind: MISSED, region: null, polygon });
export const wholeThing = () => ({ kind: WHOLE, region: null, polygon: null });
export const keyOf = ({ region, polygon }) => (region !== null ? `region ${region}` : polygon ? JSON.stringify(polygon) : WHOLE);

export class Store {
  constructor(images) {
    this.images = images;
    this.made = images.map(() => new Map()); // by image, then by thing
  }

  // Take decisions in their order: the last one about a thing counts.
  take(decisions) {
    for (const decision of decisions) {
      const made = this.made[decision.number];
      const key = keyOf(decision);
      made.delete(key);
      if (decision.verdict !== "undone" && !decision.stale) made.set(key, decision);
    }
  }

  forget() {
    this.made.forEach((made) => made.clear());
  }

  find(number, thing) {
    return this.made[number].get(keyOf(thing)) ?? null;
  }

  things(number) {
    const drawn = [...this.made[number].values()].filter((decision) => decision.polygon);
    return [
      ...this.images[number].regions.map((region) => regionThing(region.id)),
      ...drawn.map((decision) => missedThing(decision.polygon)),
      wholeThing(),
    ];
  }

  // The regions that count: those that are no nuisance.
  counting(number) {
    return this.images[number].regions.filter((region) => !region.nuisance).map((region) => regionThing(region.id));
  }

  // What is to be decided about first: a region that counts and is open, without such regions the whole image.
  first(number) {
    const counting = this.counting(number);
    return counting.find((thing) => !this.find(number, thing)) ?? counting[0] ?? wholeThing();
  }

  // An image is reviewed when each region that counts is decided about, or the whole image; without such regions, a
  // missed defect is enough.
  isReviewed(number) {
    const counting = this.counting(number);
    if (this.made[number].has(WHOLE)) return true;
    if (counting.length) return counting.every((thing) => this.find(number, thing));
    return [...this.made[number].values()].some((decision) => decision.polygon);
  }

  reviewed() {
    return this.images.reduce((count, image) => count + this.isReviewed(image.number), 0);
  }

  classes() {
    const names = new Set();
    for (const image of this.images) {
      if (image.class_name) names.add(image.class_name);
      for (const region of image.regions) if (region.class_name) names.add(region.class_name);
    }
    for (const made of this.made) for (const decision of made.values()) if (decision.class_name) names.add(decision.class_name);
    return [...names].sort((a, b) => a.localeCompare(b, "en"));
  }

  // The numbers of the images that a filter shows, in the order that it asks for.
  select(filter) {
    const words = filter.words.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = this.images.filter((image) => this.#fits(image, filter, words));
    const score = (image) => image.score ?? -1;
    const orders = {
      falling: (a, b) => score(b) - score(a),
      rising: (a, b) => score(a) - score(b),
      nearest: (a, b) => Math.abs(score(a) - 0.5) - Math.abs(score(b) - 0.5),
    };
    if (orders[filter.order]) shown.sort(orders[filter.order]);
    return shown.map((image) => image.number);
  }

  #fits(image, filter, words) {
    const made = [...this.made[image.number].values()];
    const classes = [image.class_name, ...image.regions.map((region) => region.class_name), ...made.map((one) => one.class_name)];
    const decisions = {
      "": () => true,
      open: () => !this.isReviewed(image.number),
      reviewed: () => this.isReviewed(image.number),
    };
    const decided = decisions[filter.decision] ?? (() => made.some((one) => one.verdict === filter.decision));
    const name = `${image.folder}/${image.name}`.toLowerCase();
    return (!filter.verdict || image.verdict === filter.verdict)
      && (filter.least === null || (image.score !== null && image.score >= filter.least))
      && (filter.most === null || (image.score !== null && image.score <= filter.most))
      && (!filter.class_name || classes.includes(filter.class_name))
      && words.every((word) => name.includes(word))
      && decided();
  }
}
