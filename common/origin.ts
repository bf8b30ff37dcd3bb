/** Where a number comes from. A twin's number is never shown without this word (DESIGN section 1.6). */
export const ORIGINS = ["hardware", "twin", "recording"] as const;
export type Origin = (typeof ORIGINS)[number];
