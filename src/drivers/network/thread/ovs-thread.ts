/** The thread of the Open vSwitch driver: OpenFlow sessions, packets, registries and databases of the nodes, and nothing else. */
import { createOvsNetworkDriver } from '../ovs/ovs-network-driver.js';
import { serveNetworkDriver } from './serve-network-driver.js';

serveNetworkDriver(createOvsNetworkDriver);
