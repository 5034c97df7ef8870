import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Radio } from '../ports/radio.ts';

/** Signal strength from the kernel's /proc/net/wireless; `root` stands for `/`. Without such an interface it is null. */
export function procRadio(root = '/'): Radio {
  return {
    rssiDbm() {
      try {
        return strongest(readFileSync(join(root, 'proc/net/wireless'), 'utf8'));
      } catch {
        // A wired box has no such file, and no signal strength: nothing is wrong.
        return null;
      }
    },
  };
}

/**
 * The strongest signal of all interfaces. A line is ` wlan0: 0000   54.  -56.  -256 …`: status, link, level, noise; the
 * dot marks a value that was just updated. Only levels in dBm (-120 to -1) count: old drivers give 0 or a percentage.
 */
export function strongest(text: string): number | null {
  const levels = [...text.matchAll(/^\s*[\w.-]+:\s+[0-9a-f]+\s+-?\d+\.?\s+(-?\d+)\.?\s/gm)].map((match) => Number(match[1]));
  const inDbm = levels.filter((level) => level >= -120 && level < 0);
  return inDbm.length > 0 ? Math.max(...inDbm) : null;
}
