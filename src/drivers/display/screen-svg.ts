import { CallerFault } from '../../domain/fault.ts';
import type { Screen } from '../../domain/screen.ts';
import type { Language } from '../../domain/speech/language.ts';
import type { Logo } from './logo.ts';
import { en } from './texts/en.ts';
import { id } from './texts/id.ts';
import type { ScreenTexts } from './texts/screen-texts.ts';
import { th } from './texts/th.ts';
import { vi } from './texts/vi.ts';
import { zh } from './texts/zh.ts';
import { sizesFor } from './theme.ts';
import type { Picture, View } from './view.ts';
import { presentCardView } from './view-card.ts';
import { idleView } from './view-idle.ts';
import {
  announcementView,
  authorisingView,
  checkingView,
  deliveringView,
  failedView,
  outOfServiceView,
  pairingView,
  pinView,
  startingView,
  successView,
  updatingView,
} from './view-notice.ts';
import { insertCashView, qrView, requestingView } from './view-payment.ts';
import { identifyView, showQrView } from './view-shown.ts';

export interface RenderOptions {
  /** Pixels, 160 to 4,096 each; laid out for every size from 320x240. */
  readonly width: number;
  readonly height: number;
  readonly language: Language;
  /** The clock that countdowns and blinking go by. */
  readonly nowMonotonicMs: number;
  /** The operator's own picture, shown while the box waits for a customer; see `readLogo`. */
  readonly logo?: Logo;
}

const TEXTS: Readonly<Record<Language, ScreenTexts>> = { th, id, vi, en, zh };

/**
 * The one picture of a screen, for every display: an SVG without scripts or outside resources, in which every text is
 * escaped and fits. The same screen, options and half second give the same text.
 * @throws CallerFault `display-size`, or `qr-not-drawable` for a QR text of more than 512 characters
 */
export async function renderScreen(screen: Screen, options: RenderOptions): Promise<string> {
  const { width, height, language } = options;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 160 && side <= 4_096)) {
    throw new CallerFault('The display size is not usable', {
      code: 'display-size',
      found: `${width}x${height}`,
      expected: '160 to 4096 whole pixels in width and height',
    });
  }
  const view: View = { sizes: sizesFor(width, height), texts: TEXTS[language], language };
  const { ground, bar, content } = await picture(view, screen, options);
  const edge = bar === null ? '' : `<rect width="${width}" height="${Math.max(3, Math.round(view.sizes.gap * 0.4))}" fill="${bar}"/>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" lang="${language}">` +
    `<rect width="${width}" height="${height}" fill="${ground}"/>${edge}${content}</svg>\n`
  );
}

function picture(view: View, screen: Screen, { nowMonotonicMs, logo }: RenderOptions): Picture | Promise<Picture> {
  switch (screen.kind) {
    case 'starting':
      return startingView(view);
    case 'pairing':
      return pairingView(view, screen);
    case 'pin':
      return pinView(view, screen);
    case 'idle':
      return idleView(view, screen, logo ?? null);
    case 'requesting':
      return requestingView(view, screen);
    case 'qr':
      return qrView(view, screen, nowMonotonicMs);
    case 'insert-cash':
      return insertCashView(view, screen);
    case 'present-card':
      return presentCardView(view, screen, nowMonotonicMs);
    case 'authorising':
      return authorisingView(view, screen);
    case 'announcement':
      return announcementView(view, screen);
    case 'identify':
      return identifyView(view, screen, nowMonotonicMs);
    case 'show-qr':
      return showQrView(view, screen, nowMonotonicMs);
    case 'updating':
      return updatingView(view, screen);
    case 'checking':
      return checkingView(view, screen);
    case 'delivering':
      return deliveringView(view, screen);
    case 'success':
      return successView(view, screen);
    case 'failed':
      return failedView(view, screen);
    case 'out-of-service':
      return outOfServiceView(view, screen);
  }
}
