import fs from 'node:fs';
import path from 'node:path';
import { makeExecutable } from '../executable/make-executable.ts';
import { HOST, targetNamed } from '../executable/target.ts';
import { quantile } from './spread.ts';
import { bareNode, boxIn, CHECKOUT, idleNode, newBox, SETTLE_MS } from './start.ts';

/** A program, and itself beside bare Node and beside the checkout of the same run: 2 is twice as long, or as large. */
interface Figures {
  readonly readyMs: number;
  readonly rssMb: number;
  /** Without the pages of its own file, which the kernel can drop. */
  readonly anonymousMb: number;
  readonly startRatio: number;
  readonly rssRatio: number;
}

/** Cold start and idle memory of `tilld run` for a promptpay box; medians of alternating runs. */
interface ExecutableBench {
  readonly mib: number;
  readonly nodeMs: number;
  readonly nodeRssMb: number;
  readonly checkout: Figures;
  readonly executable: Figures;
  readonly executableToCheckout: { readonly startRatio: number; readonly rssRatio: number; readonly anonymousRatio: number };
}

/** The executable for this machine, built for it, beside the checkout (with the code it has kept compiled) and `node -e 0`. */
export async function benchExecutable(dir: string, runs = 7, idleRuns = 3, settleMs = SETTLE_MS): Promise<ExecutableBench> {
  const home = fs.mkdtempSync(path.join(dir, 'executable-'));
  try {
    const { file, bytes } = await makeExecutable(targetNamed(HOST), home, () => undefined);
    const box = newBox(home, 'promptpay');
    const programs = { checkout: CHECKOUT, executable: [file] } as const;
    const ms = { node: [] as number[], checkout: [] as number[], executable: [] as number[] };
    const rss = { node: [] as number[], checkout: [] as number[], executable: [] as number[] };
    const anonymous = { checkout: [] as number[], executable: [] as number[] };
    const names = ['checkout', 'executable'] as const;
    // One start first that does not count: it brings the files into memory, and an end in order keeps what Node compiled.
    for (const name of names) await boxIn(box, 0, 'SIGTERM', programs[name]);
    for (let i = 0; i < runs; i++) {
      ms.node.push(await bareNode());
      for (const name of names) ms[name].push((await boxIn(box, 0, 'SIGKILL', programs[name])).readyMs);
    }
    for (let i = 0; i < idleRuns; i++) {
      rss.node.push(await idleNode());
      for (const name of names) {
        const { rssMb, anonymousMb } = await boxIn(box, settleMs, 'SIGKILL', programs[name]);
        rss[name].push(rssMb);
        anonymous[name].push(anonymousMb);
      }
    }
    const median = (values: readonly number[]) => quantile(values, 0.5);
    const [nodeMs, nodeRssMb] = [median(ms.node), median(rss.node)];
    const figures = (name: 'checkout' | 'executable'): Figures => {
      const [readyMs, rssMb] = [median(ms[name]), median(rss[name])];
      return { readyMs, rssMb, anonymousMb: median(anonymous[name]), startRatio: readyMs / nodeMs, rssRatio: rssMb / nodeRssMb };
    };
    const [checkout, executable] = [figures('checkout'), figures('executable')];
    return {
      mib: bytes / 1_048_576,
      nodeMs,
      nodeRssMb,
      checkout,
      executable,
      executableToCheckout: {
        startRatio: executable.readyMs / checkout.readyMs,
        rssRatio: executable.rssMb / checkout.rssMb,
        anonymousRatio: executable.anonymousMb / checkout.anonymousMb,
      },
    };
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}
