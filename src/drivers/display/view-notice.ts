import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, disc, firstWithin, NOTHING, rect, row, space, stack, text } from './blocks.ts';
import type { IconName } from './icons.ts';
import { COLOURS, LEAST_AMOUNT } from './theme.ts';
import { creditPill, type Picture, type View } from './view.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

interface Tone {
  readonly ground: string;
  readonly bar: string | null;
  readonly ink: string;
  readonly quiet: string;
  readonly sign: string;
  readonly signGround: string;
}

const LIGHT = { ground: COLOURS.ground, ink: COLOURS.ink, quiet: COLOURS.quiet };
const CALM: Tone = { ...LIGHT, bar: COLOURS.accent, sign: COLOURS.accent, signGround: COLOURS.accentGround };
const WARNING: Tone = { ...LIGHT, bar: COLOURS.warn, sign: COLOURS.warn, signGround: COLOURS.warnGround };
const TROUBLE: Tone = { ...LIGHT, bar: COLOURS.bad, sign: COLOURS.bad, signGround: COLOURS.badGround };
const GOOD: Tone = { ground: COLOURS.good, bar: null, ink: '#ffffff', quiet: '#e4f5ec', sign: COLOURS.good, signGround: '#ffffff' };
const CLOSED: Tone = {
  ground: COLOURS.night,
  bar: null,
  ink: '#ffffff',
  quiet: COLOURS.nightQuiet,
  sign: '#ffffff',
  signGround: COLOURS.nightSurface,
};

interface Notice {
  readonly icon: IconName;
  readonly title: string;
  readonly hint: string;
  /** Large text between title and hint: an amount. */
  readonly figure?: string;
  readonly more?: readonly Block[];
}

/** One message in the middle of the screen: a sign, what it is, and what to do. */
function notice({ sizes, language }: View, tone: Tone, { icon, title, hint, figure, more = [] }: Notice): Picture {
  const width = sizes.width - 2 * sizes.pad;
  const line = { width, align: 'middle', language } as const;
  const words = [
    text(title, { ...line, size: sizes.title, least: 16, lines: 2, fill: tone.ink, weight: 700 }),
    figure === undefined ? NOTHING : text(figure, { ...line, size: sizes.hero, least: LEAST_AMOUNT, fill: tone.ink, weight: 700 }),
    hint === '' ? NOTHING : text(hint, { ...line, size: sizes.body, lines: 2, fill: tone.quiet }),
    ...more,
  ];
  const gap = Math.round(sizes.gap / 2);
  const withSign = (size: number) => stack([disc(icon, size, tone.sign, tone.signGround), space(gap), ...words], width, gap, 'middle');
  const whole = firstWithin(sizes.height - 2 * sizes.pad, [
    withSign(sizes.icon),
    withSign(Math.round(sizes.icon * 0.7)),
    withSign(Math.round(sizes.icon * 0.5)),
    stack(words, width, gap, 'middle'),
  ]);
  return { ground: tone.ground, bar: tone.bar, content: whole.draw(sizes.pad, Math.round((sizes.height - whole.height) / 2)) };
}

export const startingView = (view: View): Picture => notice(view, CALM, { icon: 'power', ...view.texts.starting });

export function pairingView(view: View, { state, reason }: Of<'pairing'>): Picture {
  if (state === 'asking') return notice(view, CALM, { icon: 'link', ...view.texts.pairing, more: [detail(view, reason)] });
  return notice(view, TROUBLE, { icon: 'cross', ...view.texts.pairingRefused, more: [detail(view, reason)] });
}

export const checkingView = (view: View, { due }: Of<'checking'>): Picture =>
  notice(view, WARNING, { icon: 'hourglass', ...view.texts.checking, figure: moneyText(due) });

export const authorisingView = (view: View, { due }: Of<'authorising'>): Picture =>
  notice(view, CALM, { icon: 'card', ...view.texts.authorising, figure: moneyText(due) });

export const announcementView = (view: View, { amount, message }: Of<'announcement'>): Picture =>
  notice(view, CALM, { icon: 'sound', title: view.texts.announcement, hint: message, figure: moneyText(amount) });

export const updatingView = (view: View, { step }: Of<'updating'>): Picture =>
  notice(view, WARNING, { icon: step === 'installing' ? 'download' : 'restart', ...view.texts.updating[step] });

export const deliveringView = (view: View, { due }: Of<'delivering'>): Picture =>
  notice(view, CALM, {
    icon: 'arrow',
    ...view.texts.delivering,
    more: [space(view.sizes.gap), paidPill(view, `${view.texts.paid} ${moneyText(due)}`)],
  });

export const successView = (view: View, { due, credit }: Of<'success'>): Picture =>
  notice(view, GOOD, {
    icon: 'check',
    title: view.texts.paid,
    figure: moneyText(due),
    hint: view.texts.thanks,
    more:
      credit.minor === 0
        ? []
        : [space(Math.round(view.sizes.gap / 2)), creditPill(view, credit, view.sizes.width - 2 * view.sizes.pad, view.texts.creditKept)],
  });

