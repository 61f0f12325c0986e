/** Requests as text over plain HTTP, for what no tool kit would send. Every answer is held to the contract. */
import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import { type CheckedFault, checkMessage } from './message-check.js';

const wsse = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';

export interface TokenOptions {
  user?: string;
  password?: string;
  created?: string;
  nonce?: string;
  /** Instead of the digest. */
  digest?: string;
}

const xsdTime = (date: Date): string => date.toISOString();

export function digestToken(options: TokenOptions = {}): string {
  const { user = 'alice', password = 'wonderland', created = xsdTime(new Date()) } = options;
  const nonce = options.nonce ?? randomBytes(16).toString('base64');
  const digest =
    options.digest ??
    createHash('sha1').update(Buffer.from(nonce, 'base64')).update(created).update(password).digest('base64');
  return (
    `<wsse:UsernameToken xmlns:wsu="${wsu}"><wsse:Username>${user}</wsse:Username>` +
    `<wsse:Password Type="${profile}#PasswordDigest">${digest}</wsse:Password>` +
    `<wsse:Nonce>${nonce}</wsse:Nonce><wsu:Created>${created}</wsu:Created></wsse:UsernameToken>`
  );
}

export const textToken = (user: string, password: string): string =>
  `<wsse:UsernameToken><wsse:Username>${user}</wsse:Username><wsse:Password>${password}</wsse:Password></wsse:UsernameToken>`;

export const security = (token: string, attributes = ''): string =>
  `<wsse:Security xmlns:wsse="${wsse}" ${attributes}>${token}</wsse:Security>`;

export const envelope = (body: string, header: string = security(digestToken())): string =>
  '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:rms="urn:iris:rms:1">' +
  `<soap:Header>${header}</soap:Header><soap:Body>${body}</soap:Body></soap:Envelope>`;

export const correlationId = 'urn:uuid:00000000-0000-4000-8000-000000000001';
export const commit = `<rms:commit><correlationId>${correlationId}</correlationId><connectionId>c-1</connectionId></rms:commit>`;
export const getReservation = '<rms:getReservation><connectionId>c-1</connectionId></rms:getReservation>';

/** A reserve with `inCriteria` in place of its VMs. */
export const reserve = (inCriteria = '', afterCriteria = ''): string =>
  `<rms:reserve><correlationId>${correlationId}</correlationId><criteria><segment><key>1</key>` +
  `<encapsulation>gre</encapsulation></segment>${inCriteria}</criteria>${afterCriteria}</rms:reserve>`;

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
  fault: CheckedFault | undefined;
}

export interface PostOptions {
  method?: string;
  headers?: http.OutgoingHttpHeaders;
  /** Called with the request in place of sending a body. */
  write?: (request: http.ClientRequest) => void;
}

/** `fault` is undefined for an answer that is valid and none. */
export function post(url: string, body: string | Buffer, options: PostOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method: options.method ?? 'POST',
        headers: { 'Content-Type': 'text/xml; charset=utf-8', ...options.headers },
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          try {
            const fault = checkMessage(text);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text, fault });
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    request.on('error', reject);
    if (options.write === undefined) request.end(body);
    else options.write(request);
  });
}
