/** The messages of a cycle over rms, as a client sends them; with one VM for an hour, from tomorrow on, unless told otherwise. */
import { rmsNamespace } from '../../src/wire/rms/types.js';
import { securityNamespace, soapEnvelopeNamespace } from '../../src/wire/soap/namespaces.js';
import { tenant } from './site.js';

const security =
  `<w:Security xmlns:w="${securityNamespace}"><w:UsernameToken><w:Username>${tenant.user}</w:Username>` +
  `<w:Password>${tenant.password}</w:Password></w:UsernameToken></w:Security>`;

export const envelope = (body: string): string =>
  `<s:Envelope xmlns:s="${soapEnvelopeNamespace}" xmlns:r="${rmsNamespace}">` +
  `<s:Header>${security}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;

export interface Interval {
  start: string;
  end: string;
}

const hourMs = 3_600_000;

export function tomorrow(nowMs: number): Interval {
  const startMs = Math.ceil(nowMs / hourMs) * hourMs + 24 * hourMs;
  return { start: new Date(startMs).toISOString(), end: new Date(startMs + hourMs).toISOString() };
}

export const vm = { name: 'vm', cpus: 1, memoryMiB: 512, diskGiB: 1, image: 'small', nested: true };
export const nic = { mac: '52:54:00:00:00:01', ip: '10.1.0.1', prefixLength: 24 };

const nicElement = `<nic><mac>${nic.mac}</mac><ip>${nic.ip}</ip><prefixLength>${nic.prefixLength}</prefixLength></nic>`;

/** Iris gives its NIC a MAC, unless it is told one. */
export const vmElement = (name: string, nic = '<nic/>'): string =>
  `<vm><name>${name}</name><cpus>${vm.cpus}</cpus><memoryMiB>${vm.memoryMiB}</memoryMiB><diskGiB>${vm.diskGiB}</diskGiB>` +
  `<image>${vm.image}</image><nested>${vm.nested}</nested>${nic}</vm>`;

const oneVm = vmElement(vm.name, nicElement);

const scheduleElement = ({ start, end }: Interval): string =>
  `<schedule><startTime>${start}</startTime><endTime>${end}</endTime></schedule>`;

interface Wanted {
  /** Absent: from now on, without an end. */
  interval?: Interval;
  /** Elements. */
  vms?: string;
}

export const reserveMessage = (correlationId: string, key: number, { interval, vms = oneVm }: Wanted): string =>
  envelope(
    `<r:reserve><correlationId>${correlationId}</correlationId><criteria>` +
      `${interval === undefined ? '' : scheduleElement(interval)}` +
      `<segment><key>${key}</key><encapsulation>gre</encapsulation></segment>${vms}</criteria></r:reserve>`,
  );

export const changeMessage = (operation: string, correlationId: string, connectionId: string): string =>
  envelope(
    `<r:${operation}><correlationId>${correlationId}</correlationId><connectionId>${connectionId}</connectionId></r:${operation}>`,
  );
