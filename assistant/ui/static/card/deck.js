// The cards in hand: the one on the screen and those fetched ahead. No DOM here.

const AHEAD = 5;
const ALMOST_EMPTY = 4;

export class Deck {
  server; onChange; unsent; settled; counts;

  /**
   * `unsent()` lists exposures that were decided but not acknowledged: they are held, too. `settled()` waits for them.
   */
  constructor({ server, unsent, settled, counts, onChange }) {
    Object.assign(this, { server, unsent, settled, counts, onChange });
    this.cards = [];
    this.field = "";
    this.isCounted = false;
    this.finished = false;
    this.message = "";
    this.filling = null;
    this.again = false;
    this.turn = 0;
  }

  current() {
    return this.cards[0] ?? null;
  }

  exposures() {
    return this.cards.map((card) => card.exposure);
  }

  ticketOf(exposure) {
    return this.cards.find((card) => card.exposure === exposure)?.ticket;
  }

  /** Drop the card on the screen and give the next one. */
  advance() {
    this.cards.shift();
    return this.current();
  }

  /** Show this card before all others; another card of the same item and field is superseded. */
  putFirst(card) {
    const same = (one) => one.exposure === card.exposure || (one.item.id === card.item.id && one.field.id === card.field.id);
    this.cards = [card, ...this.cards.filter((one) => !same(one))];
  }

  drop(exposures) {
    this.cards = this.cards.filter((card) => !exposures.includes(card.exposure));
  }

  /** Forget everything and start with another field; what was held is given back. */
  async switchTo(field) {
    const held = this.exposures();
    this.turn += 1;
    this.cards = [];
    this.isCounted = false;
    this.field = field;
    this.finished = false;
    if (held.length > 0) this.server.post("/card/release", { exposures: held }).catch(() => undefined);
    await this.fill();
  }

  /** Keep the card on the screen and fetch the others again: what is known about them has changed. */
  async refetchRest() {
    const [first, ...rest] = this.cards;
    if (!first || this.filling) return;
    this.cards = [first];
    if (rest.length > 0) await this.server.post("/card/release", { exposures: rest.map((card) => card.exposure) }).catch(() => undefined);
    await this.fill();
  }

  /** Fetch cards until enough are in hand. A call while one is under way makes it ask once more. */
  fill() {
    if (this.cards.length >= ALMOST_EMPTY) return Promise.resolve();
    this.again = this.filling !== null;
    this.filling ??= this.#fetchEnough().finally(() => {
      this.filling = null;
      this.onChange();
    });
    return this.filling;
  }

  async #fetchEnough() {
    do {
      this.again = false;
      await this.#fetch();
    } while (this.again && this.cards.length < ALMOST_EMPTY);
  }

  async #fetch() {
    const turn = this.turn;
    // With nothing in hand the answer may be "finished", which must not count what is still on its way.
    if (this.cards.length === 0 && this.unsent().length > 0) await this.settled();
    const before = this.unsent();
    const held = [...this.exposures(), ...before];
    const count = Math.max(1, AHEAD - this.cards.length);
    const answer = await this.server.post("/card/next", { field: this.field, count, held });
    if (turn !== this.turn) return;
    const known = new Set([...this.exposures(), ...this.unsent()]);
    if (this.#dropOutdated(answer.outdated)) this.again = true;
    this.cards.push(...answer.cards.filter((card) => !known.has(card.exposure)));
    // While decisions are on their way nobody knows which of them the server has counted: our own count is better.
    if (!this.isCounted || before.length + this.unsent().length === 0) this.counts.take(answer);
    this.isCounted = true;
    this.finished = answer.finished && this.cards.length === 0;
    this.message = answer.message ?? "";
  }

  /** Drop cards that a run has overtaken, so that they are fetched with its suggestions; never the one on the screen. */
  #dropOutdated(exposures = []) {
    const before = this.cards.length;
    this.cards = this.cards.filter((card, at) => at === 0 || !exposures.includes(card.exposure));
    return this.cards.length < before;
  }

  /** Keep the leases alive; gives the cards that were lost. */
  async renew() {
    const held = this.exposures();
    if (held.length === 0) return [];
    const tickets = this.cards.map((card) => card.ticket ?? "");
    const { lost, outdated } = await this.server.post("/card/renew", { exposures: held, tickets });
    if (this.#dropOutdated(outdated)) this.fill().catch(() => undefined);
    const gone = this.cards.filter((card) => lost.includes(card.exposure));
    this.drop(lost);
    return gone;
  }
}