const FAILURE_ICONS: Readonly<Record<Of<'failed'>['reason'], IconName>> = {
  'qr-expired': 'clock',
  timeout: 'clock',
  cancelled: 'cross',
  'qr-failed': 'cross',
  'qr-refused': 'alert',
  'card-declined': 'card-refused',
  'card-not-sent': 'alert',
  'card-unanswered': 'alert',
  delivery: 'alert',
};

export function failedView(view: View, { reason, credit }: Of<'failed'>): Picture {
  const mild = reason === 'cancelled' || reason === 'timeout' || reason === 'qr-expired';
  const more = [space(view.sizes.gap), creditPill(view, credit, view.sizes.width - 2 * view.sizes.pad, view.texts.creditKept)];
  return notice(view, mild ? WARNING : TROUBLE, {
    icon: FAILURE_ICONS[reason],
    ...view.texts.failed[reason],
    more: credit.minor > 0 ? more : [],
  });
}

export function outOfServiceView(view: View, { reasons }: Of<'out-of-service'>): Picture {
  const { sizes, texts, language } = view;
  const lines = reasons.slice(0, 3).map((reason) => {
    const [code = '', ...rest] = reason.split(': ');
    const known = Object.hasOwn(texts.reasons, code) ? texts.reasons[code as keyof typeof texts.reasons] : code;
    const line = [known, ...rest].join(': ');
    return text(line, { width: sizes.width - 4 * sizes.pad, size: sizes.small, fill: COLOURS.nightQuiet, align: 'middle', language });
  });
  const panel = stack(lines, sizes.width - 4 * sizes.pad, 0);
  const style = { fill: COLOURS.nightSurface, radius: sizes.radius };
  const more = lines.length === 0 ? [] : [space(Math.round(sizes.gap / 2)), chip(panel, sizes.pad * 0.7, style)];
  return notice(view, CLOSED, { icon: 'wrench', ...texts.outOfService, more });
}

/** The PIN in tiles, as it is typed on the backend's page. */
export function pinView(view: View, { pin, deviceId }: Of<'pin'>): Picture {
  const { sizes, texts, language } = view;
  const width = sizes.width - 2 * sizes.pad;
  const line = { width, align: 'middle', language } as const;
  const characters = Array.from(pin);
  const whole = stack(
    [
      text(texts.pin.title, { ...line, size: sizes.title, fill: COLOURS.ink, weight: 700 }),
      space(sizes.gap),
      characters.length <= 10
        ? row(
            characters.map((character) => tile(view, character, width, characters.length)),
            sizes.gap,
          )
        : text(pin, { ...line, size: sizes.title, lines: 2, fill: COLOURS.accent, weight: 700 }),
      space(sizes.gap),
      text(texts.pin.hint, { ...line, size: sizes.body, lines: 2, fill: COLOURS.ink }),
      text(`${texts.device} ${deviceId}`, { ...line, size: sizes.small, lines: 2, fill: COLOURS.quiet }),
    ],
    width,
    Math.round(sizes.gap / 2),
    'middle',
  );
  return { ground: COLOURS.ground, bar: COLOURS.accent, content: whole.draw(sizes.pad, Math.round((sizes.height - whole.height) / 2)) };
}

function tile({ sizes, language }: View, character: string, room: number, count: number): Block {
  const width = Math.floor(Math.min(sizes.hero * 0.95, (room - (count - 1) * sizes.gap) / count));
  const height = Math.round(width * 1.3);
  const letter = text(character, {
    width,
    size: Math.round(width * 0.8),
    fill: COLOURS.accent,
    weight: 700,
    align: 'middle',
    language,
  });
  const style = { fill: COLOURS.surface, line: COLOURS.line, stroke: sizes.stroke, radius: sizes.radius };
  return {
    width,
    height,
    draw: (left, top) => rect(left, top, width, height, style) + letter.draw(left, top + (height - letter.height) / 2),
  };
}

const detail = ({ sizes, language }: View, reason: string): Block =>
  reason === ''
    ? NOTHING
    : text(reason, { width: sizes.width - 2 * sizes.pad, size: sizes.small, lines: 3, fill: COLOURS.quiet, align: 'middle', language });

function paidPill({ sizes, language }: View, label: string): Block {
  const size = Math.round(sizes.body * 1.15);
  const inner = row(
    [
      disc('check', Math.round(size * 1.3), '#ffffff', COLOURS.good),
      text(label, { width: sizes.width - 4 * sizes.pad - size, size, least: LEAST_AMOUNT, fill: COLOURS.good, weight: 700, language }),
    ],
    sizes.gap,
  );
  return chip(inner, size * 0.5, { fill: COLOURS.goodGround, radius: size });
}
