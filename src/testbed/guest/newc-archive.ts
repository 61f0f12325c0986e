/** A cpio archive in the "newc" form, as the kernel unpacks it at boot (Documentation/driver-api/early-userspace/buffer-format). Pure. */
export interface ArchiveEntry {
  path: string;
  /** Type and permission bits, as in stat(2). */
  mode: number;
  content?: Buffer;
}

export const directoryMode = 0o040755;
export const programMode = 0o100755;
export const fileMode = 0o100644;
export const linkMode = 0o120777;

const hex = (value: number): string => value.toString(16).padStart(8, '0').toUpperCase();
const padTo4 = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);

function toRecord(entry: ArchiveEntry, inode: number): Buffer {
  const name = Buffer.from(`${entry.path}\0`);
  const content = entry.content ?? Buffer.alloc(0);
  const links = 1;
  const fields = [inode, entry.mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const head = Buffer.concat([Buffer.from(`070701${fields.map(hex).join('')}`), name]);
  return Buffer.concat([head, padTo4(head.length), content, padTo4(content.length)]);
}

/** Directories must stand before what is in them. The same entries give the same bytes. */
export const toNewcArchive = (entries: readonly ArchiveEntry[]): Buffer =>
  Buffer.concat([
    ...entries.map((entry, index) => toRecord(entry, index + 1)),
    toRecord({ path: 'TRAILER!!!', mode: 0 }, 0),
  ]);
