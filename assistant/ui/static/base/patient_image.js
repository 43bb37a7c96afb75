// Pictures that the server has no room for just now are asked for again when it says so. An image element alone cannot
// tell that answer from a picture that is broken.

const MOST_TRIES = 30;
const LONGEST_WAIT = 15;

/**
 * Show what lies at an address. To be called before anybody listens for "error": they hear of it once, when asking again
 * makes no sense. `isWanted()` false ends the waiting.
 */
export function showPatiently(image, address, isWanted = () => true) {
  let tries = 0;
  let isLast = false;
  const fail = () => {
    isLast = true;
    image.dispatchEvent(new Event("error"));
  };
  image.addEventListener("error", (event) => {
    if (isLast) return;
    event.stopImmediatePropagation();
    void again();
  });

  async function again() {
    tries += 1;
    const { content, seconds } = await ask(address);
    if (content) return show(content);
    if (!seconds || tries >= MOST_TRIES) return fail();
    await new Promise((done) => setTimeout(done, 1000 * seconds));
    if (isWanted()) image.src = address;
  }

  /** What was fetched is what is shown; if it is no picture, asking again makes it none. */
  function show(content) {
    isLast = true;
    const held = URL.createObjectURL(content);
    for (const end of ["load", "error"]) image.addEventListener(end, () => URL.revokeObjectURL(held), { once: true });
    image.src = held;
  }

  image.src = address;
}

/** The bytes where they are to be had by now, else after how many seconds to ask again; neither where they never are. */
async function ask(address) {
  try {
    const answer = await fetch(address);
    if (answer.ok) return { content: await answer.blob() };
    const told = Number(answer.headers.get("Retry-After"));
    return { seconds: answer.status === 503 ? Math.min(told, LONGEST_WAIT) : 0 };
  } catch {
    return {};
  }
}
