/**
 * What an administrator opens in a database tool, and all that iris_reader may see. Views are plural where the table is
 * singular; none shows criteria, placements or answers, since tenants' secrets are in them.
 */
import type { MigrationInterface, QueryRunner } from 'typeorm';

const createViews = `
  CREATE VIEW reservations AS
    SELECT r.connection_id, r.vi_number, r.tenant, r.requester, r.global_reservation_id, r.description,
      r.reservation_state, r.provision_state, r.lifecycle_state,
      r.data_plane_active, r.data_plane_version, r.data_plane_consistent,
      c.version AS version_in_force, lower(c.period) AS starts_at, upper(c.period) AS ends_at,
      h.version AS version_held, h.hold_expires,
      (coalesce(c.placed, h.placed) #>> '{segment,key}')::integer AS segment_key,
      coalesce(c.placed, h.placed) #>> '{segment,encapsulation}' AS encapsulation,
      r.error_event ->> 'event' AS error_event, r.error_event ->> 'text' AS error_text,
      r.auto_provision, r.terminate_on_release, r.created_at, r.updated_at
    FROM reservation r
    LEFT JOIN reservation_version c ON c.connection_id = r.connection_id AND c.state = 'committed'
    LEFT JOIN reservation_version h ON h.connection_id = r.connection_id AND h.state = 'held';

  CREATE VIEW vms AS
    SELECT vm.node, r.tenant, vm.connection_id, vm.version, v.state AS version_state, vm.name AS vm,
      vm.cpus, vm.memory_mib, vm.disk_gib, vm.image, vm.nested,
      ARRAY(SELECT nic ->> 'mac' FROM jsonb_array_elements(vm.nics) AS nic) AS macs,
      ARRAY(SELECT nic ->> 'ip' FROM jsonb_array_elements(vm.nics) AS nic WHERE nic ? 'ip') AS ips,
      ARRAY(SELECT nic ->> 'portName' FROM jsonb_array_elements(vm.nics) AS nic) AS ports,
      lower(v.period) AS starts_at, upper(v.period) AS ends_at, r.data_plane_active
    FROM vm
    JOIN reservation_version v ON v.connection_id = vm.connection_id AND v.version = vm.version
    JOIN reservation r ON r.connection_id = vm.connection_id
    WHERE v.state <> 'dropped' AND r.lifecycle_state NOT IN ('PassedEndTime', 'Terminated');

  CREATE VIEW nodes AS
    SELECT n.node, n.cpus, n.memory_mib, n.disk_gib FROM node n;

  CREATE VIEW allocations AS
    SELECT a.node, a.connection_id, a.version, r.tenant, a.vms, a.cpus, a.memory_mib, a.disk_gib, a.period
    FROM node_allocation a JOIN reservation r ON r.connection_id = a.connection_id;

  CREATE VIEW labels_held AS
    SELECT 'segment key' AS kind, s.encapsulation || ' ' || s.segment_key AS label, s.connection_id, s.version, r.tenant, s.period
    FROM segment_allocation s JOIN reservation r ON r.connection_id = s.connection_id
    UNION ALL
    SELECT 'external port VLAN', e.port || ' ' || e.vlan, e.connection_id, e.version, r.tenant, e.period
    FROM external_port_allocation e JOIN reservation r ON r.connection_id = e.connection_id
    UNION ALL
    SELECT 'MAC', m.encapsulation || ' ' || m.segment_key || ' ' || m.mac, m.connection_id, m.version, r.tenant, m.period
    FROM mac_allocation m JOIN reservation r ON r.connection_id = m.connection_id;

  CREATE VIEW transitions AS
    SELECT h.at, h.connection_id, r.tenant, h.machine, h.from_state, h.to_state, h.asked_by, h.correlation_id, h.reason
    FROM history h JOIN reservation r ON r.connection_id = h.connection_id;

  CREATE VIEW registry AS
    SELECT e.connection_id, r.tenant, e.vlan, e.mac, e.ips, e.node, e.port_name, e.site, e.learnt_from, e.learnt_at
    FROM registry_entry e JOIN reservation r ON r.connection_id = e.connection_id;

  CREATE VIEW work AS
    SELECT w.kind, w.connection_id, w.run_at, w.attempts, w.locked_by, w.locked_until, w.asked_again_at FROM due_work w;
`;

