/** Joins the parts of one multipart answer, OpenFlow 1.3.5 §7.3.5, within a bound. */
import type { ReceivedMessage } from '../wire/openflow/message-codec.js';
import { moreFollows, type PartName, type PartReply } from '../wire/openflow/multipart.js';
import { OpenflowError } from './openflow-error.js';
import type { Accept } from './pending-requests.js';

export function assembleMultipart<P extends PartName>(
  part: P,
  maxBytes: number,
  nameOfSwitch: () => string,
): Accept<PartReply<P>> {
  let joined: unknown;
  let totalBytes = 0;

  return (message: ReceivedMessage, bytes: number) => {
    if (message.type !== 'multipart_reply' || message.part !== part) {
      throw new OpenflowError('unreadable', nameOfSwitch(), `${part} was answered by ${message.type}`);
    }
    totalBytes += bytes;
    if (totalBytes > maxBytes) {
      throw new OpenflowError('limit', nameOfSwitch(), `the answer to ${part} is larger than ${maxBytes} bytes`);
    }
    joined = join(joined, message.body);
    return (message.flags & moreFollows) === 0 ? (joined as PartReply<P>) : undefined;
  };
}

/** Lists are joined, bytes too; of anything else there is one, and the last counts. */
function join(before: unknown, body: unknown): unknown {
  if (before === undefined) return body;
  if (Array.isArray(before) && Array.isArray(body)) {
    for (const element of body) before.push(element);
    return before;
  }
  const [first, second] = [before, body] as [{ data?: Buffer }, { data?: Buffer }];
  if (first.data === undefined || second.data === undefined) return body;
  return { ...first, data: Buffer.concat([first.data, second.data]) };
}
