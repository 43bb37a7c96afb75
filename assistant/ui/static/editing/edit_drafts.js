// What an editor of regions hands over to be kept, and what it becomes when its card is opened again. No DOM here.

/**
 * Regions of a card and of a draft together: decided ones as the draft has them, the others as the card suggests them
 * now. `base`: the regions the card starts from. `kept`: {made: [{region, isOwn}], gone: [id], proposal}.
 * Gives {all, gone: Map of id and origin}.
 */
export function mergedRegions(base, kept, proposal) {
  const isSame = kept.proposal === proposal;
  const known = new Map(base.map((region) => [region.id, region]));
  const gone = new Map(kept.gone.filter((id) => isSame && known.get(id)?.origin).map((id) => [id, known.get(id).origin]));
  const taken = new Set([...known.keys(), ...kept.made.map(({ region }) => region.id)]);
  const made = kept.made.map(({ region, isOwn }) => {
    const origin = isSame && !isOwn ? (known.get(region.id)?.origin ?? null) : null;
    // Another suggestion may use the same names for other regions.
    const id = known.has(region.id) && !origin && !isSame ? freshName(taken) : region.id;
    return { ...region, id, origin, proposed: false };
  });
  const byId = new Map(made.map((region) => [region.id, region]));
  const shown = base.filter((region) => !gone.has(region.id) && !(isSame && kept.gone.includes(region.id)));
  const all = shown.map((region) => byId.get(region.id) ?? region);
  return { all: [...all, ...made.filter((region) => !known.has(region.id))], gone };
}

/** What is kept of regions: those a person decided about, and which are gone. */
export function keptRegions(all, gone, proposal, plain = (region) => region) {
  const decided = all.filter((region) => !region.proposed);
  return { made: decided.map((region) => ({ region: plain(region), isOwn: !region.origin })), gone: [...gone], proposal };
}

function freshName(taken) {
  let number = 1;
  while (taken.has(`n${number}`)) number += 1;
  taken.add(`n${number}`);
  return `n${number}`;
}
