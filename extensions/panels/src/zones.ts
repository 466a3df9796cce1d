/** Zones in the order in which data is refined; the palette is in `style/palette.css`. */
export const ZONES = ['bronze', 'silver', 'gold'] as const;

/** The colour class of a zone; every other namespace shares one. */
export function zoneClass(zone: string): string {
  return `wb-zone-${(ZONES as readonly string[]).includes(zone) ? zone : 'other'}`;
}

/** Bronze, silver, gold, then the others by name. */
export function compareZones(a: string, b: string): number {
  const rank = (zone: string) => {
    const index = (ZONES as readonly string[]).indexOf(zone);
    return index < 0 ? ZONES.length : index;
  };
  return rank(a) - rank(b) || a.localeCompare(b);
}
