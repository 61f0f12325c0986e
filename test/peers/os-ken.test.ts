/** What os-ken reads in our bytes is what we meant, and what it writes is read by us as it was meant. */
import assert from 'node:assert/strict';
import { packageFile } from '../../src/lib/package-root.js';
import { runCommand } from '../../src/lib/run-command.js';
import { decodeMessage, type ReceivedMessage } from '../../src/wire/openflow/message-codec.js';
import { openflowSamples } from './openflow-messages.js';

const python = '/usr/bin/python3';

interface Answer {
  message?: Record<string, unknown>;
  bytes?: string;
  unknown?: string;
}

/** os-ken is a controller: it reads what switches send, and flow_mod. */
const notRead = [
  ...['bundle_add', 'barrier_request', 'features_request', 'get_async_request', 'get_config_request', 'group_mod'],
  ...['meter_mod', 'multipart_request', 'packet_out', 'port_mod'],
  ...['role_request', 'set_async', 'set_config', 'table_mod'],
];
/** And it writes what controllers send; its hello goes past its tables. */
const notWritten = [
  ...['barrier_reply', 'features_reply', 'flow_removed', 'get_async_reply', 'get_config_reply', 'hello'],
  ...['multipart_reply', 'packet_in', 'port_status', 'role_reply'],
];
/** Its fields of neighbour discovery (class 0x1000), which no specification has. */
const onlyOfOpenVswitch = ['ours: flow_mod_answers'];
/** os-ken puts Nicira's fields first; the order is free but for prerequisites (OpenFlow 1.3.5 §7.2.3.6). */
const inAnotherOrder = new Set(['ours: every match field', 'ours: every match field with a mask']);

const nameOf = (name: string, { type }: ReceivedMessage): string => (onlyOfOpenVswitch.includes(name) ? name : type);

/** What os-ken tells otherwise than the specification has it. */
function toTold(message: ReceivedMessage): object {
  if (message.type === 'features_reply') {
    // It keeps no `reserved` (§7.3.1).
    const { reserved: _, ...told } = message;
    return told;
  }
  // It has a list where there is a single struct (§7.3.5.14).
  if (message.type === 'multipart_reply' && message.part === 'meter_features')
    return { ...message, body: [message.body] };
  return message;
}

const toHex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const fromHex = (text: string): Buffer => Buffer.from(text.slice(2), 'hex');

/** Integers and bytes as strings, as the peer says them. */
function toPlain(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, toPlain(part)]));
}

async function ask(questions: readonly unknown[]): Promise<Answer[]> {
  const { stdout, stderr } = await runCommand(python, [packageFile('test', 'peers', 'os-ken-peer.py')], {
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
  });
  const answers = stdout.trimEnd().split('\n');
  assert.equal(answers.length, questions.length, stderr);
  return answers.map((answer) => JSON.parse(answer));
}

describe('os-ken (Debian: python3-os-ken), a controller of others', function () {
  this.timeout(60_000);
  before(async function () {
    try {
      await runCommand(python, ['-c', 'import os_ken.ofproto.ofproto_v1_3_parser']);
    } catch {
      console.error(
        '    NOT RUN: python3-os-ken is not installed, so that OpenFlow was not tried with it (apt-get install python3-os-ken)',
      );
      this.skip();
    }
  });

  it('reads what we wrote as it was meant', async () => {
    const answers = await ask(openflowSamples.map(({ bytes }) => ({ read: toHex(bytes) })));
    const unread = new Set<string>();
    for (const [at, { name, message }] of openflowSamples.entries()) {
      const answer = answers[at]!;
      if (answer.unknown === undefined) assert.deepEqual(answer.message, toPlain(toTold(message)), name);
      else unread.add(nameOf(name, message));
    }
    assert.deepEqual([...unread].sort(), [...notRead, ...onlyOfOpenVswitch].sort());
  });

  it('writes what we meant with the same bytes', async () => {
    const answers = await ask(openflowSamples.map(({ message }) => ({ write: toPlain(message) })));
    const unwritten = new Set<string>();
    for (const [at, { name, message, bytes }] of openflowSamples.entries()) {
      const answer = answers[at]!;
      if (answer.unknown !== undefined) {
        unwritten.add(nameOf(name, message));
        continue;
      }
      assert.deepEqual(decodeMessage(fromHex(answer.bytes!)), message, name);
      if (!inAnotherOrder.has(name)) assert.equal(answer.bytes, toHex(bytes), name);
    }
    assert.deepEqual([...unwritten].sort(), [...notWritten, ...onlyOfOpenVswitch].sort());
  });
});
