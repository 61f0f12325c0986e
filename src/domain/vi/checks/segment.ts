/** Of the segment’s key and encapsulation. */
import { type Check, isCount, offence } from './check.js';

export const segment: Record<string, Check> = {
  keyIsAKey: ({ segment: { key } }) =>
    isCount(key, 1, 0xffffff)
      ? undefined
      : offence('invalidLabel', `a segment key is 1 to ${0xffffff}`, { segmentKey: key }),
  keyIsOffered: ({ segment: { key } }, { site: { segments } }) =>
    key >= segments.keyFrom && key <= segments.keyTo
      ? undefined
      : offence('stpResolution', `this site's segment keys are ${segments.keyFrom} to ${segments.keyTo}`, {
          segmentKey: key,
        }),
  encapsulationIsOffered: ({ segment: { encapsulation } }, { site: { segments } }) =>
    segments.encapsulations.includes(encapsulation)
      ? undefined
      : offence('unsupportedParameter', `this site offers ${segments.encapsulations.join(', ')}`, { encapsulation }),
};
