// What a kind of content brings to the page: how an item is shown. Which content an item has comes with it from the
// server.

/**
 * `make(item, offsets)` shows an item: `element`, and where they mean something `key(event)` for keys that nobody else
 * wants and `close()`. `look` is a class of the card for how its parts stand. `keys` are what the help lists for
 * looking, or listening. `files` are those that bring such items, `inFolders` where they come in folders. `prefetch(id)`
 * gets the next item ready, `thumbnail(id)` is a small picture of one.
 * @typedef {{
 *   make: (item: any, offsets: any) => any,
 *   look: string,
 *   keys: string[][],
 *   files: string,
 *   inFolders?: boolean,
 *   prefetch?: (id: number) => void,
 *   thumbnail?: (id: number) => HTMLElement,
 * }} Content
 */

export {};
