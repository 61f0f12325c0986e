/** The site has tried to build the reservation, and says that waiting will not help. */
import type { WireReservation } from '../wire/rms/types.js';

export const isRefusedForGood = ({ errorEvent }: Pick<WireReservation, 'errorEvent'>): boolean =>
  errorEvent?.event === 'activateFailed' && errorEvent.permanent === true;
