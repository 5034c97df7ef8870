import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { row, space, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import { detail, leastOf, notice, panel } from './notice.ts';
import { creditPill, type Picture, type View } from './view.ts';
import { billLines } from './view-payment.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

/** How a payment, or the box itself, came out. */
export const successView = (view: View, { due, credit }: Of<'success'>): Picture =>
  notice(view, view.colours.paid, {
    icon: 'check',
    title: view.texts.paid,
    figure: moneyText(due),
    hint: view.texts.thanks,
    more: (inner) => (credit.minor === 0 ? [] : [space(Math.round(inner.sizes.gap / 2)), keptCredit(inner, credit)]),
  });

const keptCredit = (view: View, credit: Of<'success'>['credit']) =>
  creditPill(view, credit, view.sizes.width - 2 * view.sizes.pad, view.texts.creditKept);

const FAILURE_ICONS: Readonly<Record<Of<'failed'>['reason'], IconName>> = {
  'qr-expired': 'clock',
  timeout: 'clock',
  cancelled: 'cross',
  'qr-failed': 'cross',
  'qr-refused': 'alert',
  'card-declined': 'card-refused',
  'card-not-sent': 'alert',
  'card-unanswered': 'question',
  'terminal-declined': 'cross',
  'terminal-unanswered': 'question',
  'top-up-unanswered': 'question',
  delivery: 'alert',
};

export function failedView(view: View, { reason, credit, message = '' }: Of<'failed'>): Picture {
  const { texts, colours } = view;
  const mild = reason === 'cancelled' || reason === 'timeout' || reason === 'qr-expired';
  return notice(view, mild ? colours.warning : colours.trouble, {
    icon: FAILURE_ICONS[reason],
    ...texts.failed[reason],
    more: (inner) => [
      detail(inner, message, colours.ink, 2),
      ...(credit.minor > 0 ? [space(inner.sizes.gap), keptCredit(inner, credit)] : []),
    ],
  });
}

/** More than may be paid in a day: what the limit is, and what is left of it. */
export function limitErrorView(view: View, { limit, remaining }: Of<'limit-error'>): Picture {
  const { texts, colours } = view;
  const { title, hint, spent, limit: limitLabel, remaining: remainingLabel } = texts.limitError;
  return notice(view, colours.warning, {
    icon: 'limit',
    title,
    hint: remaining.minor > 0 ? hint : spent,
    more: (inner) => {
      const { sizes } = inner;
      const width = Math.min(sizes.width - 4 * sizes.pad, Math.round(sizes.body * 17));
      const lines = billLines(
        inner,
        [
          [limitLabel, moneyText(limit)],
          [remainingLabel, moneyText(remaining)],
        ],
        width,
        sizes.body,
      );
      return [space(Math.round(sizes.gap / 2)), panel(inner, lines, colours.surface)];
    },
  });
}

/** Something of the box does not work: what the backend says of it, and the code to tell the operator. */
export function deviceErrorView(view: View, { message, code }: Of<'device-error'>): Picture {
  const { texts, colours } = view;
  return notice(view, colours.trouble, {
    icon: 'wrench',
    ...texts.deviceError,
    more: (inner) => {
      const { sizes, language } = inner;
      const width = sizes.width - 4 * sizes.pad;
      const style = { size: sizes.small, least: leastOf(sizes.small), weight: 700, fill: colours.ink, language } as const;
      const label = text(texts.deviceError.code, { ...style, width, weight: 400, fill: colours.quiet });
      const lines = [
        ...(message.trim() === '' ? [] : [text(message, { ...style, width, lines: 2, align: 'middle' })]),
        ...(code.trim() === '' ? [] : [row([label, text(code, { ...style, width: width - label.width - sizes.gap })], sizes.gap)]),
      ];
      return [space(Math.round(sizes.gap / 2)), panel(inner, lines, colours.surface)];
    },
  });
}

export function outOfServiceView(view: View, { reasons }: Of<'out-of-service'>): Picture {
  const { texts, colours } = view;
  const words = reasons.slice(0, 3).map((reason) => {
    const [code = '', ...rest] = reason.split(': ');
    const known = Object.hasOwn(texts.reasons, code) ? texts.reasons[code as keyof typeof texts.reasons] : code;
    return [known, ...rest].join(': ');
  });
  return notice(view, colours.closed, {
    icon: 'closed',
    ...texts.outOfService,
    more: (inner) => {
      const { sizes, language } = inner;
      const style = {
        width: sizes.width - 4 * sizes.pad,
        size: sizes.small,
        fill: colours.closed.quiet,
        align: 'middle',
        language,
      } as const;
      const lines = words.map((line) => text(line, style));
      return lines.length === 0 ? [] : [space(Math.round(sizes.gap / 2)), panel(inner, lines, colours.closedPanel)];
    },
  });
}
