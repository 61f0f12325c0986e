/** One message through the state machines: what the states become and what is to be done, as data. Pure; knows no clock and no store. */
import type { NsiErrorName } from '../errors/nsi-errors.js';
import {
  type DataPlaneState,
  decidingMachine,
  heardAfterwards,
  type MachineName,
  type MessageType,
  type OutputType,
  type ProvisionRowState,
  type Row,
  stateTables,
} from './state-tables.js';
import type { ConnectionStates, LifecycleState, ReservationState } from './states.js';

/** The reconciler says which version it builds or has built. */
type VersionedType = 'reconciler.building' | 'reconciler.built' | 'reconciler.builtBeside';
export type Message = { type: Exclude<MessageType, VersionedType> } | { type: VersionedType; version: number };

export interface StateChange {
  machine: MachineName;
  from: string;
  to: string;
}

export interface Stepped {
  states: ConnectionStates;
  changes: StateChange[];
  outputs: OutputType[];
}

export interface Refusal {
  refused: Extract<NsiErrorName, 'invalidTransition' | 'reservationNonexistent' | 'connectionGone'>;
  /** The states that stood in the way, by name. */
  variables: Record<string, string>;
}

interface MachineStates {
  reservation: ReservationState;
  provision: ProvisionRowState;
  lifecycle: LifecycleState;
  dataPlane: DataPlaneState;
}

const machines = ['reservation', 'provision', 'lifecycle', 'dataPlane'] as const satisfies readonly MachineName[];

/** What a reservation is before its first message. */
export const newConnectionStates: ConnectionStates = {
  reservation: 'ReserveStart',
  lifecycle: 'Created',
  dataPlane: { active: false, version: 0, consistent: true },
};

/** Whether any node may hold something of this VI: true from the first attempt to build it. */
export const wasEverBuilt = (states: ConnectionStates): boolean => states.dataPlane.version > 0;

const toMachineStates = (states: ConnectionStates): MachineStates => ({
  reservation: states.reservation,
  provision: states.provision ?? 'none',
  lifecycle: states.lifecycle,
  dataPlane: states.dataPlane.active ? 'active' : 'inactive',
});

function nextDataPlane(
  before: ConnectionStates['dataPlane'],
  active: boolean,
  message: Message,
): ConnectionStates['dataPlane'] {
  switch (message.type) {
    case 'reconciler.building':
      return message.version === before.version
        ? { ...before, active }
        : { active, version: message.version, consistent: false };
    case 'reconciler.built':
    case 'reconciler.builtBeside':
      return { active, version: message.version, consistent: true };
    case 'reconciler.failed':
      return { ...before, active, consistent: false };
    case 'reconciler.removed':
      return { ...before, active, consistent: true };
    default:
      return { ...before, active };
  }
}

function refuse(states: ConnectionStates, message: Message): Refusal {
  const at = toMachineStates(states);
  const gone = at.lifecycle === 'Terminating' || at.lifecycle === 'Terminated';
  return {
    refused: gone ? 'connectionGone' : 'invalidTransition',
    variables: {
      message: message.type.slice(message.type.indexOf('.') + 1),
      reservationState: at.reservation,
      ...(at.provision === 'none' ? {} : { provisionState: at.provision }),
      lifecycleState: at.lifecycle,
    },
  };
}

/** `undefined` for a reservation that does not exist, or not for the one who asks. */
export function step(states: ConnectionStates | undefined, message: Message): Stepped | Refusal {
  if (states === undefined) return { refused: 'reservationNonexistent', variables: {} };
  const at = toMachineStates(states);
  if (at.lifecycle !== 'Created' && !heardAfterwards.has(message.type)) return refuse(states, message);

  const rows = machines.flatMap((machine): { machine: MachineName; row: Row }[] => {
    const table: readonly Row[] = stateTables[machine];
    const row = table.find((r) => r.from === at[machine] && r.on === message.type);
    return row === undefined ? [] : [{ machine, row }];
  });
  const decider = decidingMachine[message.type];
  if (!rows.some(({ machine }) => decider === 'any' || machine === decider)) return refuse(states, message);

  const after = { ...at, ...Object.fromEntries(rows.map(({ machine, row }) => [machine, row.to])) } as MachineStates;
  return {
    states: {
      reservation: after.reservation,
      ...(after.provision === 'none' ? {} : { provision: after.provision }),
      lifecycle: after.lifecycle,
      dataPlane: nextDataPlane(states.dataPlane, after.dataPlane === 'active', message),
    },
    changes: rows.flatMap(({ machine, row: { from, to } }) => (from === to ? [] : [{ machine, from, to }])),
    outputs: rows.flatMap(({ row }) => row.outputs ?? []),
  };
}
