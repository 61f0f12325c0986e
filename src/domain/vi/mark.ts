/**
 * The mark on everything that Iris makes on a node: domain metadata, OVSDB external_ids and, in short form, flow cookies.
 * Iris removes only what bears its own mark.
 */
export interface Mark {
  /** The site instance: a UUID made when the site's database was, so that two sites on one node never mix. */
  instance: string;
  connectionId: string;
  version: number;
}

/** Keys in OVSDB `external_ids` (RFC 7047 §5.1 map of strings). */
export const externalIdKeys = {
  instance: 'iris-instance',
  connectionId: 'iris-vi',
  version: 'iris-version',
  /** On the bridge: the generation of the site's lease in which it was last claimed. Whoever has an older one changes nothing. */
  generation: 'iris-generation',
} as const;

/** Further keys on our bridge: how many rounds have changed something here, and per VI what it is (src/domain/vi/vi-record.ts). */
export const noteKeys = { round: 'iris-round', recordPrefix: 'iris-record-' } as const;

/** XML namespace of our element in libvirt's domain `<metadata>`. */
export const metadataNamespace = 'urn:iris:domain:1';
