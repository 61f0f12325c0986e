// Writes the pages of docs/ that are drawn from tables of the code: `npm run docs`. Needs dist/ (npm run build).
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nsiErrors } from '../dist/src/domain/errors/nsi-errors.js';
import {
  decidingMachine,
  finalStates,
  heardAfterwards,
  initialStates,
  messageTypes,
  stateTables,
} from '../dist/src/domain/reservation/state-tables.js';

const generated = '<!-- Written by `npm run docs` from the tables in src/domain. Do not edit. -->';

const titles = {
  reservation: 'Reservation',
  provision: 'Provision',
  lifecycle: 'Lifecycle',
  dataPlane: 'Data plane',
};

const notes = {
  reservation:
    'A modification goes the same way as a first request, and returns to ReserveStart; the version in force stays in force until the new one is committed.',
  provision:
    '`none` is before the first commit, when there is nothing to provision; on the wire the element is then Released. NSI releases only what is Provisioned; here also what is still Provisioning can be released, so that what cannot be built is no trap.',
  lifecycle:
    'Terminating lasts until nothing is left on any node; capacity is free after that, not before. What was never built is Terminated at once.',
  dataPlane:
    'NSI has a flag, not a machine; drawn as one because its changes are recorded in the history. It is active only while Provisioned, between start and end.',
};

function drawMachine(machine) {
  const rows = stateTables[machine];
  const lines = rows
    .filter((row) => row.from !== row.to)
    .map(({ from, on, to, outputs = [] }) => {
      const work = outputs.length === 0 ? '' : ` / ${outputs.join(', ')}`;
      return `  ${from} --> ${to} : ${on}${work}`;
    });
  const ends = rows.flatMap((row) => [row.to]).filter((state) => finalStates.includes(state));
  return [
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${initialStates[machine]}`,
    ...lines,
    ...[...new Set(ends)].map((state) => `  ${state} --> [*]`),
    '```',
  ].join('\n');
}

function tableOfStaying(machine) {
  const rows = stateTables[machine].filter((row) => row.from === row.to);
  if (rows.length === 0) return '';
  const list = rows.map(({ from, on, outputs = [] }) => {
    const work = outputs.length === 0 ? '' : ` (${outputs.join(', ')})`;
    return `- ${from}: \`${on}\`${work}`;
  });
  return ['', 'Welcome without a change of state:', '', ...list].join('\n');
}

function drawStateMachines() {
  const sections = Object.keys(stateTables).map(
    (machine) => `## ${titles[machine]}\n\n${notes[machine]}\n\n${drawMachine(machine)}\n${tableOfStaying(machine)}`,
  );
  const deciding = messageTypes.map(
    (type) =>
      `| \`${type}\` | ${decidingMachine[type] === 'any' ? 'any that has a row' : titles[decidingMachine[type]].toLowerCase()} | ${heardAfterwards.has(type) ? 'yes' : 'no'} |`,
  );
  return `${generated}

# State machines

A reservation has four states at once, spelt as in NSI CS 2.0. A message goes to all four machines: the one that decides on it must have a
row for its present state, the others follow where they have one. Otherwise the message is refused, changes nothing, and a requester is told
[00201](errors.md), 00204 once the reservation is terminated, or 00203 where there is no such reservation. Every change is a row of the history.

Who sends a message is the first part of its name: \`requester\` (an operation of the web service), \`timer\` (the schedule), \`engine\` (the outcome of
a check, in the same transaction), \`reconciler\` (what came of building or removing), \`operator\`. Behind the slash is the work that a transition asks for.

${sections.join('\n\n')}

## Which machine decides

| message | decided by | heard once the reservation is over |
| --- | --- | --- |
${deciding.join('\n')}

## From operations to messages

| operation | messages, in one transaction |
| --- | --- |
| reserve | \`requester.reserve\`, \`engine.held\`; a refused request leaves no reservation behind |
| modify | \`requester.reserve\`, \`engine.held\`; a refused one leaves everything as it was |
| commit | \`requester.commit\`, \`engine.committed\`; with autoProvision also \`requester.provision\` |
| abort | \`requester.abort\`, \`engine.aborted\` |
| provision | \`requester.provision\`; before the start time the state is Provisioned at once and the VI is built at the start |
| release | \`requester.release\`; with terminateOnRelease also \`requester.terminate\` |
| terminate | \`requester.terminate\` |

Time is looked at first: an operation that finds the hold timeout or the end time passed, by the database's clock and under the reservation's lock, sees the states that
time has led to, whether or not the timer has run.
`.replace(/\n{3,}/g, '\n\n');
}

function drawErrors() {
  const rows = Object.values(nsiErrors).map(
    ({ id, code, text, advice }) => `| ${id} | ${code} | ${text}. | ${advice} |`,
  );
  return `${generated}

# Errors

A fault carries NSI's five-digit id, what exactly is wrong in words, and the offending things by name in its variables. Nothing has
changed when one is returned; a request that was refused may be sent again with the same correlation id.

| id | code | means | what to do |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** Page under docs/ → its text. */
export const renderDocs = () => ({ 'state-machines.md': drawStateMachines(), 'errors.md': drawErrors() });

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [page, text] of Object.entries(renderDocs())) {
    writeFileSync(new URL(`../docs/${page}`, import.meta.url), text);
    console.log(`docs/${page}`);
  }
