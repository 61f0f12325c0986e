import { usageError } from '../cli-error.js';
import type { CliCommand } from '../command.js';
import { newCorrelationId } from '../ids.js';
import { deriveCriteria, readSiteRequest } from '../read-request.js';
import { reservationText } from '../views/reservation-view.js';
import { waitFor, waitOptions } from '../wait-for-reservation.js';

function parseVersion(text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  const version = Number(text);
  if (!Number.isInteger(version) || version < 1)
    throw usageError(`--to-version: '${String(text)}' is not a version number`);
  return version;
}

export const modify: CliCommand = {
  name: 'modify',
  arguments: [
    ['<id>', 'connection id'],
    ['<file>', 'request file (YAML) of the whole virtual infrastructure as it shall be'],
  ],
  summary: 'hold another version of a reservation',
  text: `Reserves again with a higher version: the virtual infrastructure grows, shrinks or moves in
time. The present version stays in force until the new one is committed. Without segment.key
in the file the key stays as it is.`,
  options: [{ flags: '--to-version <number>', text: 'number of the new version; the next if absent' }, ...waitOptions],
  examples: ['iris modify 7d0f… bigger.yaml && iris commit 7d0f…'],
  async run(context, [connectionId, file]) {
    const version = parseVersion(context.options.toVersion);
    const request = await readSiteRequest(file!);
    const client = await context.client();
    const present = (await client.getReservation({ connectionId: connectionId! })).reservation;
    const presentKey = (present.committed ?? present.held)?.segment.key;
    const criteria = await deriveCriteria(request, client, presentKey);
    const { reservation } = await client.modify({
      correlationId: newCorrelationId(),
      connectionId: connectionId!,
      version,
      criteria,
    });
    const shown = context.options.wait ? await waitFor(context, client, 'modify', reservation) : reservation;
    context.output.result(shown, () => reservationText(shown));
  },
};
