/** Reads XML that libvirt wrote, by xml2js with namespaces: children by local name, attributes as text. */
import { parseStringPromise } from 'xml2js';

export interface ReadElement {
  namespace: string;
  text: string;
  attribute(name: string): string | undefined;
  children(name: string): ReadElement[];
  child(name: string): ReadElement | undefined;
}

interface Parsed {
  $?: Record<string, { value: string }>;
  $ns?: { local: string; uri: string };
  _?: string;
  $$?: Parsed[];
}

export async function readXml(text: string): Promise<ReadElement> {
  const parsed: Parsed = await parseStringPromise(text, {
    xmlns: true,
    explicitRoot: false,
    explicitChildren: true,
    preserveChildrenOrder: true,
    childkey: '$$',
  });
  return toElement(parsed);
}

function toElement(parsed: Parsed): ReadElement {
  const children = (name: string): ReadElement[] =>
    (parsed.$$ ?? []).filter((child) => child.$ns?.local === name).map(toElement);
  return {
    namespace: parsed.$ns?.uri ?? '',
    text: parsed._ ?? '',
    attribute: (name) => parsed.$?.[name]?.value,
    children,
    child: (name) => children(name)[0],
  };
}
