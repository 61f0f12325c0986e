/** The operations of a transaction, RFC 7047 §5.2, and what they answer. */
import type { Atom, OvsdbRow, OvsdbValue, Uuid } from './values.js';

export type Condition = readonly [
  column: string,
  relation: '<' | '<=' | '==' | '!=' | '>=' | '>' | 'includes' | 'excludes',
  value: OvsdbValue,
];

export type Mutation = readonly [
  column: string,
  mutator: '+=' | '-=' | '*=' | '/=' | '%=' | 'insert' | 'delete',
  value: OvsdbValue,
];

export type Operation =
  | { op: 'insert'; table: string; row: OvsdbRow; 'uuid-name'?: string }
  | { op: 'select'; table: string; where: readonly Condition[]; columns?: readonly string[] }
  | { op: 'update'; table: string; where: readonly Condition[]; row: OvsdbRow }
  | { op: 'mutate'; table: string; where: readonly Condition[]; mutations: readonly Mutation[] }
  | { op: 'delete'; table: string; where: readonly Condition[] }
  | {
      op: 'wait';
      /** 0: look once, and fail the transaction if it is not so. */
      timeout: number;
      table: string;
      where: readonly Condition[];
      columns: readonly string[];
      until: '==' | '!=';
      rows: readonly OvsdbRow[];
    }
  | { op: 'comment'; comment: string };

export interface OperationResult {
  uuid?: Uuid;
  rows?: OvsdbRow[];
  count?: number;
  /** Name of the error (§3.1), such as `constraint violation` or `timed out`. */
  error?: string;
  details?: string;
}

export const hasUuid = (uuid: Uuid): Condition => ['_uuid', '==', uuid];
export const hasName = (name: Atom): Condition => ['name', '==', name];
