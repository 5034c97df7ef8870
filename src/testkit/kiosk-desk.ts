import type { KioskAction, KioskScreen } from '../domain/kiosk.ts';
import type { Money } from '../domain/money.ts';
import type { KioskGateway } from '../ports/gateway.ts';

export const pounds = (minor: number): Money => ({ minor, currency: 'GBP' });

/** The screens of a backend as contract 4 shows them. */
export const KIOSK_SCREENS = {
  amounts: { screen: 'amount-select', amounts: [pounds(2_000), pounds(4_000), pounds(6_000)], other: true },
  keypad: { screen: 'keypad', min: pounds(1_000), max: pounds(30_000), allowCancel: false },
  methods: { screen: 'payment-method', methods: ['DEBIT_CARD', 'PAY_BY_BANK'], allowCancel: true },
  processing: { screen: 'processing' },
  success: { screen: 'success', receipt: true },
  failed: { screen: 'failed', message: 'Card declined by issuer', code: 'CARD_DECLINED' },
  limit: { screen: 'limit-error', limit: pounds(30_000), remaining: pounds(20_000) },
  print: { screen: 'print-ticket' },
  collect: { screen: 'collect-ticket' },
  thanks: { screen: 'thank-you' },
  trouble: { screen: 'device-error', message: 'Printer out of paper', code: 'PRINTER_ERROR' },
} as const satisfies Record<string, KioskScreen>;

/** The connection to a backend that drives the dialogue, as the box uses it: keeps what was said. */
export class ScriptedKiosk implements KioskGateway {
  connected = true;
  readonly said: { readonly action: KioskAction; readonly transaction: string }[] = [];
  resumes: string | null = null;
  reconnects = 0;

  send(action: KioskAction, transaction: string): boolean {
    if (this.connected) this.said.push({ action, transaction });
    return this.connected;
  }

  resume(transaction: string | null): void {
    this.resumes = transaction;
  }

  reconnect(): void {
    this.reconnects++;
  }
}
