/** What peers write and the schema does not have: a schedule's time without a zone, which is UTC. */
import { type XmlElement, XmlText } from 'libxml2-wasm';

const zoneless = /^\s*\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?\s*$/;

/** Mends a payload in place. */
export function mendTimes(payload: XmlElement): void {
  for (const node of payload.find('criteria/schedule/startTime/text() | criteria/schedule/endTime/text()'))
    if (node instanceof XmlText && zoneless.test(node.content)) node.content = `${node.content.trim()}Z`;
}
