import { zoneClass } from '../zones.js';

/** The zone's colour with its word. */
export const Zone = ({ zone }: { zone: string }) => <span className={`wb-zone ${zoneClass(zone)}`}>{zone}</span>;

/** The colour alone, where the word stands near. */
export const ZoneMark = ({ zone }: { zone: string }) => <span className={`wb-zone-mark ${zoneClass(zone)}`} aria-hidden="true" />;
