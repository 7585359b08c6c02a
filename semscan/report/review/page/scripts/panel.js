// The words of the page: the list's rows, what is said of an image and its regions, how far the review is.

import { MISSED, REGION, keyOf } from "./store.js";

const SAID = {
  region: { real: "real", harmless: "harmless", unsure: "unsure" },
  missed: { missed: "missed defect" },
  whole: { real: "has defects", harmless: "no defects", unsure: "unsure" },
};
const LISTED_CLASSES = 9; // those that have a key

export const byId = (id) => document.getElementById(id);

export const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // names may hold HTML: they stay text
  return made;
};

const joined = (parts, joint = " · ") => parts.filter(Boolean).join(joint);

export class Panel {
  // `choose(thing)` is called for the one that was clicked.
  constructor(choose) {
    this.choose = choose;
    this.verdicts = [...document.querySelectorAll(".verdicts button")];
  }

  title(folder) {
    const name = folder.split(/[\\/]/).filter(Boolean).at(-1) ?? folder;
    byId("folder").textContent = name;
    document.title = `Review of ${name} · semscan`;
  }

  offer(classes) {
    byId("class-names").replaceChildren(...classes.map((name) => Object.assign(element("option"), { value: name })));
    const keyed = classes.slice(0, LISTED_CLASSES).map((name, place) => `${place + 1}\u00a0${name}`);
    byId("class-keys").textContent = joined(keyed);
  }

  filterBy(classes) {
    byId("filter-class").append(...classes.map((name) => Object.assign(element("option", "", name), { value: name })));
  }

  count(reviewed, total) {
    byId("progress-words").textContent = `${reviewed} of ${total} images reviewed`;
    byId("progress").value = reviewed / total;
  }

  fillRow(row, image, isReviewed) {
    const mark = element("span", `mark ${image.verdict}`, isReviewed ? "✓" : image.verdict === "defect" ? "●" : "○");
    mark.setAttribute("aria-hidden", "true");
    const score = image.score === null ? "" : image.score.toFixed(2);
    const regions = image.regions.length;
    const facts = joined([score, regions ? `${regions} region${regions === 1 ? "" : "s"}` : "", image.folder]);
    row.classList.toggle("done", isReviewed);
    row.replaceChildren(
      mark,
      element("bdi", "name", image.name),
      element("span", "facts", facts),
      element("span", "unseen", isReviewed ? ", reviewed" : ", not reviewed"),
    );
  }

  describe(image, entry) {
    const score = entry.score === null ? "no score" : `score ${entry.score.toFixed(3)}, threshold ${entry.threshold}`;
    byId("image-name").replaceChildren(element("bdi", "", image.name));
    byId("image-facts").textContent = joined([image.folder, entry.verdict, score, `${entry.width} × ${entry.height} px`]);
    byId("warnings").replaceChildren(...entry.warnings.map((words) => element("li", "", words)));
  }

  busy(isBusy) {
    byId("stage").setAttribute("aria-busy", isBusy);
  }

  // What the filter asks for, as `Store.select` takes it.
  filter() {
    const value = (id) => byId(`filter-${id}`).value;
    const bound = (id) => (value(id) === "" ? null : Number(value(id)));
    const texts = { words: value("words"), verdict: value("verdict"), decision: value("decision"), class_name: value("class") };
    const bounds = { least: bound("least"), most: bound("most") };
    const isOn = Object.values(texts).some(Boolean) || Object.values(bounds).some((one) => one !== null);
    byId("filter-on").textContent = isOn ? "(on)" : "";
    return { ...texts, ...bounds, order: value("order") };
  }

  shown(count, total) {
    byId("shown").textContent = `${count} of ${total} images shown`;
  }

  // Say what a reviewer does who draws; nothing without a sketch.
  explain(sketch) {
    byId("drawing-help").hidden = !sketch;
    if (!sketch) return;
    const { kind, corners } = sketch;
    byId("drawing-help").textContent = kind === "box"
      ? `Box, ${corners.length ? "second" : "first"} corner: arrows move the cross (Shift: far), Enter or a click sets it, Esc stops.`
      : `Polygon, ${corners.length} corners: Enter or a click sets one, twice at one place closes it, Backspace removes one, Esc stops.`;
  }

  // Fill in the things of an image, the chosen one, and what was decided; `find(thing)` returns the decision or null.
  fill(entry, things, chosen, find) {
    const rows = things.map((thing) => this.#row(entry, thing, keyOf(thing) === keyOf(chosen), find(thing)));
    byId("things").replaceChildren(...rows);
    const list = byId("things");
    const current = list.querySelector("[aria-current]");
    if (current) list.scrollTop = current.offsetTop - list.offsetTop - list.clientHeight / 2;
    const decision = find(chosen);
    const region = chosen.kind === REGION ? entry.regions.find(({ id }) => id === chosen.region) : null;
    byId("about").textContent = region?.description ?? "";
    for (const button of this.verdicts) {
      button.setAttribute("aria-pressed", decision?.verdict === button.dataset.act);
      button.disabled = chosen.kind === MISSED;
    }
    this.#put("class", decision?.class_name ?? "");
    this.#put("note", decision?.note ?? "");
    byId("class").placeholder = region?.class_name ?? "";
  }

  #put(id, text) {
    if (document.activeElement !== byId(id)) byId(id).value = text; // not over what is being typed
  }

  #row(entry, thing, isChosen, decision) {
    const button = element("button", decision ? decision.verdict : "");
    button.type = "button";
    if (isChosen) button.setAttribute("aria-current", "true");
    const said = decision
      ? joined([SAID[thing.kind][decision.verdict], decision.class_name, decision.note && "note", decision.by], ", ")
      : "open";
    button.append(element("span", "what", this.#name(entry, thing)), element("span", "said", said));
    button.addEventListener("click", () => this.choose(thing));
    const row = element("li");
    row.append(button);
    return row;
  }

  #name(entry, thing) {
    if (thing.kind === MISSED) return "drawn";
    if (thing.kind !== REGION) return "whole image";
    const region = entry.regions.find(({ id }) => id === thing.region);
    if (!region) return `${thing.region}`;
    const sure = region.class_probability === null ? "" : ` ${region.class_probability.toFixed(2)}`;
    const name = region.nuisance ? "nuisance" : region.class_name ? `${region.class_name}${sure}` : "region";
    return `${region.id} ${name}, peak ${region.peak.toFixed(2)}`;
  }
}
