// The page put together: which image and which region is shown, and what each key does.

import { Drawing } from "./drawing.js";
import { actOf, fillHelp } from "./keys.js";
import { List } from "./list.js";
import { Loader } from "./loader.js";
import { Panel, byId, element } from "./panel.js";
import { fetchJson } from "./saving.js";
import { Session } from "./session.js";
import { MISSED, REGION, Store, WHOLE, keyOf, missedThing, regionThing } from "./store.js";
import { Viewer } from "./viewer.js";

const POLL = 4000; // ms after which the decisions of other pages are asked for
const CONTRAST_STEP = 0.2;
const ZOOM = 1.4;
const TOGGLES = ["side", "flip", "blink", "map", "outlines"];

history.replaceState(null, "", "/"); // the token stays in the cookie, not in the address bar

const given = await fetchJson("/api/images").catch((error) => {
  warn(`The review cannot be shown: ${error.message}`);
  throw error;
});
const store = new Store(given.images);
const loader = new Loader();
const session = new Session(store, {
  changed: refresh,
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
let numbers = []; // of the images in the list
let number = 0; // of the image that is shown
let thing = store.things(0)[0]; // what is decided about
let entry = null; // all that is known of the image
let isClose = false; // whether the region is brought close, or the whole image shown

function warn(words) {
  byId("trouble").textContent = words;
  byId("trouble").hidden = false;
}

// ---- what is shown

async function show(wanted, wantedThing = null) {
  drawing.stop();
  number = wanted;
  setSeen(false);
  const isOpen = (one) => one.kind !== WHOLE && !store.find(number, one);
  thing = wantedThing ?? things().find(isOpen) ?? things()[0];
  list.select(number);
  const found = loader.load(number);
  try {
    await found.ready;
  } catch (error) {
    warn(`The image cannot be shown: ${error.message}`);
    return;
  }
  if (number !== wanted) return;
  entry = await found.entry;
  panel.describe(store.images[number], entry);
  viewer.show(entry);
  if (!found.pictures.test) setSeen(true);
  for (const [kind, picture] of Object.entries(found.pictures)) addPicture(entry, kind, picture);
  aim();
  refresh();
  const after = numbers[numbers.indexOf(number) + 1];
  if (after !== undefined) loader.load(after);
}

async function addPicture(of, kind, picture) {
  const found = await picture.catch((error) => error);
  if (viewer.entry !== of || number !== of.number) return;
  viewer.add(kind, found);
  if (kind === "test") setSeen(true);
}

// Nothing is decided about an image before it is seen.
function setSeen(isSeen) {
  byId("stage").setAttribute("aria-busy", !isSeen);
}

function aim() {
  viewer.aim(isClose ? box() : null);
}

// The box of what is decided about, x, y, width, height; null for the whole image.
function box() {
  if (!thing.polygon) return entry.regions.find(({ id }) => id === thing.region)?.bbox ?? null;
  const [xs, ys] = [0, 1].map((axis) => thing.polygon.map((corner) => corner[axis]));
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y];
}

function marks() {
  const ofRegions = entry.regions.map(({ id, outline, nuisance }) => ({
    rings: outline,
    words: `${id}`,
    nuisance,
    verdict: store.find(number, regionThing(id))?.verdict,
    isCurrent: id === thing.region,
  }));
  const drawn = things().filter(({ kind }) => kind === MISSED).map((one) => ({
    rings: [one.polygon],
    words: "",
    isDrawn: true,
    verdict: "missed",
    isCurrent: keyOf(one) === keyOf(thing),
  }));
  return [...ofRegions, ...drawn];
}

function refresh() {
  panel.count(store.reviewed(), store.images.length);
  list.draw();
  if (!entry || entry.number !== number) return;
  if (placeOf() < 0) thing = things()[0];
  viewer.marks = marks();
  viewer.draw();
  panel.fill(entry, things(), thing, (one) => store.find(number, one));
}

function filterNow() {
  const value = (id) => byId(`filter-${id}`).value;
  const bound = (id) => (value(id) === "" ? null : Number(value(id)));
  const filter = {
    words: value("words"),
    verdict: value("verdict"),
    decision: value("decision"),
    class_name: value("class"),
    least: bound("least"),
    most: bound("most"),
    order: value("order"),
  };
  numbers = store.select(filter);
  const isOn = Object.entries(filter).some(([name, one]) => name !== "order" && one !== "" && one !== null);
  byId("filter-on").textContent = isOn ? "(on)" : "";
  byId("shown").textContent = `${numbers.length} of ${store.images.length} images shown`;
  list.show(numbers);
  if (numbers.length && !numbers.includes(number)) show(numbers[0]);
  else list.select(number);
}

// ---- going on

function things() {
  return store.things(number);
}

function placeOf() {
  return things().findIndex((one) => keyOf(one) === keyOf(thing));
}

function choose(chosen) {
  thing = chosen;
  aim();
  refresh();
}

function go(step) {
  const place = numbers.indexOf(number);
  const next = numbers[place < 0 ? 0 : place + step];
  if (next !== undefined) show(next);
}

function goThing(step) {
  const next = things()[placeOf() + step];
  if (next) choose(next);
}

function nextOpen() {
  const place = numbers.indexOf(number);
  const next = [...numbers.slice(place + 1), ...numbers.slice(0, place)].find((one) => !store.isReviewed(one));
  if (next !== undefined) show(next);
}

// ---- decisions

// After a verdict comes the next region, after the last one the next image.
function setVerdict(verdict) {
  if (thing.kind === MISSED) return;
  session.decide(number, thing, verdict);
  const next = things().slice(placeOf() + 1).find(({ kind }) => kind === REGION);
  if (next) choose(next);
  else go(1);
}

function setClass(name) {
  session.decide(number, thing, store.find(number, thing)?.verdict ?? "real", { class_name: name || null });
}

function setNote(words) {
  session.decide(number, thing, store.find(number, thing)?.verdict ?? "unsure", { note: words || null });
}

function addMissed(polygon) {
  thing = missedThing(polygon);
  session.decide(number, thing, "missed");
}

function undo() {
  const undone = session.undo();
  if (!undone) return;
  const isThere = store.things(undone.number).some((one) => keyOf(one) === keyOf(undone.thing));
  show(undone.number, isThere ? undone.thing : null);
}

// ---- keys and buttons

const panel = new Panel(choose);
const list = new List(byId("list"), (row, shown) => panel.fillRow(row, store.images[shown], store.isReviewed(shown)), (chosen) => {
  show(chosen);
  toStage();
});
const viewer = new Viewer(byId("panes"), (id) => choose(regionThing(id)));
const drawing = new Drawing(viewer, addMissed, () => panel.explain(drawing.sketch));
viewer.drawing = drawing;

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

const ACTS = {
  nextImage: () => go(1),
  previousImage: () => go(-1),
  nextThing: () => goThing(1),
  previousThing: () => goThing(-1),
  nextOpen,
  filter: () => { byId("filter-box").open = true; byId("filter-words").focus(); },
  real: () => setVerdict("real"),
  harmless: () => setVerdict("harmless"),
  unsure: () => setVerdict("unsure"),
  class: () => byId("class").focus(),
  classNumber: ({ key }) => { if (given.classes[key - 1]) setClass(given.classes[key - 1]); },
  note: () => byId("note").focus(),
  clear: () => session.takeBack(number, thing),
  undo,
  box: () => draw("box"),
  polygon: () => draw("polygon"),
  ...Object.fromEntries(TOGGLES.map((name) => [name, () => toggle(name)])),
  zoomIn: () => viewer.zoom(ZOOM),
  zoomOut: () => viewer.zoom(1 / ZOOM),
  fit: () => { isClose = false; aim(); },
  closer: () => { isClose = true; aim(); },
  moreContrast: () => adjust("contrast", CONTRAST_STEP),
  lessContrast: () => adjust("contrast", -CONTRAST_STEP),
  help: () => byId("help").showModal(),
};
const DECIDE = ["real", "harmless", "unsure", "class", "classNumber", "note", "clear", "box", "polygon"];

function act(name, event) {
  if (!entry || !ACTS[name]) return;
  const isSeen = byId("stage").getAttribute("aria-busy") === "false";
  const isHeld = event.repeat && [...DECIDE, "undo"].includes(name); // a key that is held decides once
  if (isHeld || (!isSeen && DECIDE.includes(name))) return;
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
byId("filters").addEventListener("input", filterNow);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () => setTimeout(filterNow));
byId("show-help").addEventListener("click", () => byId("help").showModal());
window.addEventListener("beforeunload", (event) => { if (session.hasUnsaved) event.preventDefault(); });

// ---- begin

fillHelp(byId("help-keys"));
panel.title(given.folder);
panel.offer(given.classes);
await session.pull();
panel.filterBy(store.classes());
filterNow();
await show(numbers[0] ?? 0);
setInterval(() => { if (!document.hidden) session.pull(); }, POLL);
