// Spans and relations of a card before anybody touches them. No DOM here.

/** What a card starts from: {all, gone}. An answer taken back is as it was, what nobody had looked at still suggested. */
export function startingRegions(kind, { former, standing, suggestion }, isHidden) {
  const suggested = suggestion?.value?.[kind] ?? [];
  if (!former) {
    const start = standing?.[kind] ?? (isHidden ? [] : suggested);
    return { all: start.map((region) => ({ ...region, origin: region, proposed: !standing })), gone: new Map() };
  }
  const origins = new Map(suggested.map((region) => [region.id, region]));
  const originOf = (region) => (former.regions[region.id] === "choose" ? null : (origins.get(region.id) ?? region));
  const own = former.value[kind].map((region) => ({ ...region, origin: originOf(region), proposed: false }));
  const rest = suggested.filter((region) => !own.some((one) => one.id === region.id));
  const unseen = rest.filter((region) => former.regions[region.id] === "not_looked_at");
  const gone = rest.filter((region) => former.regions[region.id] === "reject");
  return {
    all: [...own, ...unseen.map((region) => ({ ...region, origin: region, proposed: true }))],
    gone: new Map(gone.map((region) => [region.id, region])),
  };
}
