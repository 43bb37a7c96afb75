// No DOM here.

/** The person's own answer that a card starts from: one they took back and can change, else the one that stands. */
export function ownAnswer(card) {
  return card.former?.value ?? card.standing ?? null;
}
