import type { Screen } from '../../domain/screen.ts';
import { disc, firstWithin, rect, space, stack, text } from './blocks.ts';
import type { Picture, View } from './view.ts';
import { countdown } from './view-payment.ts';
import { besideQr } from './view-qr.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

const BLINK_MS = 500;
/** The box shows itself: its serial number, dark on light within a frame and light on dark by turns, half a second each. */
export function identifyView(view: View, { serial }: Of<'identify'>, nowMonotonicMs: number): Picture {
  const { sizes, colours, texts, language } = view;
  const framed = Math.floor(Math.max(0, nowMonotonicMs) / BLINK_MS) % 2 === 1;
  const phase = colours.called[framed ? 1 : 0];
  const frame = 2 * Math.round(sizes.pad * 0.35);
  const width = sizes.width - 2 * (sizes.pad + frame);
  const line = { width, align: 'middle', language } as const;
  const words = [
    text(texts.identify.title, { ...line, size: sizes.title, least: 16, fill: phase.ink, weight: 700 }),
    text(serial, { ...line, size: sizes.hero, least: 14, lines: 3, fill: phase.ink, weight: 700 }),
    text(texts.identify.hint, { ...line, size: sizes.body, lines: 2, fill: phase.quiet }),
  ];
  const gap = Math.round(sizes.gap / 2);
  const withSign = (size: number) => stack([disc('sound', size, phase.sign), space(gap), ...words], width, gap, 'middle');
  const whole = firstWithin(sizes.height - 2 * (sizes.pad + frame), [
    withSign(sizes.icon),
    withSign(Math.round(sizes.icon * 0.6)),
    stack(words, width, gap, 'middle'),
  ]);
  const border = framed
    ? rect(frame / 2, frame / 2, sizes.width - frame, sizes.height - frame, {
        fill: phase.ground,
        line: phase.sign.fill,
        stroke: frame,
        radius: sizes.radius,
      })
    : '';
  const content = border + whole.draw(sizes.pad + frame, Math.round((sizes.height - whole.height) / 2));
  return { ground: phase.ground, bar: phase.bar, content };
}

/** A QR that belongs to no sale: without an amount, and with how long it is still shown. */
export function showQrView(view: View, { qr, expiresAtMonotonicMs }: Of<'show-qr'>, nowMonotonicMs: number): Promise<Picture> {
  const { sizes, colours, texts, language } = view;
  const remainingMs = Math.max(0, expiresAtMonotonicMs - nowMonotonicMs);
  return besideQr(view, qr, ({ width, height, align }) => {
    const line = { width, align, language } as const;
    const gap = Math.round(sizes.gap / 2);
    const title = text(texts.scan.title, { ...line, size: sizes.title, least: 14, lines: 2, fill: colours.ink, weight: 700 });
    const hint = text(texts.scan.hint, { ...line, size: sizes.body, lines: 2, fill: colours.quiet });
    const time = countdown(view, remainingMs, width);
    return firstWithin(height, [
      stack([title, hint, space(gap), time], width, gap, align),
      stack([title, time], width, gap, align),
      stack([time], width, gap, align),
    ]);
  });
}
