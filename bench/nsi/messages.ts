/** The messages of a requester: written once by our tables, and filled in for each cycle. */
import type { WireOf } from '../../src/wire/nsi/connection-types.js';
import { writeNsiMessage } from '../../src/wire/nsi/messages.js';
import { providerProtocol, requesterProtocol, viVocabulary } from '../../src/wire/nsi/namespaces.js';
import { infrastructure } from '../../src/wire/nsi/vi.js';
import { toFragment } from '../../src/wire/xml/write-xml.js';
import { type Interval, nic, vm } from '../cycle/messages.js';

export const providerNsa = 'urn:ogf:network:bench.example:2026:nsa';
export const requesterNsa = 'urn:ogf:network:requester.example:2026:nsa';

/** In the order of a cycle, each with the callback that ends it. */
export const steps = {
  reserve: 'reserveConfirmed',
  reserveCommit: 'reserveCommitConfirmed',
  provision: 'provisionConfirmed',
  terminate: 'terminateConfirmed',
} as const;
export type Step = keyof typeof steps;
export const stepNames = Object.keys(steps) as Step[];

/** Stand for what differs from message to message. Neither is part of another. */
const blanks = {
  correlationId: 'urn:uuid:00000000-0000-0000-0000-000000000000',
  connectionId: 'CONNECTION',
  key: 4711,
};
const blankStart = new Date(0);
const blankEnd = new Date(1_000);

const header = (replyTo: string) => ({
  ...{ protocolVersion: providerProtocol, correlationId: blanks.correlationId },
  ...{ requesterNsa, providerNsa, replyTo },
});

export const description = 'a cycle of the benchmark';

const reserve: WireOf<'reserve'> = {
  description,
  criteria: {
    schedule: { startTime: blankStart, endTime: blankEnd },
    serviceType: viVocabulary.namespace,
    services: [
      toFragment(viVocabulary, 'infrastructure', infrastructure, {
        segment: { key: blanks.key, encapsulation: 'gre' },
        vms: [{ ...vm, count: 1, nics: [nic] }],
        externalPorts: [],
        peers: [],
        hosts: [],
      }),
    ],
  },
};

export interface Blank {
  correlationId: string;
  /** Of everything but reserve. */
  connectionId: string;
  /** Of reserve, as is the period. */
  key: number;
  period: Interval;
}

/** One message of each step, for `replyTo`. */
export function writeTemplates(replyTo: string): Record<Step, (blank: Blank) => string> {
  const change = (step: Exclude<Step, 'reserve'>) => {
    const text = writeNsiMessage(header(replyTo), step, { connectionId: blanks.connectionId });
    return ({ correlationId, connectionId }: Blank): string =>
      text.replace(blanks.correlationId, correlationId).replace(blanks.connectionId, connectionId);
  };
  const reserveText = writeNsiMessage(header(replyTo), 'reserve', reserve);
  return {
    reserve: ({ correlationId, key, period }) =>
      reserveText
        .replace(blanks.correlationId, correlationId)
        .replace(`>${blanks.key}<`, `>${key}<`)
        .replace(blankStart.toISOString(), period.start)
        .replace(blankEnd.toISOString(), period.end),
    reserveCommit: change('reserveCommit'),
    provision: change('provision'),
    terminate: change('terminate'),
  };
}

const acknowledgmentText = writeNsiMessage(
  { protocolVersion: requesterProtocol, correlationId: blanks.correlationId, requesterNsa, providerNsa },
  'acknowledgment',
  {},
);

/** What a callback is answered with. */
export const acknowledge = (correlationId: string): string =>
  acknowledgmentText.replace(blanks.correlationId, correlationId);
