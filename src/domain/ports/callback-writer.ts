/** How a callback becomes bytes, and what the bytes that come back mean. Implemented by the NSI face; pure. */
import type { Callback } from '../nsi/messages.js';

export interface WrittenCallback {
  /** `content-type`, `soapaction` and the like; length and host are added by the sender. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface CallbackAnswer {
  /** HTTP status. */
  status: number;
  /** At most 64 KiB of it. */
  body: string;
}

export interface CallbackWriter {
  write(callback: Callback): WrittenCallback;
  /** Why the answer is no acknowledgement, in words; undefined where it is one. */
  complaintAbout(answer: CallbackAnswer): string | undefined;
}
