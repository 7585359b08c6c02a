"use strict";
// The page is whole without this: it only adds sorting, filtering and enlarging.
(() => {
  const byId = (id) => document.getElementById(id);
  const body = byId("image-table").tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(document.querySelectorAll("th[data-sort]"));

  const valueOf = (row, kind) => {
    const cell = row.querySelector("." + kind);
    const text = cell ? cell.dataset.v : "";
    return kind === "image" ? text : text === "" ? null : Number(text);
  };
  const compare = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b);

  const sortBy = (head) => {
    const kind = head.dataset.sort;
    const before = head.getAttribute("aria-sort");
    const first = kind === "image" || kind === "verdict" ? "ascending" : "descending";
    const order = before === null ? first : before === "ascending" ? "descending" : "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const keyed = rows.map((row, place) => [valueOf(row, kind), place, row]);
    keyed.sort(([a, i], [b, j]) => {
      if (a === null || b === null) return (a === null) - (b === null) || i - j; // nothing to compare: last
      return sign * compare(a, b) || i - j;
    });
    body.append(...keyed.map(([, , row]) => row));
  };

  heads.forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(head));
    head.append(button);
  });

  const form = byId("filters");
  const texts = new Map(rows.map((row) => [row, (row.cells[1].textContent + " " + row.cells[2].textContent).toLowerCase()]));
  const filter = () => {
    const words = byId("filter-words").value.toLowerCase().split(/\s+/).filter(Boolean);
    const verdict = byId("filter-verdict").value;
    const least = byId("filter-score").value;
    let shown = 0;
    rows.forEach((row) => {
      const score = valueOf(row, "score");
      const fits = (!verdict || row.dataset.verdict === verdict)
        && (least === "" || (score !== null && score >= Number(least)))
        && words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      shown += fits;
    });
    byId("shown").textContent = shown + " of " + rows.length + (rows.length === 1 ? " image" : " images");
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.hidden = false;
  if (form.querySelector("input").value || byId("filter-verdict").value || byId("filter-score").value) filter();

  // A link to a row must find it, also when the filter hides it.
  window.addEventListener("hashchange", () => {
    const row = byId(decodeURIComponent(location.hash.slice(1)));
    if (row && row.hidden) {
      form.reset();
      setTimeout(() => row.scrollIntoView());
    }
  });

  // What is folded away on the screen belongs on paper.
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));

  const large = byId("large");
  if (typeof large.showModal !== "function") return;
  document.querySelectorAll(".enlarge").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      const small = button.parentElement.querySelector("img");
      const link = button.parentElement.querySelector("a");
      const shown = large.querySelector("img");
      shown.src = small.src;
      shown.alt = small.alt;
      const caption = link ? document.createElement("a") : document.createElement("span");
      if (link) caption.href = link.getAttribute("href");
      caption.textContent = small.alt + (link ? " (open the full overlay)" : "");
      large.querySelector("p").replaceChildren(caption);
      large.showModal();
    });
  });
})();
