/**
 * From the first byte to a known switch: HELLO (OpenFlow 1.3.5 §6.3.1), then FEATURES. Ends with the features, or
 * with an error that says why this connection is not wanted.
 */
import { errorType, helloIncompatible } from '../wire/openflow/error-names.js';
import { ourHelloElements, speaksOpenflow13 } from '../wire/openflow/hello.js';
import type { Received, ReceivedMessage } from '../wire/openflow/message-codec.js';
import type { Exchange } from './exchange.js';
import { OpenflowError } from './openflow-error.js';

export interface Handshake {
  /** Rejects with OpenflowError. */
  features: Promise<Received<'features_reply'>>;
  /** Everything that is nobody's answer is shown here until the handshake is over. */
  message(message: ReceivedMessage, headerVersion: number): void;
  closed(reason: string): void;
}

export function startHandshake(exchange: Exchange): Handshake {
  let greeted: (hello: Received<'hello'>, version: number) => void;
  let refused: (error: OpenflowError) => void;
  const greeting = new Promise<void>((resolve, reject) => {
    refused = reject;
    greeted = (hello, version) => {
      if (speaksOpenflow13(version, hello.elements)) return resolve();
      refuseVersion(exchange, version);
      reject(new OpenflowError('refused', exchange.name, `speaks no OpenFlow 1.3, but version ${version}`));
    };
  });

  exchange.send({ type: 'hello', elements: ourHelloElements });

  return {
    features: greeting.then(() => exchange.request({ type: 'features_request' })),
    message(message, version) {
      if (message.type === 'hello') greeted(message, version);
      else if (message.type === 'error') {
        refused(new OpenflowError('refused', exchange.name, `the switch refused our HELLO: ${textOf(message)}`));
      } else refused(new OpenflowError('unreadable', exchange.name, `${message.type} came before HELLO`));
    },
    closed: (reason) => refused(new OpenflowError('closed', exchange.name, reason)),
  };
}

function refuseVersion(exchange: Exchange, version: number): void {
  exchange.send({
    type: 'error',
    error_type: errorType.helloFailed,
    error_code: helloIncompatible,
    data: Buffer.from(`Only OpenFlow 1.3 is spoken here, not version ${version}`),
  });
}

const textOf = (error: Received<'error'>): string => error.data.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
