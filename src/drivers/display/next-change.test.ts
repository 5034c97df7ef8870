import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Screen } from '../../domain/screen.ts';
import { SAMPLE_SCREENS } from '../../testkit/sample-screens.ts';
import { nextChangeMs } from './next-change.ts';
import { renderScreen } from './screen-svg.ts';

const svgAt = async (screen: Screen, nowMonotonicMs: number): Promise<string> =>
  (await renderScreen(screen, { width: 320, height: 240, language: 'en', nowMonotonicMs })).svg;

it('is when the picture is another one, and not before', async () => {
  for (const screen of SAMPLE_SCREENS) {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 300_000 }), async (nowMs) => {
        const change = nextChangeMs(screen, nowMs);
        const now = await svgAt(screen, nowMs);
        if (change === null) {
          expect(await svgAt(screen, nowMs + 3_600_000)).toBe(now);
          return;
        }
        expect(change).toBeGreaterThan(0);
        expect(change).toBeLessThanOrEqual(1_000);
        expect(await svgAt(screen, nowMs + change - 1)).toBe(now);
        expect(await svgAt(screen, nowMs + change)).not.toBe(now);
      }),
      { numRuns: 6 },
    );
  }
});
