/** Whether it ends in time. What does not goes on, and is nobody's concern; what fails in time is thrown. */
export async function endsWithin(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    cancel = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
