// Images with their pictures, asked for once and kept while they are near.

import { fetchJson } from "./saving.js";

const KEPT = 6; // images whose pictures are kept

const fetchPicture = async (number, kind) => {
  const answer = await fetch(`/api/images/${number}/${kind}.png`);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `the server answers ${answer.status}`);
  return createImageBitmap(await answer.blob());
};

export class Loader {
  #loaded = new Map(); // number -> what `load` returns, the oldest first

  // Return {entry, pictures, ready}: promises of an image, of its pictures by kind, and that `pictures` has them all.
  load(number) {
    const found = this.#loaded.get(number) ?? this.#fetch(number);
    this.#loaded.delete(number);
    this.#loaded.set(number, found);
    for (const [old, { pictures }] of this.#loaded) {
      if (this.#loaded.size <= KEPT) break;
      this.#loaded.delete(old);
      Object.values(pictures).forEach((picture) => picture.then((bitmap) => bitmap.close(), () => {}));
    }
    return found;
  }

  #fetch(number) {
    const found = { entry: fetchJson(`/api/images/${number}`), pictures: {} };
    found.ready = found.entry.then((entry) => {
      for (const kind of entry.pictures) found.pictures[kind] = fetchPicture(number, kind);
    });
    found.ready.catch(() => this.#loaded.delete(number)); // asked for again the next time
    return found;
  }
}
