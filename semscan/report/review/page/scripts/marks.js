// What lies over the image: outlines of regions, what a reviewer draws, and the cross of the keyboard.

import { MISSED, REGION, WHOLE, keyOf } from "./store.js";

const OUTLINE = "#3cf0ff"; // as in the overlay: cyan, a nuisance green
const NUISANCE = "#6eeb5a";
const DRAWN = "#ffd23c";
const DARK = "#000c";
const FONT = "600 12px system-ui, sans-serif";
const GAP = 4; // px between an outline and its words
const SIGNS = { real: "real", harmless: "harmless", unsure: "unsure?", missed: "missed" };

const trace = (ctx, rings, toScreen) => {
  ctx.beginPath();
  for (const ring of rings) {
    ring.forEach((corner, place) => {
      const [x, y] = toScreen(corner);
      if (place) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
    });
    ctx.closePath();
  }
};

const stroke = (ctx, colour, isCurrent, dashes = []) => {
  ctx.setLineDash([]);
  ctx.strokeStyle = DARK;
  ctx.lineWidth = isCurrent ? 5 : 3;
  ctx.stroke();
  ctx.setLineDash(dashes);
  ctx.strokeStyle = colour;
  ctx.lineWidth = isCurrent ? 2.5 : 1.25;
  ctx.stroke();
  ctx.setLineDash([]);
};

const write = (ctx, words, x, y, colour) => {
  ctx.font = FONT;
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = DARK;
  ctx.strokeText(words, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(words, x, y);
};

// Write to the right of the outline, or to its left where there is no room.
const label = (ctx, words, rings, toScreen, colour) => {
  const corners = rings[0].map(toScreen);
  const xs = corners.map(([x]) => x);
  const y = Math.min(...corners.map(([, y]) => y)) + 10;
  ctx.font = FONT;
  const { width } = ctx.measureText(words);
  const right = Math.max(...xs) + GAP;
  const isRoom = right + width <= ctx.canvas.clientWidth;
  write(ctx, words, isRoom ? right : Math.min(...xs) - GAP - width, y, colour);
};

// The box of a thing, x, y, width, height; null for the whole image.
export const boxOf = (entry, { region, polygon }) => {
  if (!polygon) return entry.regions.find(({ id }) => id === region)?.bbox ?? null;
  const [xs, ys] = [0, 1].map((axis) => polygon.map((corner) => corner[axis]));
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return [x, y, Math.max(...xs) - x, Math.max(...ys) - y];
};

// The outlines of the things of an image: {rings, words, nuisance, isDrawn, verdict, isCurrent}.
export const marksOf = (entry, things, chosen, find) => things.filter(({ kind }) => kind !== WHOLE).map((thing) => {
  const region = thing.kind === REGION ? entry.regions.find(({ id }) => id === thing.region) : null;
  return {
    rings: region?.outline ?? [thing.polygon ?? []],
    words: region ? `${region.id}` : "",
    nuisance: region?.nuisance ?? false,
    isDrawn: thing.kind === MISSED,
    verdict: find(thing)?.verdict,
    isCurrent: keyOf(thing) === keyOf(chosen),
  };
}).filter(({ rings }) => rings[0].length);

// Draw the outlines of `marksOf`, the chosen one last; a harmless region is dashed.
export const drawMarks = (ctx, marks, toScreen) => {
  const ordered = [...marks].sort((a, b) => a.isCurrent - b.isCurrent);
  for (const mark of ordered) {
    const colour = mark.isDrawn ? DRAWN : mark.nuisance ? NUISANCE : OUTLINE;
    trace(ctx, mark.rings, toScreen);
    stroke(ctx, colour, mark.isCurrent, mark.verdict === "harmless" ? [4, 4] : []);
    label(ctx, [mark.words, SIGNS[mark.verdict]].filter(Boolean).join(" "), mark.rings, toScreen, colour);
  }
};

// What is being drawn: its corners so far, and the cross.
export const drawSketch = (ctx, sketch, toScreen) => {
  const { corners, cursor, kind } = sketch;
  const path = kind === "box" && corners.length ? boxCorners(corners[0], cursor) : [...corners, cursor];
  if (corners.length) {
    trace(ctx, [path], toScreen);
    stroke(ctx, DRAWN, true);
  }
  const [x, y] = toScreen(cursor);
  ctx.beginPath();
  for (const [dx, dy] of [[12, 0], [0, 12]]) {
    ctx.moveTo(x - dx, y - dy);
    ctx.lineTo(x + dx, y + dy);
  }
  stroke(ctx, DRAWN, false);
};

const BAR_SHARE = 0.25; // of the width, at most; 1, 2 or 5 x 10^n nm
const UNITS = [["mm", 1e6], ["µm", 1e3], ["nm", 1]];

// A scale bar at the bottom left; `nm` is the width of a pixel of the screen.
export const drawScale = (ctx, nm, width, height) => {
  const room = nm * width * BAR_SHARE;
  const power = 10 ** Math.floor(Math.log10(room));
  const length = power * [5, 2, 1].find((step) => step * power <= room);
  const [unit, size] = UNITS.find(([, one]) => length >= one) ?? UNITS.at(-1);
  ctx.beginPath();
  ctx.moveTo(10, height - 10);
  ctx.lineTo(10 + length / nm, height - 10);
  stroke(ctx, "#fff", true);
  write(ctx, `${Number((length / size).toPrecision(6))} ${unit}`, 10, height - 16, "#fff");
};

export const boxCorners = ([left, top], [right, bottom]) => [[left, top], [right, top], [right, bottom], [left, bottom]];