/** Reads a view, not the tables, so that it needs no more rights than its caller has. */
const createLoad = `
  CREATE FUNCTION node_load_at(instant timestamptz)
  RETURNS TABLE (node text, vms bigint, cpus bigint, cpus_total integer, memory_mib bigint, memory_mib_total integer, disk_gib bigint, disk_gib_total integer)
  LANGUAGE sql STABLE AS $$
    SELECT n.node, coalesce(sum(own.vms), 0)::bigint,
      coalesce(sum(own.cpus), 0)::bigint, n.cpus,
      coalesce(sum(own.memory_mib), 0)::bigint, n.memory_mib,
      coalesce(sum(own.disk_gib), 0)::bigint, n.disk_gib
    FROM nodes n
    LEFT JOIN (
      SELECT a.node, max(a.vms) AS vms, max(a.cpus) AS cpus, max(a.memory_mib) AS memory_mib, max(a.disk_gib) AS disk_gib
      FROM allocations a
      WHERE a.period @> instant
      GROUP BY a.node, a.connection_id) AS own ON own.node = n.node
    GROUP BY n.node, n.cpus, n.memory_mib, n.disk_gib
    ORDER BY n.node
  $$;
  COMMENT ON FUNCTION node_load_at IS 'What is allocated on each node at an instant, beside what it has: SELECT * FROM node_load_at(now() + interval ''1 day'').';

  CREATE VIEW node_load_now AS SELECT * FROM node_load_at(now());
`;

