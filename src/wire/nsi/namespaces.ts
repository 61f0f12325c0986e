/** The namespaces of NSI CS 2.0 and of the service elements that its criteria hold here; the words of its headers. */
import type { Vocabulary } from '../xml/write-xml.js';

const base = 'http://schemas.ogf.org/nsi/2013/12';

export const connectionVocabulary = { prefix: 'nsi', namespace: `${base}/connection/types` } satisfies Vocabulary;
export const headerVocabulary = { prefix: 'head', namespace: `${base}/framework/headers` } satisfies Vocabulary;
export const p2pVocabulary = { prefix: 'p2p', namespace: `${base}/services/point2point` } satisfies Vocabulary;
export const viVocabulary = { prefix: 'vi', namespace: 'urn:iris:vi:1' } satisfies Vocabulary;

/** The role is the receiver's. */
export const providerProtocol = 'application/vnd.ogf.nsi.cs.v2.provider+soap';
export const requesterProtocol = 'application/vnd.ogf.nsi.cs.v2.requester+soap';

export const soapActionOf = (operation: string): string => `${base}/connection/service/${operation}`;
