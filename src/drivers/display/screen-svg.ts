import { CallerFault } from '../../domain/fault.ts';
import type { Screen } from '../../domain/screen.ts';
import type { Language } from '../../domain/speech/language.ts';
import { NORMAL_THEME, type Theme } from '../../domain/theme.ts';
import type { TouchArea } from '../../domain/touch.ts';
import type { Logo } from './logo.ts';
import { paletteFor } from './palette.ts';
import { en } from './texts/en.ts';
import { id } from './texts/id.ts';
import type { ScreenTexts } from './texts/screen-texts.ts';
import { th } from './texts/th.ts';
import { vi } from './texts/vi.ts';
import { zh } from './texts/zh.ts';
import { sizesFor } from './theme.ts';
import type { Picture, View } from './view.ts';
import { amountSelectView } from './view-amounts.ts';
import { presentCardView } from './view-card.ts';
import { idleView } from './view-idle.ts';
import { keypadView } from './view-keypad.ts';
import { paymentMethodView } from './view-methods.ts';
import {
  announcementView,
  authorisingView,
  checkingView,
  collectTicketView,
  deliveringView,
  pairingView,
  printTicketView,
  processingView,
  startingView,
  thankYouView,
  updatingView,
} from './view-notice.ts';
import { deviceErrorView, failedView, limitErrorView, outOfServiceView, successView } from './view-outcome.ts';
import { insertCashView, requestingView } from './view-payment.ts';
import { pinView } from './view-pin.ts';
import { qrView } from './view-qr.ts';
import { identifyView, showQrView } from './view-shown.ts';
import { topUpAmountView, topUpFailedView, topUpOperatorView, topUpResultView, topUpSentView, topUpTypingView } from './view-top-up.ts';

export interface RenderOptions {
  /** Pixels, 160 to 4,096 each; laid out for every size from 320x240. */
  readonly width: number;
  readonly height: number;
  readonly language: Language;
  /** The clock that countdowns and blinking go by. */
  readonly nowMonotonicMs: number;
  /** The operator's own picture, shown while the box waits for a customer; see `readLogo`. */
  readonly logo?: Logo;
  /** Default: normal contrast and letters of the usual size. */
  readonly theme?: Theme;
  /** Whether the display can be touched: then the keys that a box has beside its display are shown as buttons. Default false. */
  readonly touch?: boolean;
}

/** A screen as it is shown: its picture, and the places on it that do what a key does. */
export interface Frame {
  readonly svg: string;
  /** Inside the picture, none over another. */
  readonly touch: readonly TouchArea[];
}

const TEXTS: Readonly<Record<Language, ScreenTexts>> = { th, id, vi, en, zh };

/**
 * The one picture of a screen, for every display: an SVG without scripts or outside resources, in which every text is
 * escaped and fits. The same screen, options and half second give the same text.
 * @throws CallerFault `display-size`, or `qr-not-drawable` for a QR text of more than 512 characters
 */
export async function renderScreen(screen: Screen, options: RenderOptions): Promise<Frame> {
  const { width, height, language, theme = NORMAL_THEME } = options;
  if (![width, height].every((side) => Number.isInteger(side) && side >= 160 && side <= 4_096)) {
    throw new CallerFault('The display size is not usable', {
      code: 'display-size',
      found: `${width}x${height}`,
      expected: '160 to 4096 whole pixels in width and height',
    });
  }
  const touch: TouchArea[] = [];
  const view: View = {
    sizes: sizesFor(width, height, theme),
    colours: paletteFor(theme),
    theme,
    texts: TEXTS[language],
    language,
    buttons: options.touch ?? false,
    touch,
  };
  const { ground, bar, content } = await picture(view, screen, options);
  const edge = bar === null ? '' : `<rect width="${width}" height="${Math.max(3, Math.round(view.sizes.gap * 0.4))}" fill="${bar}"/>`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" lang="${language}">` +
    `<rect width="${width}" height="${height}" fill="${ground}"/>${edge}${content}</svg>\n`;
  return { svg, touch };
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
    case 'amount-select':
      return amountSelectView(view, screen);
    case 'keypad':
      return keypadView(view, screen);
    case 'payment-method':
      return paymentMethodView(view, screen);
    case 'processing':
      return processingView(view, screen);
    case 'limit-error':
      return limitErrorView(view, screen);
    case 'print-ticket':
      return printTicketView(view);
    case 'collect-ticket':
      return collectTicketView(view);
    case 'thank-you':
      return thankYouView(view);
    case 'device-error':
      return deviceErrorView(view, screen);
    case 'top-up-operator':
      return topUpOperatorView(view, screen);
    case 'top-up-amount':
      return topUpAmountView(view, screen);
    case 'top-up-typing':
      return topUpTypingView(view, screen);
    case 'top-up-sent':
      return topUpSentView(view, screen);
    case 'top-up-result':
      return topUpResultView(view, screen);
    case 'top-up-failed':
      return topUpFailedView(view, screen);
    case 'failed':
      return failedView(view, screen);
    case 'out-of-service':
      return outOfServiceView(view, screen);
  }
}
