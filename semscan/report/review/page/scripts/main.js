// The page put together: the parts, what each key and button does, and the words about saving.

import { Drawing } from "./drawing.js";
import { actOf, fillHelp } from "./keys.js";
import { List } from "./list.js";
import { Panel, byId } from "./panel.js";
import { listenToPointer } from "./pointing.js";
import { fetchJson } from "./saving.js";
import { Session } from "./session.js";
import { Store, keyOf, missedThing, regionThing } from "./store.js";
import { Tour } from "./tour.js";
import { Viewer } from "./viewer.js";

const POLL = 4000; // ms after which the decisions of other pages are asked for
const CONTRAST_STEP = 0.2;
const ZOOM = 1.4;
const TOGGLES = ["side", "flip", "blink", "map", "outlines"];
const DECIDE = ["real", "harmless", "unsure", "class", "classNumber", "note", "clear", "box", "polygon"];

const warn = (words) => {
  byId("trouble").textContent = words;
  byId("trouble").hidden = false;
};

history.replaceState(null, "", "/"); // the token stays in the cookie, not in the address bar

const given = await fetchJson("/api/images").catch((error) => {
  warn(`The review cannot be shown: ${error.message}`);
  throw error;
});
const store = new Store(given.images);
const panel = new Panel((thing) => tour.choose(thing));
const list = new List(
  byId("list"),
  (row, number) => panel.fillRow(row, store.images[number], store.isReviewed(number)),
  (number) => { tour.show(number); toStage(); },
);
const viewer = new Viewer(byId("panes"));
const drawing = new Drawing(viewer, addMissed, () => panel.explain(drawing.sketch));
const tour = new Tour({ store, list, panel, viewer }, { left: () => drawing.stop(), warn });
const session = new Session(store, {
  changed: () => tour.refresh(),
  saved: (decision, left) => {
    const about = decision.region !== null ? `region ${decision.region}` : decision.polygon ? "drawn" : "whole image";
    const time = new Date().toLocaleTimeString("en-GB");
    byId("saved").textContent = `Saved ${time}: ${store.images[decision.number].name}, ${about}, ${decision.verdict}`;
    if (!left) byId("trouble").hidden = true;
  },
  waits: (reason, left) => {
    byId("saved").textContent = "";
    warn(`Not saved yet (${left}): ${reason} The page tries again; keep it open.`);
  },
  refused: (reason) => warn(`Not saved: ${reason}`),
});

// ---- decisions

const decide = (verdict, more) => session.decide(tour.number, tour.thing, verdict, more);
const verdictOr = (other) => store.find(tour.number, tour.thing)?.verdict ?? other;

function setVerdict(verdict) {
  if (tour.isDrawn) return;
  decide(verdict);
  tour.goOn();
}

function setClass(name) {
  decide(verdictOr("real"), { class_name: name || null });
}

function setNote(words) {
  decide(verdictOr("unsure"), { note: words || null });
}

function addMissed(polygon) {
  tour.thing = missedThing(polygon);
  decide("missed");
}

function undo() {
  const undone = session.undo();
  if (!undone) return;
  const isThere = store.things(undone.number).some((one) => keyOf(one) === keyOf(undone.thing));
  tour.show(undone.number, isThere ? undone.thing : null);
}

// ---- keys and buttons

function toStage() {
  byId("stage").focus({ preventScroll: true });
}

function toggle(name) {
  viewer.toggle(name);
  for (const one of TOGGLES) {
    document.querySelector(`[data-act="${one}"]`).setAttribute("aria-pressed", viewer.options[one]);
  }
}

function adjust(id, step) {
  byId(id).value = Number(byId(id).value) + step;
  viewer[id] = Number(byId(id).value);
  viewer.draw();
}

function draw(kind) {
  toStage();
  drawing.start(kind);
}

function filter() {
  const numbers = store.select(panel.filter());
  panel.shown(numbers.length, store.images.length);
  tour.take(numbers);
}

const ACTS = {
  nextImage: () => tour.go(1),
  previousImage: () => tour.go(-1),
  nextThing: () => tour.goThing(1),
  previousThing: () => tour.goThing(-1),
  nextOpen: () => tour.nextOpen(),
  filter: () => { byId("filter-box").open = true; byId("filter-words").focus(); },
  real: () => setVerdict("real"),
  harmless: () => setVerdict("harmless"),
  unsure: () => setVerdict("unsure"),
  class: () => byId("class").focus(),
  classNumber: ({ key }) => { if (given.classes[key - 1]) setClass(given.classes[key - 1]); },
  note: () => byId("note").focus(),
  clear: () => session.takeBack(tour.number, tour.thing),
  undo,
  box: () => draw("box"),
  polygon: () => draw("polygon"),
  ...Object.fromEntries(TOGGLES.map((name) => [name, () => toggle(name)])),
  zoomIn: () => viewer.zoom(ZOOM),
  zoomOut: () => viewer.zoom(1 / ZOOM),
  fit: () => tour.bringClose(false),
  closer: () => tour.bringClose(true),
  moreContrast: () => adjust("contrast", CONTRAST_STEP),
  lessContrast: () => adjust("contrast", -CONTRAST_STEP),
  help: () => byId("help").showModal(),
};

function act(name, event) {
  if (!tour.entry || !ACTS[name]) return;
  const isHeld = event.repeat && [...DECIDE, "undo"].includes(name); // a key that is held decides once
  if (isHeld || (!tour.isSeen && DECIDE.includes(name))) return;
  if (drawing.isActive && DECIDE.includes(name)) drawing.stop(); // of a button that was clicked
  ACTS[name](event);
}

document.addEventListener("keydown", (event) => {
  if (byId("help").open || event.isComposing) return;
  if (event.target.matches("input:not([type=range]), textarea, select")) {
    if (event.key === "Escape") toStage();
    return;
  }
  if (drawing.isActive) {
    if (drawing.key(event)) event.preventDefault();
    return;
  }
  if (event.target.matches("input[type=range]") && event.key.startsWith("Arrow")) return;
  const name = actOf(event);
  if (!ACTS[name]) return;
  event.preventDefault();
  act(name, event);
});

document.addEventListener("click", (event) => {
  const name = event.target.closest("[data-act]")?.dataset.act;
  if (name) act(name, event);
});

for (const [id, set] of [["class", setClass], ["note", setNote]]) {
  byId(id).addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
    event.preventDefault();
    set(byId(id).value.trim());
    toStage();
  });
}

for (const id of ["contrast", "brightness"]) byId(id).addEventListener("input", () => adjust(id, 0));
byId("filters").addEventListener("input", filter);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () => setTimeout(filter));
byId("show-help").addEventListener("click", () => byId("help").showModal());
window.addEventListener("beforeunload", (event) => { if (session.hasUnsaved) event.preventDefault(); });
listenToPointer(viewer, drawing, (id) => tour.choose(regionThing(id)));

// ---- begin

fillHelp(byId("help-keys"));
panel.title(given.folder);
panel.offer(given.classes);
await session.pull();
panel.filterBy(store.classes());
filter();
await tour.show(tour.numbers[0] ?? 0);
setInterval(() => { if (!document.hidden) session.pull(); }, POLL);
