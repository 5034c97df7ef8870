import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Examined } from './finding.ts';

/** Findings in the words of a system: where there is no sudo, as on tilld's own image, root does what they say. `root` stands for `/`. */
export function inWordsOf(root: string, findings: readonly Examined[]): Examined[] {
  if (existsSync(join(root, 'usr/bin/sudo'))) return [...findings];
  return findings.map((finding) => (finding.remedy === undefined ? finding : { ...finding, remedy: asRoot(finding.remedy) }));
}

const asRoot = (remedy: string): string => remedy.replaceAll(/\bsudo -u (\S+) /g, 'runuser -u $1 -- ').replaceAll(/\bsudo /g, '');
