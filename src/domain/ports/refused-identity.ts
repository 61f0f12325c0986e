/** A request whose identity was refused, for the record: who said to be whom, from where, and what it was told. */
export interface RefusedIdentity {
  at: Date;
  /** This many alike, within a minute. */
  times: number;
  errorId: '00301' | '00302';
  /** `/nsi/provider` */
  path: string;
  operation?: string;
  /** IP address. */
  address?: string;
  /** Subject of the client certificate. */
  certificate?: string;
  requesterNSA?: string;
  providerNSA?: string;
  correlationId?: string;
  what: string;
}

/** Never fails, and keeps nobody waiting. */
export type NoteRefusedIdentity = (refused: Omit<RefusedIdentity, 'at' | 'times'>) => void;
