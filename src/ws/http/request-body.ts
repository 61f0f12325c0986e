/**
 * The raw body of a POST: any content type, gzip inflated, both limited in size, and whole within a time. What fails here
 * never reaches a parser.
 */
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { IrisError } from '../../domain/errors/iris-error.js';
import { Refusal } from '../soap/refusal.js';

const refusal = (status: number, what: string, variables: Record<string, string> = {}): Refusal =>
  new Refusal('Client', new IrisError('payload', { what, variables }), status);

/** Type and charset of a Content-Type. Throws a Refusal for what is no SOAP 1.1 message. */
export function readContentType(value: string | undefined): { charset: string | undefined } {
  const [type = '', ...parameters] = (value ?? '').split(';').map((part) => part.trim());
  // SOAP 1.1 is text/xml. SOAP 1.2's type is let in to be told about the version.
  if (!['text/xml', 'application/xml', 'application/soap+xml'].includes(type.toLowerCase()))
    throw refusal(415, `the content type '${type}' is not text/xml`, { contentType: type });
  const charset = parameters.find((part) => part.toLowerCase().startsWith('charset='));
  return { charset: charset?.slice('charset='.length).replaceAll('"', '') };
}

/** What body-parser says by the status of its errors (http-errors). */
const byStatus: Record<number, (maxBytes: number) => Refusal> = {
  413: (maxBytes) => refusal(413, `the request is larger than ${maxBytes} bytes`, { maxBytes: String(maxBytes) }),
  415: () => refusal(415, 'the content encoding is not read here; send it plain or as gzip'),
};

export interface BodyLimits {
  maxBytes: number;
  bodyTimeoutMs: number;
}

export function requestBody(limits: BodyLimits): (RequestHandler | ErrorRequestHandler)[] {
  const read = express.raw({ type: () => true, limit: limits.maxBytes, inflate: true });
  const guard: RequestHandler = (request, response, next) => {
    let settled = false;
    const settle = (error?: unknown): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      next(error);
    };
    const timer = setTimeout(
      () => settle(refusal(408, `the request did not arrive within ${limits.bodyTimeoutMs} ms`)),
      limits.bodyTimeoutMs,
    );
    read(request, response, settle);
  };
  const translate: ErrorRequestHandler = (error, _request, response, next) => {
    // What is left of the body is not read: the connection cannot be used again.
    response.set('Connection', 'close');
    if (error instanceof Refusal) return next(error);
    const status = (error as { status?: number }).status ?? 400;
    next(byStatus[status]?.(limits.maxBytes) ?? refusal(400, 'the body could not be read as it was sent'));
  };
  return [guard, translate];
}
