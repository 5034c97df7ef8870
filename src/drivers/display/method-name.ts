import type { IconName } from './icons.ts';
import type { KnownMethod, ScreenTexts } from './texts/screen-texts.ts';

const ICONS: Readonly<Record<KnownMethod, IconName>> = {
  CARD: 'card',
  DEBIT_CARD: 'card',
  CREDIT_CARD: 'card',
  CONTACTLESS: 'contactless',
  PAY_BY_BANK: 'bank',
  BANK_TRANSFER: 'transfer',
  QR: 'qr',
  MOBILE_WALLET: 'phone',
  CASH: 'coin',
  GIFT_CARD: 'gift',
  TOP_UP_CARD: 'phone',
};

/** The words and the sign of a way to pay; one that nobody here knows keeps its own words: "Loyalty points". */
export function methodName(method: string, { methods }: ScreenTexts): { readonly label: string; readonly icon: IconName } {
  if (isKnown(method)) return { label: methods[method], icon: ICONS[method] };
  const words = method.toLowerCase().replaceAll('_', ' ').trim();
  return { label: words.charAt(0).toUpperCase() + words.slice(1), icon: 'wallet' };
}

const isKnown = (method: string): method is KnownMethod => Object.hasOwn(ICONS, method);
