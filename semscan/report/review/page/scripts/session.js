// What this page decides, and what other pages have decided: into the store at once, and to the server.

import { Saving, fetchJson } from "./saving.js";

export class Session {
  #count = 0; // lines of the file that the page has seen
  #undoable = [];

  // `changed()` is called when the store has changed, `saved`, `waits` and `refused` as `Saving` calls them.
  constructor(store, { changed, saved, waits, refused }) {
    this.store = store;
    this.changed = changed;
    const again = (reason) => {
      refused(reason);
      this.#count = 0;
      setTimeout(() => this.pull()); // what was refused is still in the queue
    };
    this.saving = new Saving({ saved, waits, refused: again });
  }

  get hasUnsaved() {
    return this.saving.queue.length > 0;
  }

  // Ask for the decisions since the last time; those of other pages and processes are among them.
  async pull() {
    if (this.hasUnsaved) return;
    const found = await fetchJson(`/api/decisions?after=${this.#count}`).catch(() => null);
    if (!found || this.hasUnsaved) return; // what was decided meanwhile is newer
    const isNew = found.count !== this.#count;
    if (found.all) this.store.forget();
    this.store.take(found.decisions);
    this.#count = found.count;
    if (isNew) this.changed();
  }

  decide(number, thing, verdict, more = {}) {
    const before = this.store.find(number, thing);
    this.#undoable.push({ number, thing, before });
    this.#record(number, thing, { verdict, class_name: before?.class_name, note: before?.note, ...more });
  }

  takeBack(number, thing) {
    if (this.store.find(number, thing)) this.decide(number, thing, "undone", { class_name: null, note: null });
  }

  // Undo the last decision of this page: what was said before it is said again. Return what it was about, or null.
  undo() {
    const last = this.#undoable.pop();
    if (!last) return null;
    this.#record(last.number, last.thing, last.before ?? { verdict: "undone" });
    return last;
  }

  #record(number, { region, polygon }, { verdict, class_name = null, note = null }) {
    const decision = { number, region, polygon, verdict, class_name, note };
    this.store.take([decision]);
    this.saving.send(decision);
    this.changed();
  }
}
