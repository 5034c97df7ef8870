import { type Api, type ApiParts, startApi } from '../runtime/api/server.ts';
import { metricsRegistry } from '../runtime/metrics.ts';
import { FakeClock } from './clock.ts';
import { memoryLog } from './log.ts';
import type { ScriptedBox } from './scripted-box.ts';

/** The local API of a scripted box on any free port, with room for two streams; `change` replaces parts of it. */
export function serveBox(box: ScriptedBox, api: Partial<ApiParts['settings']['api']> = {}, change: Partial<ApiParts> = {}): Promise<Api> {
  return startApi({
    box,
    settings: { api: { port: 0, host: '127.0.0.1', ...api }, limits: { databaseMiB: 64, streams: 2 } },
    clock: new FakeClock(),
    log: memoryLog(),
    metrics: metricsRegistry(),
    health: () => ({ ok: true, checks: { ledger: { ok: true } } }),
    lastSeq: box.lastSeq,
    drawScreen: async (screen) => ({
      svg: `<svg xmlns="http://www.w3.org/2000/svg"><text>${screen.kind}</text></svg>`,
      touch: [{ key: 'ok', left: 10, top: 20, width: 100, height: 50 }],
    }),
    ...change,
  });
}
