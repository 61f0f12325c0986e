/** A site in memory as the coordinator sees it, with the ways in which a real one can disappoint. Answers repeat by correlation id. */
import { RmsConnectionError } from '../../src/client/rms-client.js';
import { RmsFault } from '../../src/client/rms-fault.js';
import type { SiteClient } from '../../src/coordinator/site-client.js';
import type { RmsRequest, RmsResponse, WireReservation } from '../../src/wire/rms/types.js';

type Writable<T> = T extends Date ? T : T extends object ? { -readonly [K in keyof T]: Writable<T[K]> } : T;
type StoredReservation = Writable<WireReservation>;

export type Operation = 'reserve' | 'commit' | 'abort' | 'release' | 'terminate' | 'getReservation' | 'getSite';

export interface Disappointments {
  /** Each is used up by one call: done but never answered, or never received. */
  lostAnswers?: Operation[];
  lostRequests?: Operation[];
  /** Never received from now on. */
  deaf?: Operation[];
  refuseReserve?: boolean;
  /** The hold turns out impossible only while checking. */
  failsWhileChecking?: boolean;
  takenKeys?: number[];
  /** Not told by getAvailability: somebody was quicker. */
  secretlyTakenKeys?: number[];
  /** The hold has timed out when commit comes. */
  holdExpires?: boolean;
  neverProvisions?: boolean;
  /** Its nodes refuse, for this reason, again and again. */
  cannotBuild?: string;
}

const fault = (operation: string, errorId: string, code: string, variables: Record<string, string> = {}): RmsFault =>
  new RmsFault(operation, {
    site: 'fake',
    errorId,
    code,
    text: `${code} of a fake site`,
    variables: Object.entries(variables).map(([name, value]) => ({ name, value })),
  });

export class FakeSite {
  readonly reservations: StoredReservation[] = [];
  readonly calls: { operation: Operation; correlationId?: string }[] = [];
  readonly requests: RmsRequest<'reserve'>[] = [];
  readonly #answers = new Map<string, StoredReservation>();
  /** Called around every call: where a test lets the coordinator crash. */
  interrupt: (moment: 'before' | 'after') => void = () => {};

  constructor(
    readonly name: string,
    readonly disappoints: Disappointments = {},
  ) {}

  /** Held or committed and not over. */
  get live(): StoredReservation[] {
    return this.reservations.filter(
      ({ held, committed, states }) =>
        states.lifecycleState === 'Created' && (held !== undefined || committed !== undefined),
    );
  }

