/** What is wrong with a MAC that no machine can have. */
import { isMac } from '../addresses.js';

export const macFault = (mac: string, whose: string): string =>
  isMac(mac)
    ? `${mac} of ${whose} is a multicast or zero MAC, which no machine has`
    : `the MAC of ${whose} is not six lower-case hexadecimal pairs with colons`;
