import fs from 'node:fs';
import path from 'node:path';
import type { Screen } from '../../src/domain/screen.ts';
import { NORMAL_THEME } from '../../src/domain/theme.ts';
import { framebufferBytes } from '../../src/drivers/display/framebuffer/pixels.ts';
import { rasterise } from '../../src/drivers/display/raster.ts';
import { renderScreen } from '../../src/drivers/display/screen-svg.ts';
import { quantile } from './spread.ts';

/** One picture from the screen's description to the bytes of a panel, medians; beside writing as many bytes and nothing else. */
interface FrameBench {
  readonly width: number;
  readonly height: number;
  readonly renderMs: number;
  readonly writeMs: number;
  readonly bareWriteMs: number;
  /** Of the whole frame to the bare write. */
  readonly ratio: number;
}

const SIZES = [
  [320, 240],
  [480, 320],
  [800, 480],
] as const;

/** A screen that changes from frame to frame, as a count-down does. */
const screen = (minor: number): Screen => ({ kind: 'delivering', due: { minor, currency: 'THB' } });

/** Frames at the sizes of common panels, XRGB8888; the first one, which starts the renderer, is left out. */
export async function benchFrames(dir: string, frames = 30): Promise<Record<string, FrameBench>> {
  const home = fs.mkdtempSync(path.join(dir, 'frames-'));
  const results: Record<string, FrameBench> = {};
  try {
    for (const [width, height] of SIZES) {
      const panel = fs.openSync(path.join(home, `${width}x${height}`), 'w+');
      const geometry = { width, height, stride: width * 4, format: 'xrgb8888' } as const;
      const [render, write, bare]: [number[], number[], number[]] = [[], [], []];
      for (let i = 0; i <= frames; i++) {
        const startMs = performance.now();
        const { svg } = await renderScreen(screen(1_000 + i), {
          language: 'en',
          theme: NORMAL_THEME,
          touch: false,
          width,
          height,
          nowMonotonicMs: 0,
        });
        const bytes = framebufferBytes(await rasterise(svg, width, height), geometry, 0);
        const drawnMs = performance.now();
        fs.writeSync(panel, bytes, 0, bytes.length, 0);
        const writtenMs = performance.now();
        fs.writeSync(panel, bytes, 0, bytes.length, 0);
        if (i === 0) continue;
        render.push(drawnMs - startMs);
        write.push(writtenMs - drawnMs);
        bare.push(performance.now() - writtenMs);
      }
      fs.closeSync(panel);
      const [renderMs, writeMs, bareWriteMs] = [render, write, bare].map((ms) => quantile(ms, 0.5)) as [number, number, number];
      results[`${width}x${height}`] = { width, height, renderMs, writeMs, bareWriteMs, ratio: (renderMs + writeMs) / bareWriteMs };
    }
    return results;
  } finally {
    fs.rmSync(home, { recursive: true, force: true });
  }
}
