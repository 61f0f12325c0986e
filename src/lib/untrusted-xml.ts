/** XML that others wrote: nothing that it names is fetched. That it has no document type is for the caller to see to, before. */
import { ParseOption, XmlDocument } from 'libxml2-wasm';

const option =
  ParseOption.XML_PARSE_NOCDATA |
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_NO_SYS_CATALOG;

/** Throws XmlLibError where it is not well-formed. The document must be disposed of: it lives outside of the garbage collector. */
export const parseUntrustedXml = (text: string): XmlDocument => XmlDocument.fromString(text, { option });
