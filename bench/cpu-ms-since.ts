/** Milliseconds of CPU time that this process has taken, all threads together, since `process.cpuUsage()` gave `before`. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
