import type { Screen } from '../../src/domain/screen.ts';
import type { Theme } from '../../src/domain/theme.ts';

/** Every way a display can be set. */
export const THEMES: Readonly<Record<string, Theme>> = {
  normal: { contrast: 'normal', text: 'normal' },
  large: { contrast: 'normal', text: 'large' },
  contrast: { contrast: 'high', text: 'normal' },
  'contrast-large': { contrast: 'high', text: 'large' },
};

/** What a sample shows, by its kind and what sets it apart from others of that kind. */
export function titleOf(screen: Screen): string {
  const parts: string[] = [screen.kind];
  if ('state' in screen) parts.push(screen.state);
  if ('step' in screen) parts.push(screen.step);
  if ('reason' in screen && screen.kind === 'failed') parts.push(screen.reason);
  if ('problem' in screen && screen.problem !== null) parts.push(screen.problem);
  if ('offers' in screen) parts.push(count(screen.offers.length, 'product'));
  if ('amounts' in screen) parts.push(count(screen.amounts.length, 'amount'));
  if ('methods' in screen) parts.push(count(screen.methods.length, 'method'));
  if ('cancel' in screen && screen.cancel) parts.push('cancel');
  if ('credit' in screen && screen.credit.minor > 0) parts.push('credit');
  if ('cash' in screen && screen.cash) parts.push('cash');
  return parts.join(' · ');
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
