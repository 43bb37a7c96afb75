// How the page writes a moment: as the program does in its sentences ("5 March 2026, 14:03"), in the reader's time zone.

/** `5 March 2026, 14:03` */
export function sayMoment(moment) {
  const at = new Date(moment);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  return `${day}, ${at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`;
}
