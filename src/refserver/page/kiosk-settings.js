// What kiosks are offered: a small form. Amounts are typed as people write them and sent in minor units.

import { $, act, call } from './dom.js';

/** Decimals of the currency, as the backend last said. */
let digits = 2;
/** What the form was last filled with: nothing is taken from under the hands of who is typing. */
let filled = '';

const majorText = (minor) => String(minor / 10 ** digits);
const minorOf = (text) => Math.round(Number(text) * 10 ** digits);
const items = (text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

/** Brings the form up to date when the settings are others than before. */
export function fillSettings(reply) {
  const text = JSON.stringify(reply);
  if (text === filled) return;
  filled = text;
  const { settings } = reply;
  ({ digits } = reply);
  $('kiosk-amounts').value = settings.amountsMinor.map(majorText).join(', ');
  $('kiosk-methods').value = settings.methods.join(', ');
  $('kiosk-min').value = majorText(settings.minMinor);
  $('kiosk-max').value = majorText(settings.maxMinor);
  $('kiosk-limit').value = majorText(settings.dailyLimitMinor);
  $('kiosk-auto').value = settings.autoMs === null ? '' : String(settings.autoMs / 1000);
  $('kiosk-other').checked = settings.other;
  $('kiosk-cancel').checked = settings.allowCancel;
  $('kiosk-receipt').checked = settings.showReceipt;
}

/** Sends what the form says. */
export function sendSettings() {
  const auto = $('kiosk-auto').value;
  return act('The kiosks offer this now.', () =>
    call('PUT', 'kiosk/settings', {
      amountsMinor: items($('kiosk-amounts').value).map(minorOf),
      methods: items($('kiosk-methods').value),
      minMinor: minorOf($('kiosk-min').value),
      maxMinor: minorOf($('kiosk-max').value),
      dailyLimitMinor: minorOf($('kiosk-limit').value),
      autoMs: auto === '' ? null : Math.round(Number(auto) * 1000),
      other: $('kiosk-other').checked,
      allowCancel: $('kiosk-cancel').checked,
      showReceipt: $('kiosk-receipt').checked,
    }),
  );
}
