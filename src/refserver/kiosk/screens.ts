import type { KioskScreen } from '../../domain/kiosk.ts';
import type { Currency, Money } from '../../domain/money.ts';
import type { Step } from './session.ts';
import type { KioskSettings } from './settings.ts';
import type { DeviceTrouble, KioskTransaction } from './transactions.ts';

/** What a step looks like. The texts and amounts of a result are those it was decided with. */
export function screenOf(step: Step, transaction: KioskTransaction | null, trouble: DeviceTrouble, settings: KioskSettings): KioskScreen {
  const { currency, allowCancel } = settings;
  const of = (minor: number): Money => ({ minor, currency });
  switch (step) {
    case 'amount-select':
      return { screen: step, amounts: settings.amountsMinor.map(of), other: settings.other };
    case 'keypad':
      return { screen: step, min: of(settings.minMinor), max: of(settings.maxMinor), allowCancel };
    case 'payment-method':
      return { screen: step, methods: settings.methods, allowCancel };
    case 'success':
      return { screen: step, receipt: transaction?.receipt === true };
    case 'failed':
      return { screen: step, message: transaction?.reason ?? '', code: transaction?.reasonCode ?? '' };
    case 'limit-error':
      return { screen: step, ...limits(transaction, currency) };
    case 'device-error':
      return { screen: step, message: trouble.message, code: trouble.code };
    default:
      return { screen: step };
  }
}

function limits(transaction: KioskTransaction | null, otherwise: Currency): { readonly limit: Money; readonly remaining: Money } {
  const currency = transaction?.currency ?? otherwise;
  return {
    limit: { minor: transaction?.limitMinor ?? 0, currency },
    remaining: { minor: transaction?.remainingMinor ?? 0, currency },
  };
}
