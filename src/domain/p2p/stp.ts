/**
 * Service termination points by name: `urn:ogf:network:<network>:<local>?vlan=100-200`. The local part is what follows the last colon, as
 * other agents cut it, so ours have none (NSI CS 2.0, GFD.237 §5.3: an STP is a network id, a local id and a label). Pure.
 */
import { IrisError } from '../errors/iris-error.js';
import { formatLabels, type LabelRange, parseLabels } from './labels.js';

export interface Stp {
  /** `urn:ogf:network:…`, without the local part. */
  networkId: string;
  localId: string;
  /** VLAN labels; absent where the STP has none, which leaves the choice to the site. */
  labels?: LabelRange[];
}

const prefix = 'urn:ogf:network:';

const unknown = (text: string, what: string): IrisError =>
  new IrisError('unknownStp', { what: `'${text}' ${what}`, variables: { stp: text } });

function parseQuery(query: string, text: string): LabelRange[] {
  const [first, ...more] = query.split('&');
  const [type, value] = first!.split('=');
  if (value === undefined || value === '' || more.length > 0)
    throw new IrisError('invalidLabel', {
      what: `'${text}' does not end in one label such as ?vlan=100-200`,
      variables: { stp: text },
    });
  if (type !== 'vlan')
    throw new IrisError('unknownLabelType', {
      what: `'${type}' in '${text}' is no label type of this network: there are VLAN labels`,
      variables: { stp: text, labelType: type! },
    });
  return parseLabels(value);
}

/** Throws IrisError: unknownStp, unknownLabelType, invalidLabel. */
export function parseStp(text: string): Stp {
  const at = text.indexOf('?');
  const id = at === -1 ? text : text.slice(0, at);
  const colon = id.lastIndexOf(':');
  if (!id.toLowerCase().startsWith(prefix) || colon < prefix.length || colon === id.length - 1)
    throw unknown(text, `is no STP: ${prefix}NETWORK:LOCAL?vlan=…`);
  const stp = { networkId: id.slice(0, colon), localId: id.slice(colon + 1) };
  return at === -1 ? stp : { ...stp, labels: parseQuery(text.slice(at + 1), text) };
}

export const formatStp = ({ networkId, localId, labels }: Stp): string =>
  `${networkId}:${localId}${labels === undefined ? '' : `?vlan=${formatLabels(labels)}`}`;