const viewComments: Record<string, [string, Record<string, string>]> = {
  reservations: [
    'Reservations with their states, schedule and tenant.',
    {
      connection_id: 'Id of the reservation.',
      vi_number: 'Number of its virtual infrastructure, in flow cookies.',
      tenant: 'Whose it is.',
      requester: 'Who asked for it: user name or certificate subject.',
      global_reservation_id: 'Id that the coordinator gave to the whole, over all sites.',
      description: 'What the requester wrote.',
      reservation_state: 'NSI reservation state.',
      provision_state: 'NSI provision state; null before the first commit.',
      lifecycle_state: 'NSI lifecycle state.',
      data_plane_active: 'Whether the VI stands.',
      data_plane_version: 'Version that is built.',
      data_plane_consistent: 'Whether every node has that version.',
      version_in_force: 'Committed version.',
      starts_at: 'Start of the committed version.',
      ends_at: 'End of the committed version; null if open-ended.',
      version_held: 'Version that waits for commit or abort.',
      hold_expires: 'When that hold times out.',
      segment_key: 'Key of its segment.',
      encapsulation: 'Encapsulation of its segment.',
      error_event: 'Kind of the newest problem, until something has succeeded since.',
      error_text: 'The newest problem in words.',
      auto_provision: 'Whether it is provisioned at its start without being asked.',
      terminate_on_release: 'Whether a release ends it.',
      created_at: 'When it was first reserved.',
      updated_at: 'When its row last changed.',
    },
  ],
  vms: [
    'VMs of reservations that are not over, with node and addresses.',
    {
      node: 'Where it stands or will stand.',
      tenant: 'Whose it is.',
      connection_id: 'Reservation it belongs to.',
      version: 'Version of the reservation.',
      version_state: 'held, or committed.',
      vm: 'Name within the reservation.',
      cpus: 'Virtual CPUs.',
      memory_mib: 'Memory, MiB.',
      disk_gib: 'Disk, GiB.',
      image: 'Image it boots.',
      nested: 'Whether it can run VMs itself.',
      macs: 'MAC addresses of its NICs, in order.',
      ips: 'Known IP addresses of its NICs.',
      ports: 'Names of its switch ports, in order of the NICs.',
      starts_at: 'Start of the version.',
      ends_at: 'End of the version; null if open-ended.',
      data_plane_active: 'Whether the VI stands.',
    },
  ],
  nodes: [
    'Nodes that VMs can stand on.',
    {
      node: 'Name of the node.',
      cpus: 'CPUs it has.',
      memory_mib: 'Memory it has, MiB.',
      disk_gib: 'Disk it has, GiB.',
    },
  ],
  allocations: [
    'What is set aside on each node and when.',
    {
      node: 'The node.',
      connection_id: 'Reservation that has the allocation.',
      version: 'Version of the reservation; of two versions the maximum counts.',
      tenant: 'Whose it is.',
      vms: 'VMs on this node.',
      cpus: 'CPUs set aside.',
      memory_mib: 'Memory set aside, MiB.',
      disk_gib: 'Disk set aside, GiB.',
      period: 'From when until when.',
    },
  ],
  labels_held: [
    'Labels that one reservation has at a time: segment keys, VLANs of external ports, MACs.',
    {
      kind: 'segment key, external port VLAN, or MAC.',
      label: 'Encapsulation and key; port and VLAN (0 is untagged); segment and MAC.',
      connection_id: 'Reservation that has it.',
      version: 'Version of the reservation.',
      tenant: 'Whose it is.',
      period: 'From when until when.',
    },
  ],
  transitions: [
    'The history of every transition.',
    {
      at: 'When.',
      connection_id: 'Reservation.',
      tenant: 'Whose it is.',
      machine: 'State machine: reservation, provision, lifecycle or dataPlane.',
      from_state: 'State before.',
      to_state: 'State after.',
      asked_by: 'Who asked: a requester, time, or reconciler.',
      correlation_id: 'Correlation id of the request.',
      reason: 'Why, where that is not plain.',
    },
  ],
  registry: [
    'The management registry: which machine of a segment stands where.',
    {
      connection_id: 'Reservation whose segment it is.',
      tenant: 'Whose it is.',
      vlan: 'VLAN id within the segment; 0 is untagged.',
      mac: 'MAC address.',
      ips: 'IP addresses seen or listed with it.',
      node: 'Node it stands at, if inside the site.',
      port_name: 'Switch port of that node.',
      site: 'Other site that it lies behind.',
      learnt_from: 'How Iris came to know.',
      learnt_at: 'When.',
    },
  ],
  work: [
    'What Iris is to do, and when.',
    {
      kind: 'holdTimeout, reconcile or endTime.',
      connection_id: 'Reservation it is about.',
      run_at: 'When it is due.',
      attempts: 'How often it was begun.',
      locked_by: 'Worker that has it.',
      locked_until: 'When that worker loses it.',
      asked_again_at: 'When it is due again, asked for while a worker had it.',
    },
  ],
  node_load_now: [
    'What is allocated on each node now, beside what it has.',
    {
      node: 'The node.',
      vms: 'VMs that may stand on it.',
      cpus: 'CPUs allocated.',
      cpus_total: 'CPUs it has.',
      memory_mib: 'Memory allocated, MiB.',
      memory_mib_total: 'Memory it has, MiB.',
      disk_gib: 'Disk allocated, GiB.',
      disk_gib_total: 'Disk it has, GiB.',
    },
  ],
};

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

const commentStatements = Object.entries(viewComments).flatMap(([view, [comment, columns]]) => [
  `COMMENT ON VIEW ${view} IS ${quote(comment)}`,
  ...Object.entries(columns).map(([column, text]) => `COMMENT ON COLUMN ${view}.${column} IS ${quote(text)}`),
]);

export class Views1795305600006 implements MigrationInterface {
  name = 'Views1795305600006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(createViews);
    await runner.query(createLoad);
    await runner.query(commentStatements.join(';\n'));
  }

  async down(): Promise<void> {
    throw new Error('migrations only go forward; restore a backup instead');
  }
}
