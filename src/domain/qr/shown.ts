import { CallerFault } from '../fault.ts';
import { parsePaymentQr } from './parse.ts';

/**
 * A payment QR that a backend wants shown outside a sale (a merchant's own, as a rule without an amount): any valid one.
 * @throws CallerFault `qr-refused`
 */
export function checkShownQr(text: string): string {
  const parsed = parsePaymentQr(text);
  if (parsed.ok) return text;
  const [first] = parsed.faults;
  throw new CallerFault('The QR is not shown', {
    code: 'qr-refused',
    found: first ? `${first.found} (${first.code})` : 'an unreadable text',
    expected: first?.expected ?? 'a payment QR',
  });
}
