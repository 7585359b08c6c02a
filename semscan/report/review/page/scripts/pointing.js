// The mouse over the pictures: the wheel zooms, a pull moves, a click chooses a region, or draws.

const CLICK = 4; // px: a pointer that moves less has clicked
const ZOOM = 1.4;

// Let the mouse move what `viewer` shows; `picked(id)` is called for a region that was clicked, `drawing` gets its corners.
export const listenToPointer = (viewer, drawing, picked) => {
  let held = null;

  const pick = ([x, y]) => {
    const isHit = ({ bbox: [left, top, width, height] }) => x >= left && y >= top && x <= left + width && y <= top + height;
    const hit = viewer.entry.regions.find(isHit);
    if (hit) picked(hit.id);
  };

  const pull = (event) => {
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > CLICK;
    if (!held.moved) return;
    const { scale } = held.view;
    viewer.move({ ...held.view, x: held.view.x - (event.clientX - held.x) / scale, y: held.view.y - (event.clientY - held.y) / scale });
  };

  const on = (type, act) => viewer.root.addEventListener(type, (event) => {
    const at = viewer.pointAt(event);
    if (at) act(event, at);
  }, { passive: false });

  on("wheel", (event, at) => {
    event.preventDefault();
    viewer.zoom(event.deltaY < 0 ? ZOOM : 1 / ZOOM, at);
  });
  on("pointerdown", (event, at) => {
    if (drawing.isActive) {
      drawing.press(at);
      return;
    }
    held = { x: event.clientX, y: event.clientY, view: viewer.current(), moved: false };
    event.target.setPointerCapture(event.pointerId);
  });
  on("pointermove", (event, at) => {
    if (drawing.isActive) drawing.move(at);
    else if (held) pull(event);
  });
  on("pointerup", (event, at) => {
    if (drawing.isActive) drawing.release(at);
    else if (held && !held.moved) pick(at);
    held = null;
  });
  on("pointercancel", () => { held = null; });
};
