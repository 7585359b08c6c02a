// The list of images: only the rows that are seen are there, so ten thousand cost no more than twenty.

const ROW = 46; // px, as in review.css
const MORE = 6; // rows above and below those that are seen

export class List {
  // `fill(row, number)` writes an image into its row, `choose(number)` is called for the one that was clicked.
  constructor(scroller, fill, choose) {
    this.scroller = scroller;
    this.rows = scroller.querySelector("ol");
    this.fill = fill;
    this.choose = choose;
    this.numbers = [];
    this.made = new Map();
    this.current = null;
    scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  show(numbers) {
    this.numbers = numbers;
    this.rows.style.height = `${numbers.length * ROW}px`;
    this.made.forEach((row) => row.remove());
    this.made.clear();
    this.draw();
  }

  select(number) {
    this.current = number;
    const place = this.numbers.indexOf(number);
    if (place >= 0) {
      const top = place * ROW;
      const { scrollTop, clientHeight } = this.scroller;
      if (top < scrollTop) this.scroller.scrollTop = top;
      if (top + ROW > scrollTop + clientHeight) this.scroller.scrollTop = top + ROW - clientHeight;
    }
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - MORE);
    const last = Math.min(this.numbers.length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / ROW) + MORE);
    for (const [place, row] of this.made) {
      if (place < first || place >= last) {
        row.remove();
        this.made.delete(place);
      }
    }
    for (let place = first; place < last; place += 1) {
      const row = this.made.get(place) ?? this.#make(place);
      const number = this.numbers[place];
      const button = row.firstChild;
      button.tabIndex = number === this.current ? 0 : -1;
      if (number === this.current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      this.fill(button, number);
    }
  }

  #make(place) {
    const row = document.createElement("li");
    row.style.top = `${place * ROW}px`;
    row.setAttribute("aria-setsize", this.numbers.length);
    row.setAttribute("aria-posinset", place + 1);
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => this.choose(this.numbers[place]));
    row.append(button);
    this.rows.append(row);
    this.made.set(place, row);
    return row;
  }
}
