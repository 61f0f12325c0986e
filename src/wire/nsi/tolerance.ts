/** What peers write and the schema does not have: times without a zone, which are UTC. */
import { type XmlElement, XmlText } from 'libxml2-wasm';

const zoneless = /^\s*\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?\s*$/;

const scheduleIn = (criteria: string): string[] =>
  ['startTime', 'endTime'].map((time) => `${criteria}/schedule/${time}/text()`);
const inRequests = scheduleIn('criteria').join(' | ');
const inCallbacks = [
  ...['criteria', 'reservation/criteria', 'result/*/criteria'].flatMap(scheduleIn),
  ...['timeStamp/text()', '*/timeStamp/text()'],
].join(' | ');

function mend(payload: XmlElement, paths: string): void {
  for (const node of payload.find(paths))
    if (node instanceof XmlText && zoneless.test(node.content)) node.content = `${node.content.trim()}Z`;
}

/** Mends the payload of a request in place. */
export const mendTimes = (payload: XmlElement): void => mend(payload, inRequests);
/** Mends what a provider says in place: a callback, or the answer to a query. */
export const mendCallbackTimes = (payload: XmlElement): void => mend(payload, inCallbacks);
