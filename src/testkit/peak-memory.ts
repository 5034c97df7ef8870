import { readFileSync } from 'node:fs';

/** Highest resident size in a `/proc/<pid>/status`, MiB. */
export const peakRssIn = (status: string): number => Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024;

/**
 * Highest resident size this process has had, MiB. Not `process.resourceUsage().maxRSS`, which in a child begins at the
 * size of the process that started it.
 */
export const peakRssMiB = (): number => peakRssIn(readFileSync('/proc/self/status', 'utf8'));
