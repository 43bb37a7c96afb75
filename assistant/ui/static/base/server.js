// Talks to the server. Every refusal arrives as one sentence and the name of its kind.

/** The server said no, or could not be reached (`status` 0). */
export class ServerProblem extends Error {
  constructor(status, kind, message) {
    super(message);
    this.status = status;
    this.kind = kind;
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }

  get isSignedOut() {
    return this.status === 401;
  }

  /** Whether another project is served at this address by now. */
  get isElsewhere() {
    return this.kind === "OtherProject";
  }
}

// Which window of a person this is: cards are in hand in one window at a time. A name for this page load only.
const WINDOW = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @returns {RequestInit & { headers: Record<string, string> }} */
function plainRequest(method) {
  return { method, credentials: "same-origin", headers: { Accept: "application/json", "X-Window": WINDOW } };
}

async function ask(method, path, body) {
  const init = plainRequest(method);
  if (body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    init.headers["Content-Type"] = "application/json";
    init.body = written(body);
  }
  let response;
  try {
    response = await fetch(path, init);
    server.onReach?.(true);
  } catch {
    server.onReach?.(false);
    throw new ServerProblem(0, "Offline", "The server cannot be reached.");
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  if (response.status === 401) server.onSignedOut?.();
  const sentence = answer?.error ?? `The server answered ${response.status}.`;
  throw new ServerProblem(response.status, answer?.kind ?? "Unknown", sentence);
}

function written(body) {
  try {
    return JSON.stringify(body);
  } catch {
    throw new ServerProblem(400, "Unreadable", "This answer cannot be written as a message to the server.");
  }
}

export const server = {
  /** A sign of life and nothing more; what is asked for is small, open to all, and told to be unchanged. */
  async beat() {
    try {
      await fetch("/static/card/base/dates.js", { method: "GET", credentials: "same-origin", signal: AbortSignal.timeout(4000) });
      server.onReach?.(true);
    } catch {
      server.onReach?.(false);
    }
  },
  get: (path) => ask("GET", path),
  post: (path, body = {}) => ask("POST", path, body),
  /** Say something while the page is being left; nobody waits for the answer. */
  farewell(path, body) {
    const init = plainRequest("POST");
    init.headers["Content-Type"] = "application/json";
    fetch(path, { ...init, body: written(body), keepalive: true }).catch(() => undefined);
  },
  /** Send a file as it is; its name travels in the address, the server gives it another one. */
  send: (path, file) => ask("POST", path, file),
};
