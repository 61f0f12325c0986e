/** Who asks and who is asked for, agreed between the load and the controller: addresses by number, so that nobody keeps a list. */
import { fromIpv4Number, fromMacNumber } from '../../src/lib/address-number.js';

/** 10.0.0.1 and on: the registered machines; their number is the end of their MAC. */
const firstTargetIp = 0x0a000001;
export const targetMacHigh = 0x5254;
/** 10.128.0.0 and on: machines that the registry has yet to learn. */
const firstAskerIp = 0x0a800000;
export const askerMacHigh = 0x0600;

/** What lies behind one switch: a thousand machines that ask in turn, so that most of a run is ordinary and every one is learnt. */
export const askersPerSwitch = 1_024;
export const portsPerSwitch = 32;
export const viNumber = 1;

export const targetIp = (index: number): number => firstTargetIp + index;
export const askerIp = (index: number): number => firstAskerIp + index;
export const askerMacLow = (index: number): number => index;
export const askerPort = (index: number): number => 1 + (index % portsPerSwitch);

export const textOfTarget = (index: number) => ({
  mac: fromMacNumber({ high: targetMacHigh, low: index }),
  ip: fromIpv4Number(targetIp(index)),
});
