/** A half-open interval of time, [from, to), as PostgreSQL's tstzrange writes it; without an end it is open. */
export const toPeriod = (from: Date, to: Date | undefined): string =>
  `[${from.toISOString()},${to === undefined ? '' : to.toISOString()})`;
