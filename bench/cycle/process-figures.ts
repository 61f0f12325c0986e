/** What a serving process answers of itself. */
export const processFigures = {
  rssMiB: (): number => process.memoryUsage.rss() / 2 ** 20,
  cpuMs(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};
