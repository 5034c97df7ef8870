import fs from 'node:fs';
import path from 'node:path';
import { makeExecutable } from '../executable/make-executable.ts';
import { strippedNode } from '../executable/node-binary.ts';
import { targetNamed } from '../executable/target.ts';
import { runnerFor } from '../executable/try-executable.ts';
import { quantile } from './spread.ts';
import { bareNode, boxIn, idleNode, newBox, SETTLE_MS } from './start.ts';

/** The executable for arm64 beside a bare arm64 Node, both under qemu-user; memory includes the emulator's own. */
interface EmulatedBench {
  readonly nodeMs: number;
  readonly nodeRssMb: number;
  readonly readyMs: number;
  readonly rssMb: number;
  readonly startRatio: number;
  readonly rssRatio: number;
}

/** Cold start and idle memory of a promptpay box on a processor it was not built on: that it works, and nothing of a board's speed. */
export async function benchEmulated(dir: string, runs = 3, settleMs = SETTLE_MS): Promise<EmulatedBench> {
  const home = fs.mkdtempSync(path.join(dir, 'emulated-'));
  try {
    const target = targetNamed('linux-arm64');
    const under = (file: string): readonly string[] => {
      const { program, before } = runnerFor(target, file);
      return [program, ...before];
    };
    const node = under(await strippedNode(target, () => undefined));
    const executable = under((await makeExecutable(target, home, () => undefined)).file);
    const box = newBox(home, 'promptpay');
    const measured = { nodeMs: [] as number[], nodeRssMb: [] as number[], readyMs: [] as number[], rssMb: [] as number[] };
    for (let i = 0; i < runs; i++) {
      measured.nodeMs.push(await bareNode(node));
      measured.nodeRssMb.push(await idleNode(node, settleMs));
      const { readyMs, rssMb } = await boxIn(box, settleMs, 'SIGKILL', executable);
      measured.readyMs.push(readyMs);
      measured.rssMb.push(rssMb);
    }
    const median = (name: keyof typeof measured) => quantile(measured[name], 0.5);
    const [nodeMs, nodeRssMb, readyMs, rssMb] = [median('nodeMs'), median('nodeRssMb'), median('readyMs'), median('rssMb')];
    return { nodeMs, nodeRssMb, readyMs, rssMb, startRatio: readyMs / nodeMs, rssRatio: rssMb / nodeRssMb };
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}
