/** Calls at the end of this turn of the event loop, when what was readable has been read: in the order in which they were asked for, all of them in one. */
let due: (() => void)[] = [];

/** `call` must not throw. */
export function atTurnEnd(call: () => void): void {
  if (due.push(call) === 1) setImmediate(callAll);
}

function callAll(): void {
  const calls = due;
  due = [];
  for (const call of calls) call();
}
