import type { IncomingMessage } from 'node:http';
import type { DatabaseSync } from 'node:sqlite';
import type { Duplex } from 'node:stream';
import type { Hono } from 'hono';
import type { Changes } from '../changes.ts';
import type { BackendClock, BackendLog } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import type { HttpEnv } from '../interference.ts';
import { kioskControlRoutes } from './control.ts';
import { Dialogues } from './dialogues.ts';
import { Endpoint } from './endpoint.ts';
import { Hearing } from './hearing.ts';
import { KioskLog } from './log.ts';
import { SettingsBook, type SettingsWish } from './settings.ts';
import { Terminal } from './terminal.ts';
import { REFERENCE_KIOSK, type TokenRegistry } from './tokens.ts';
import { KioskTransactions } from './transactions.ts';

export interface KioskSide {
  readonly db: DatabaseSync;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly clock: BackendClock;
  readonly log: BackendLog;
}

export interface KioskOptions {
  /** The token of each kiosk; default REFERENCE_KIOSK alone. */
  readonly tokens?: TokenRegistry;
  /** What is offered until somebody changes it; default as in the contract. */
  readonly settings?: SettingsWish;
}

/** The side of the backend that kiosks speak to. */
export interface Kiosk {
  /** What goes below /ref/kiosk. */
  readonly control: Hono<HttpEnv>;
  /** A request to change to a WebSocket, for which `isKioskUpgrade` holds. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends every connection. */
  stop(): void;
}

/** Puts it together, and takes up what an earlier run left. */
export function createKiosk({ db, faults, changes, clock, log }: KioskSide, options: KioskOptions = {}): Kiosk {
  const tokens = options.tokens ?? { [REFERENCE_KIOSK.device]: REFERENCE_KIOSK.token };
  const devices = new Set(Object.keys(tokens));
  const book = new KioskLog(clock, log, () => changes.tell('kiosk'));
  const side = { transactions: new KioskTransactions(db), settings: new SettingsBook(db, options.settings ?? {}), book, clock, log };
  const dialogues = new Dialogues(side);
  const hearing = new Hearing(side, dialogues);
  const endpoint = new Endpoint({ ...side, dialogues, hearing, faults, tokens });
  const terminal = new Terminal(side, dialogues, devices);
  dialogues.start();
  return {
    control: kioskControlRoutes({ ...side, dialogues, terminal, devices, changes }),
    upgrade: (request, socket, head) => endpoint.upgrade(request, socket, head),
    stop: () => {
      endpoint.stop();
      dialogues.stop();
    },
  };
}
