/** Numbers for Prometheus: what was asked and how it went, what the service holds, and the process itself. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HealthView } from '../../domain/ports/provider.js';

/** Numbers that others keep, asked for when somebody looks. */
export interface Gauges {
  reservationsByState(): Promise<Readonly<Record<string, number>>>;
}

export interface Metrics {
  /** `outcome`: ok, or the error's id. */
  observe(operation: string, outcome: string, tookSeconds: number): void;
  contentType: string;
  read(): Promise<string>;
}

export function createMetrics(health: () => Promise<HealthView>, gauges: Gauges): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'iris_requests_total',
    help: 'Requests answered, by operation and outcome (ok, or the id of the error)',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'iris_request_duration_seconds',
    help: 'Time from the whole request to its answer',
    labelNames: ['operation'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  new Gauge({
    name: 'iris_switch_connected',
    help: 'Whether the OpenFlow channel of a node stands',
    labelNames: ['node'],
    registers,
    async collect() {
      this.reset();
      for (const each of (await health()).switches) this.set({ node: each.node }, each.connected ? 1 : 0);
    },
  });
  new Counter({
    name: 'iris_packet_ins_total',
    help: 'Packets that the switch of a node has sent to the controller since the daemon started',
    labelNames: ['node'],
    registers,
    async collect() {
      this.reset();
      for (const each of (await health()).switches) this.inc({ node: each.node }, each.packetIns);
    },
  });
  new Counter({
    name: 'iris_packet_ins_dropped_total',
    help: 'Packets for the controller that were dropped, by the meters of a node’s switch or for want of time here, since the daemon started',
    labelNames: ['node', 'by'],
    registers,
    async collect() {
      this.reset();
      for (const { node, packetInsDropped } of (await health()).switches)
        for (const [by, count] of Object.entries(packetInsDropped)) this.inc({ node, by }, count);
    },
  });
  new Counter({
    name: 'iris_registry_refused_total',
    help: 'What was said at a node of who is where and not believed, by reason, since the daemon started',
    labelNames: ['node', 'reason'],
    registers,
    async collect() {
      this.reset();
      for (const { node, refused } of (await health()).switches)
        for (const [reason, count] of Object.entries(refused)) this.inc({ node, reason }, count);
    },
  });
  new Counter({
    name: 'iris_switch_impostors_total',
    help: 'Connections that claimed to be the switch of a node and showed no certificate of its name, since the daemon started',
    labelNames: ['node'],
    registers,
    async collect() {
      this.reset();
      for (const { node, impostors } of (await health()).switches)
        if (impostors !== undefined) this.inc({ node }, impostors);
    },
  });
  new Gauge({
    name: 'iris_reservations',
    help: 'Reservations by lifecycle state',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset();
      for (const [state, count] of Object.entries(await gauges.reservationsByState())) this.set({ state }, count);
    },
  });
  return {
    observe: (operation, outcome, tookSeconds) => {
      requests.inc({ operation, outcome });
      duration.observe({ operation }, tookSeconds);
    },
    contentType: registry.contentType,
    read: () => registry.metrics(),
  };
}
