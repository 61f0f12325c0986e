/** The contract as the running service hands it out: `?wsdl` with the address it was reached by, and the schema that it imports, beside it. */
import { readFileSync } from 'node:fs';
import type { Request, RequestHandler } from 'express';
import { escapeXml } from '../../wire/xml/scalar-texts.js';

const hostHeader = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;

/** What a requester put into its address bar. `fallback` is for one that did not say. */
export function addressReached(request: Pick<Request, 'headers' | 'secure'>, fallback: string, path: string): string {
  const host = request.headers.host ?? '';
  return hostHeader.test(host) ? `${request.secure ? 'https' : 'http'}://${host}${path}` : `${fallback}${path}`;
}

const asksForWsdl = (request: Request): boolean =>
  Object.keys(request.query).some((key) => key.toLowerCase() === 'wsdl');

/** Serves GET PATH?wsdl; other GETs go on. */
export function serveWsdl(file: string, path: string, fallback: () => string): RequestHandler {
  const wsdl = readFileSync(file, 'utf8');
  return (request, response, next) => {
    if (!asksForWsdl(request)) return next();
    const address = escapeXml(addressReached(request, fallback(), path));
    response
      .type('text/xml')
      .send(wsdl.replace(/(<soap:address location=")[^"]*/, (_, before) => `${before}${address}`));
  };
}

export function serveFile(file: string): RequestHandler {
  const text = readFileSync(file, 'utf8');
  return (_request, response) => {
    response.type('text/xml').send(text);
  };
}
