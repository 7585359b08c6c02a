// The keys, and what each does: the one list that the page listens to and shows.

export const KEYS = [
  { title: "Images and regions", keys: [
    { on: ["ArrowRight"], shown: "→", act: "nextImage", does: "next image" },
    { on: ["ArrowLeft"], shown: "←", act: "previousImage", does: "previous image" },
    { on: ["ArrowDown"], shown: "↓", act: "nextThing", does: "next region; the last is the whole image" },
    { on: ["ArrowUp"], shown: "↑", act: "previousThing", does: "previous region" },
    { on: ["g"], shown: "G", act: "nextOpen", does: "next image that is not reviewed" },
    { on: ["/"], shown: "/", act: "filter", does: "filter the list" },
  ] },
  { title: "Decisions", keys: [
    { on: ["r"], shown: "R", act: "real", does: "real; for the whole image: it has defects" },
    { on: ["h"], shown: "H", act: "harmless", does: "harmless; for the whole image: it has none" },
    { on: ["u"], shown: "U", act: "unsure", does: "unsure" },
    { on: ["c"], shown: "C", act: "class", does: "type the class; Enter sets it" },
    { on: ["1", "2", "3", "4", "5", "6", "7", "8", "9"], shown: "1 to 9", act: "classNumber", does: "one of the first nine classes" },
    { on: ["n"], shown: "N", act: "note", does: "type a note; Enter keeps it" },
    { on: ["Delete", "Backspace"], shown: "Del", act: "clear", does: "take back the decision" },
    { on: ["z"], shown: "Z", act: "undo", does: "undo the last decision of this page" },
  ] },
  { title: "A missed defect", keys: [
    { on: ["d"], shown: "D", act: "box", does: "draw a box: arrows move the cross (Shift: far), Enter sets each of two corners" },
    { on: ["p"], shown: "P", act: "polygon", does: "draw a polygon: Enter sets a corner, twice at one place closes it, Backspace removes it" },
    { on: ["Escape"], shown: "Esc", act: "leave", does: "stop drawing or typing" },
  ] },
  { title: "View", keys: [
    { on: ["v"], shown: "V", act: "side", does: "side by side, or one picture" },
    { on: ["b"], shown: "B", act: "flip", does: "flip: reference in place of the image, and back" },
    { on: ["B"], shown: "⇧B", act: "blink", does: "blink: the two in turn" },
    { on: ["a"], shown: "A", act: "map", does: "anomaly map on and off" },
    { on: ["o"], shown: "O", act: "outlines", does: "outlines on and off" },
    { on: ["+", "="], shown: "+", act: "zoomIn", does: "closer" },
    { on: ["-"], shown: "−", act: "zoomOut", does: "farther" },
    { on: ["0"], shown: "0", act: "fit", does: "whole image" },
    { on: ["f"], shown: "F", act: "closer", does: "the region" },
    { on: ["."], shown: ".", act: "moreContrast", does: "more contrast" },
    { on: [","], shown: ",", act: "lessContrast", does: "less contrast" },
    { on: ["?"], shown: "?", act: "help", does: "this list" },
  ] },
];

const ACTS = new Map(KEYS.flatMap((group) => group.keys.flatMap((key) => key.on.map((name) => [name, key.act]))));

// Return the name of what a key does; undefined if it does nothing.
export const actOf = (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return event.key.toLowerCase() === "z" ? "undo" : undefined;
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  return ACTS.get(event.key) ?? ACTS.get(event.key.toLowerCase());
};

export const fillHelp = (box) => {
  for (const { title, keys } of KEYS) {
    const part = document.createElement("section");
    const heading = document.createElement("h3");
    heading.textContent = title;
    const list = document.createElement("dl");
    for (const { shown, does } of keys) {
      const entry = document.createElement("div");
      const name = document.createElement("dt");
      const kbd = document.createElement("kbd");
      kbd.textContent = shown;
      name.append(kbd);
      const words = document.createElement("dd");
      words.textContent = does;
      entry.append(name, words);
      list.append(entry);
    }
    part.append(heading, list);
    box.append(part);
  }
};