  readonly client: SiteClient = {
    getSite: () => this.#call('getSite', undefined, () => this.#view()),
    getAvailability: async ({ startTime, endTime }) => ({
      startTime: startTime ?? new Date(0),
      endTime,
      nodes: [],
      takenSegmentKeys: this.disappoints.takenKeys ?? [],
      takenExternalPortVlans: [],
    }),
    reserve: (request) =>
      this.#call('reserve', request.correlationId, () => ({
        reservation: this.#once(request, () => this.#reserve(request)),
      })),
    commit: (request) => this.#change('commit', request, (reservation) => this.#commit(reservation)),
    abort: (request) =>
      this.#change('abort', request, (reservation) => {
        if (reservation.held === undefined) throw fault('abort', '00201', 'INVALID_TRANSITION');
        reservation.held = undefined;
        reservation.states.reservationState = 'ReserveStart';
      }),
    release: (request) =>
      this.#change('release', request, (reservation) => {
        reservation.states.provisionState = 'Released';
        reservation.states.dataPlaneStatus.active = false;
        if (reservation.terminateOnRelease) reservation.states.lifecycleState = 'Terminated';
      }),
    terminate: (request) =>
      this.#change('terminate', request, (reservation) => {
        reservation.states.lifecycleState = 'Terminated';
        reservation.states.dataPlaneStatus.active = false;
        reservation.held = undefined;
      }),
    getReservation: (request) =>
      this.#call('getReservation', undefined, () => {
        const reservation = this.#find('getReservation', request.connectionId);
        this.#advance(reservation);
        return { reservation: structuredClone(reservation), segmentMtu: 1400, vmStates: [], registry: [], history: [] };
      }),
    listReservations: async ({ lifecycleStates, after }) => {
      // A page of one, so that paging is walked.
      const wanted = this.reservations.filter(({ states }) => lifecycleStates.includes(states.lifecycleState));
      const from = after === undefined ? 0 : Number(after);
      const next = from + 1 < wanted.length ? String(from + 1) : undefined;
      return { reservations: structuredClone(wanted.slice(from, from + 1)), next };
    },
  };

  async #call<T>(operation: Operation, correlationId: string | undefined, work: () => T): Promise<T> {
    this.calls.push({ operation, correlationId });
    this.interrupt('before');
    if (this.disappoints.deaf?.includes(operation)) throw this.#silence();
    if (this.#useUp(this.disappoints.lostRequests, operation)) throw this.#silence();
    const answer = work();
    this.interrupt('after');
    if (this.#useUp(this.disappoints.lostAnswers, operation)) throw this.#silence();
    return answer;
  }

  #useUp(list: Operation[] | undefined, operation: Operation): boolean {
    const index = list?.indexOf(operation) ?? -1;
    if (index >= 0) list!.splice(index, 1);
    return index >= 0;
  }

  #silence(): RmsConnectionError {
    return new RmsConnectionError(`http://${this.name}.invalid/rms`, 'no answer');
  }

  #find(operation: string, connectionId: string): StoredReservation {
    const found = this.reservations.find((reservation) => reservation.connectionId === connectionId);
    if (found === undefined) throw fault(operation, '00203', 'RESERVATION_NONEXISTENT', { connectionId });
    return found;
  }

  #once(request: { correlationId: string }, work: () => StoredReservation): StoredReservation {
    const known = this.#answers.get(request.correlationId);
    if (known !== undefined) return structuredClone(known);
    const answer = structuredClone(work());
    this.#answers.set(request.correlationId, answer);
    return structuredClone(answer);
  }

  #change(
    operation: Operation,
    request: { correlationId: string; connectionId: string },
    work: (reservation: StoredReservation) => void,
  ): Promise<RmsResponse<'commit'>> {
    return this.#call(operation, request.correlationId, () => ({
      reservation: this.#once(request, () => {
        const reservation = this.#find(operation, request.connectionId);
        if (reservation.states.lifecycleState === 'Terminated') throw fault(operation, '00204', 'CONNECTION_GONE');
        work(reservation);
        return reservation;
      }),
    }));
  }

  #view(): RmsResponse<'getSite'> {
    return {
      site: this.name,
      version: 'fake',
      nodes: [],
      gateways: [
        { node: `${this.name}-gw1`, address: '192.0.2.1' },
        { node: `${this.name}-gw2`, address: '192.0.2.2' },
      ],
      externalPorts: [{ name: 'lan2', node: `${this.name}-gw2`, vlans: ['0'], mtu: 1500 }],
      images: ['small'],
      encapsulations: ['gre'],
      peers: [],
      segmentKeyFrom: 1,
      segmentKeyTo: 9,
    };
  }

  #reserve(request: RmsRequest<'reserve'>): StoredReservation {
    this.requests.push(request);
    const { key } = request.criteria.segment;
    if (this.disappoints.refuseReserve) throw fault('reserve', '00705', 'CAPACITY_UNAVAILABLE', { node: 'n1' });
    if (this.disappoints.secretlyTakenKeys?.includes(key) || this.disappoints.takenKeys?.includes(key))
      throw fault('reserve', '00704', 'STP_UNAVAILABLE', { segmentKey: String(key) });
    const reservation: StoredReservation = {
      connectionId: `${this.name}-${this.reservations.length + 1}`,
      globalReservationId: request.globalReservationId,
      tenant: 'acme',
      requester: 'acme',
      autoProvision: request.autoProvision ?? true,
      terminateOnRelease: request.terminateOnRelease ?? true,
      states: {
        reservationState: 'ReserveChecking',
        lifecycleState: 'Created',
        dataPlaneStatus: { active: false, version: 0, versionConsistent: true },
      },
      held: {
        version: 1,
        state: 'held',
        startTime: new Date(0),
        segment: request.criteria.segment,
        vms: [],
        externalPorts: [],
        peers: [],
        hosts: [],
      },
      createdAt: new Date(0),
      updatedAt: new Date(0),
    };
    this.reservations.push(reservation);
    return reservation;
  }

  #commit(reservation: StoredReservation): void {
    if (this.disappoints.holdExpires) {
      reservation.held = undefined;
      reservation.states.reservationState = 'ReserveTimeout';
    }
    if (reservation.states.reservationState !== 'ReserveHeld')
      throw fault('commit', '00201', 'INVALID_TRANSITION', { state: reservation.states.reservationState });
    reservation.states.reservationState = 'ReserveCommitting';
    reservation.committed = { ...reservation.held!, state: 'committed' };
    reservation.held = undefined;
    reservation.states.provisionState = 'Provisioning';
  }

  /** What is on its way arrives with the next look. */
  #advance(reservation: StoredReservation): void {
    const { states } = reservation;
    if (states.reservationState === 'ReserveChecking') {
      states.reservationState = this.disappoints.failsWhileChecking ? 'ReserveFailed' : 'ReserveHeld';
      if (this.disappoints.failsWhileChecking) reservation.held = undefined;
    } else if (states.reservationState === 'ReserveCommitting') {
      states.reservationState = 'ReserveStart';
    } else if (states.provisionState === 'Provisioning' && this.disappoints.cannotBuild !== undefined) {
      const text = this.disappoints.cannotBuild;
      reservation.errorEvent = { timeStamp: new Date(), event: 'activateFailed', node: 'n1', text, permanent: true };
    } else if (states.provisionState === 'Provisioning' && !this.disappoints.neverProvisions) {
      states.provisionState = 'Provisioned';
      states.dataPlaneStatus = { active: true, version: 1, versionConsistent: true };
    }
  }
}
