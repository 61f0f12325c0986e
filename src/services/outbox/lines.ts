/** What this process has of each connection, in order. One that waits goes when all before it have arrived, and that is written down. */
export interface InLine {
  readonly id: string;
  /** Otherwise what is behind it must not go. Never rejects. */
  readonly arrived: Promise<boolean>;
}

export interface Lines {
  /** What there is of a connection at this moment. */
  of(connectionId: string): readonly InLine[];
  connections(): Iterable<string>;
  /** `send` resolves with whether it has arrived, and must not reject. */
  join(connectionId: string | undefined, id: string, send: () => Promise<boolean>): Promise<boolean>;
}

export function createLines(): Lines {
  const lines = new Map<string, InLine[]>();

  function leave(connectionId: string, entry: InLine): void {
    const left = (lines.get(connectionId) ?? []).filter((other) => other !== entry);
    if (left.length === 0) lines.delete(connectionId);
    else lines.set(connectionId, left);
  }

  return {
    of: (connectionId) => lines.get(connectionId) ?? [],
    connections: () => lines.keys(),
    join(connectionId, id, send) {
      const arrived = send();
      if (connectionId === undefined) return arrived;
      const entry = { id, arrived };
      lines.set(connectionId, [...(lines.get(connectionId) ?? []), entry]);
      void arrived.then(() => leave(connectionId, entry));
      return arrived;
    },
  };
}
