// Decisions go to the server one after the other, at once; what does not arrive is kept and sent again.

const AGAIN = 3000; // ms
const GONE = "the server does not answer; is `semscan review` still running?";

export const fetchJson = async (address) => {
  const answer = await fetch(address);
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error ?? `the server answers ${answer.status}`);
  return found;
};

export class Saving {
  // `saved(decision, left)`, `waits(reason, left)` and `refused(reason)` say what became of a decision.
  constructor({ saved, waits, refused }) {
    this.queue = [];
    this.isBusy = false;
    Object.assign(this, { saved, waits, refused });
  }

  send(decision) {
    this.queue.push(decision);
    this.run();
  }

  async run() {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      while (this.queue.length) {
        const reason = await this.#sendFirst();
        if (reason) {
          this.waits(reason, this.queue.length);
          setTimeout(() => this.run(), AGAIN);
          break;
        }
      }
    } finally {
      this.isBusy = false;
    }
  }

  // Return why the first decision must wait; null once it is on the disk, or refused for good.
  async #sendFirst() {
    let answer;
    let found;
    try {
      answer = await fetch("/api/decisions", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(this.queue[0]),
        keepalive: true, // a page that is closed now still sends it
      });
      found = await answer.json();
    } catch {
      return GONE;
    }
    if (![201, 400, 413].includes(answer.status)) return found.error ?? `the server answers ${answer.status}`;
    this.queue.shift();
    if (answer.status !== 201) {
      this.refused(found.error);
    } else if (found.decision) {
      this.saved(found.decision, this.queue.length);
    } else {
      this.refused("the results hold this image no more; load the page again");
    }
    return null;
  }
}
