import { Hono } from 'hono';
import type { Changes } from '../changes.ts';
import { controlBody, controlBodyLimit, demandNothingElse, errorReply, limitOf } from '../control-request.ts';
import type { BackendLog } from '../environment.ts';
import type { HttpEnv } from '../interference.ts';
import { ANSWERS, type Issuer } from './issuer.ts';
import type { Pushes } from './pushes.ts';
import type { Sales } from './sales.ts';

export interface Ds50ControlSide {
  readonly sales: Sales;
  readonly issuer: Issuer;
  readonly pushes: Pushes;
  readonly changes: Changes;
  readonly log: BackendLog;
}

/** The control API of ds50: push messages to boxes, be the card issuer, see what came. */
export function ds50ControlRoutes({ sales, issuer, pushes, changes, log }: Ds50ControlSide): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.use(controlBodyLimit(log));
  app.onError((error) => errorReply(error, log));

  app.post('/push', async (c) => {
    const push = await pushes.send(await controlBody(c));
    log.info('ds50.pushed', { topic: push.topic });
    changes.tell('ds50');
    return c.json({ push }, 201);
  });
  app.get('/pushes', (c) => c.json({ pushes: pushes.list(limitOf(c)) }));
  app.get('/sales', (c) => c.json({ sales: sales.list(limitOf(c)), duplicates: sales.duplicates() }));

  app.get('/next', (c) => c.json({ next: issuer.linedUp(), outcomes: ANSWERS }));
  app.post('/next', async (c) => {
    const decision = issuer.lineUp(await controlBody(c));
    changes.tell('ds50');
    return c.json({ decision }, 201);
  });
  app.delete('/next', async (c) => {
    demandNothingElse(await controlBody(c));
    issuer.clear();
    changes.tell('ds50');
    return c.json({ next: issuer.linedUp() });
  });
  return app;
}
