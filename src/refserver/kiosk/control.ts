import { Hono } from 'hono';
import { fractionDigits } from '../../domain/money.ts';
import { moneyText } from '../../domain/money-text.ts';
import { SCREEN_IDENTIFIERS } from '../../protocols/kiosk/codec.ts';
import type { Changes } from '../changes.ts';
import { controlBody, controlBodyLimit, errorReply, limitOf } from '../control-request.ts';
import type { HttpEnv } from '../interference.ts';
import { Refusal } from '../refusal.ts';
import type { Dialogues, DialoguesSide } from './dialogues.ts';
import type { KioskSettings } from './settings.ts';
import { DECLINE_REASONS, type Terminal } from './terminal.ts';
import { amountOf, type KioskTransaction } from './transactions.ts';

export interface KioskControlSide extends DialoguesSide {
  readonly dialogues: Dialogues;
  readonly terminal: Terminal;
  readonly devices: ReadonlySet<string>;
  readonly changes: Changes;
}

/** The control API of kiosks: be the terminal, set what is offered, see what goes on. */
export function kioskControlRoutes(side: KioskControlSide): Hono<HttpEnv> {
  const { transactions, settings, terminal, dialogues, book, changes, clock, log } = side;
  const app = new Hono<HttpEnv>();
  app.use(controlBodyLimit(log));
  app.onError((error) => errorReply(error, log));

  app.get('/transactions', (c) => c.json({ transactions: transactions.list(limitOf(c)).map(readable), nowMs: clock.wallMs() }));
  app.get('/sessions', (c) => c.json({ sessions: [...side.devices].map((device) => sessionOf(device, dialogues)) }));
  app.get('/log', (c) => c.json({ log: book.list(limitOf(c)) }));

  app.post('/transactions/:id/approve', async (c) => {
    const { transaction, changed } = terminal.approve(c.req.param('id'), await controlBody(c));
    return c.json({ transaction: readable(transaction), changed });
  });
  app.post('/transactions/:id/decline', async (c) => {
    const { transaction, changed } = terminal.decline(c.req.param('id'), await controlBody(c));
    return c.json({ transaction: readable(transaction), changed });
  });
  app.post('/device-error', async (c) => {
    const body = await controlBody(c);
    terminal.fail(body);
    return c.json({ session: sessionOf(String(body.device), dialogues) });
  });

  app.get('/settings', (c) => c.json(settingsReply(settings.now())));
  app.put('/settings', async (c) => {
    const wish = await controlBody(c);
    const { currency } = settings.now();
    if (wish.currency !== undefined && wish.currency !== currency && transactions.busyDevices().length > 0) {
      throw new Refusal(409, 'A transaction is open in the currency of now', {
        code: 'kiosk-busy',
        found: currency,
        remedy: 'Change the currency when every kiosk is at its start.',
      });
    }
    const changed = settings.change(wish);
    dialogues.settingsChanged();
    changes.tell('kiosk');
    return c.json(settingsReply(changed));
  });
  return app;
}

const settingsReply = (settings: KioskSettings) => ({ settings, digits: fractionDigits(settings.currency), reasons: DECLINE_REASONS });

/** A transaction with its amount as people read it. */
function readable(transaction: KioskTransaction) {
  const amount = amountOf(transaction);
  return { ...transaction, amountText: amount === null ? null : moneyText(amount) };
}

function sessionOf(device: string, dialogues: Dialogues) {
  const { step, transaction, trouble } = dialogues.session(device);
  return {
    device,
    connected: dialogues.isConnected(device),
    screen: SCREEN_IDENTIFIERS[step],
    transactionId: transaction?.transactionId ?? null,
    error: step === 'device-error' ? { code: trouble.code, message: trouble.message } : null,
  };
}
