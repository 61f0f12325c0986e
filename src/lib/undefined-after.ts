/** What a promise brings within a time; undefined if it takes longer or fails. What was begun goes on and is nobody's concern. */
export async function undefinedAfter<T>(timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  let cancel = (): void => {};
  const elapsed = new Promise<undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), timeoutMs);
    cancel = () => clearTimeout(timer);
  });
  const brought = await Promise.race([promise.catch(() => undefined), elapsed]);
  cancel();
  return brought;
}
