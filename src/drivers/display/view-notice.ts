import { moneyText } from '../../domain/money-text.ts';
import type { Screen } from '../../domain/screen.ts';
import { type Block, chip, disc, row, space, text } from './blocks.ts';
import { detail, notice } from './notice.ts';
import { LEAST_AMOUNT } from './theme.ts';
import { boxOf, type Picture, type View } from './view.ts';

type Of<K extends Screen['kind']> = Extract<Screen, { kind: K }>;

/** What goes on, and whether to wait: states that pass by themselves. */
export const startingView = (view: View): Picture => notice(view, view.colours.calm, { icon: 'power', ...view.texts.starting });

export function pairingView(view: View, { state, reason }: Of<'pairing'>): Picture {
  const { texts, colours } = view;
  const more = (inner: View) => [detail(inner, reason, colours.quiet)];
  if (state === 'asking') return notice(view, colours.calm, { icon: 'link', ...texts.pairing, more });
  return notice(view, colours.trouble, { icon: 'cross', ...texts.pairingRefused, more });
}

export const checkingView = (view: View, { due }: Of<'checking'>): Picture =>
  notice(view, view.colours.warning, { icon: 'hourglass', ...view.texts.checking, figure: moneyText(due) });

export const authorisingView = (view: View, { due }: Of<'authorising'>): Picture =>
  notice(view, view.colours.calm, { icon: 'card', ...view.texts.authorising, figure: moneyText(due) });

export const processingView = (view: View, { due }: Of<'processing'>): Picture =>
  notice(view, view.colours.calm, { icon: 'sync', ...view.texts.processing, figure: moneyText(due) });

export const announcementView = (view: View, { amount, message }: Of<'announcement'>): Picture =>
  notice(view, view.colours.calm, { icon: 'sound', title: view.texts.announcement, hint: message, figure: moneyText(amount) });

export const updatingView = (view: View, { step }: Of<'updating'>): Picture =>
  notice(view, view.colours.warning, { icon: step === 'installing' ? 'download' : 'restart', ...view.texts.updating[step] });

export const deliveringView = (view: View, { due }: Of<'delivering'>): Picture =>
  notice(view, view.colours.calm, {
    icon: 'arrow',
    ...view.texts.delivering,
    more: (inner) => [space(inner.sizes.gap), paidPill(inner, `${view.texts.paid} ${moneyText(due)}`)],
  });

export const printTicketView = (view: View): Picture => notice(view, view.colours.calm, { icon: 'printer', ...view.texts.printTicket });

export const collectTicketView = (view: View): Picture => notice(view, view.colours.calm, { icon: 'ticket', ...view.texts.collectTicket });

export const thankYouView = (view: View): Picture => notice(view, view.colours.paid, { icon: 'heart', ...view.texts.thankYou });

function paidPill(view: View, label: string): Block {
  const { sizes, colours, language } = view;
  const size = Math.round(sizes.body * 1.15);
  const { ink, fill } = colours.good;
  const width = sizes.width - 4 * sizes.pad - size;
  const words = text(label, { width, size, least: LEAST_AMOUNT, fill: ink, weight: 700, language });
  const inner = row([disc('check', Math.round(size * 1.3), { ink: fill, fill: ink }), words], sizes.gap);
  return chip(inner, size * 0.5, boxOf(view, colours.good, size));
}
