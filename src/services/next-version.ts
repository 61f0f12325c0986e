/** Versions are 32-bit numbers on the wire (`xsd:int`) and in the database. */
const greatestVersion = 0x7fffffff;

/** The version after this one; undefined where there is none. */
export const nextVersion = (version: number): number | undefined =>
  version < greatestVersion ? version + 1 : undefined;
