/** Plain columns for people: no colours and no frames, so that they can be read, copied and cut. */
import CliTable from 'cli-table3';

const noFrame = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

export type Cell = string | number | boolean | undefined;

const toText = (cell: Cell): string => {
  if (cell === undefined || cell === '') return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return String(cell);
};

const plain = { chars: noFrame, style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 } };

const trimLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');

export function renderTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new CliTable({ ...plain, head: head.map((name) => name.toUpperCase()) });
  for (const row of rows) table.push(row.map(toText));
  return trimLines(table.toString());
}

/** Names and values, one a line; absent values are left out. */
export function renderFields(fields: readonly (readonly [string, Cell])[]): string {
  const table = new CliTable(plain);
  for (const [name, value] of fields) if (value !== undefined && value !== '') table.push([name, toText(value)]);
  return trimLines(table.toString());
}

export const section = (title: string, body: string): string => `\n${title}\n${body}`;

export const formatTime = (time: Date | undefined): string => time?.toISOString().replace('.000Z', 'Z') ?? '-';

/** VLAN 0 is untagged. */
export const formatVlans = (vlans: readonly (number | string)[]): string =>
  vlans.map((vlan) => (String(vlan) === '0' ? 'untagged' : String(vlan))).join(', ');
