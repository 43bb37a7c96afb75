// What a kind of answer brings to the page. Names, keys and verdicts come with each field from the server; here is what
// only a page needs.

/**
 * `Editor` answers a card: constructed with its host, see card/reviewer.js. `comparable(content)` is equal for equal
 * answers. `say(content, field)` are a few words. `work` is what unfinished work is called, `are` whether it is many.
 * `isMarked`: an answer without marks may be a slip, so that it is asked about. `keys`: what the help lists.
 * @typedef {{
 *   Editor: new (host: any) => any,
 *   comparable: (content: any) => string,
 *   say: (content: any, field: any) => string,
 *   work: string,
 *   are?: boolean,
 *   isMarked?: boolean,
 *   keys?: string[][],
 *   isDrawn?: boolean,
 *   Tool?: new (editor: any) => any,
 *   isPainted?: boolean,
 *   keepsSelecting?: boolean,
 *   fromSegment?: ((found: any, mask: any) => any) | null,
 * }} Kind
 */

/** What is said of an answer that marks nothing. */
export const NOTHING = "nothing to mark";
