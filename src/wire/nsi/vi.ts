/** The types of wsdl/nsi/vi.xsd as tables: virtual infrastructures in the criteria. Their parts are those of rms.xsd. */
import { externalPort, externalPortRequest, host, name, peer, segment, vm, vmRequest } from '../rms/types.js';
import { many, one, optional, record, type ValueOf } from '../xml/schema-type.js';

export const infrastructure = record('InfrastructureType', {
  segment: one(segment),
  vms: many('vm', vmRequest),
  externalPorts: many('externalPort', externalPortRequest),
  peers: many('peer', peer),
  hosts: many('host', host),
});

export const placement = record('PlacementType', {
  vms: many('vm', vm),
  externalPorts: many('externalPort', externalPort),
  gateway: optional(name),
});

export type WireInfrastructure = ValueOf<typeof infrastructure>;
