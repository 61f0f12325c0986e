/** A switch's port as it describes it, OpenFlow 1.3.5 §7.2.1. */
import { pad, type ReadBy, struct, text, u32 } from '../binary/codec.js';
import { mac } from '../ethernet/mac-address.js';

export const port = struct({
  port_no: u32,
  _pad: pad(4),
  hw_addr: mac,
  _pad2: pad(2),
  name: text(16),
  /** OFPPC_*: 1 is port down, 4 no receive, 32 no forward, 64 no packet-in. */
  config: u32,
  /** OFPPS_*: 1 is link down, 2 blocked, 4 live. */
  state: u32,
  curr: u32,
  advertised: u32,
  supported: u32,
  peer: u32,
  curr_speed: u32,
  max_speed: u32,
});

export type Port = ReadBy<typeof port>;
