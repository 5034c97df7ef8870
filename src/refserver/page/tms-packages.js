// Packages: sending them to the backend, and the list of those that are there.

import { $, act, badge, call, keepRows, make, notify, when } from './dom.js';

/** Largest package the backend takes, as it says itself. */
let maxBytes = Number.POSITIVE_INFINITY;
const KINDS = { AP: 'Firmware', CUST: 'Resources' };
const SIGNATURES = { trusted: ['signed', 'good'], 'unknown-key': ['signed, key unknown', 'info'], unsigned: ['not signed', 'bad'] };

const bytes = (count) => (count < 1024 * 1024 ? `${Math.max(1, Math.round(count / 1024))} KiB` : `${(count / 1024 / 1024).toFixed(1)} MiB`);

function packageRow({ sha256, name, type, version, customerName, size, signature, uploadedAtMs }) {
  const [text, tone] = SIGNATURES[signature];
  const remove = make('button', {
    type: 'button',
    className: 'plain',
    attributes: { 'aria-label': `Remove ${name}` },
    textContent: 'Remove',
    onclick: () => act(`${name} is removed.`, () => call('DELETE', `tms/packages/${sha256}`)),
  });
  return make(
    'li',
    {},
    make(
      'div',
      { className: 'what' },
      make('strong', { className: 'code' }, name),
      make('div', { className: 'quiet' }, `${KINDS[type]} ${version} for ${customerName} · ${bytes(size)} · ${when(uploadedAtMs)}`),
      make('div', { className: 'quiet code', title: sha256 }, `sha256 ${sha256.slice(0, 16)}…`),
    ),
    make('div', { className: 'how' }, badge(text, tone), remove),
  );
}

/** Shows the packages; the latest first. None larger than `most` is sent from now on. */
export function showPackages(packages, most) {
  maxBytes = most;
  $('packages-none').hidden = packages.length > 0;
  keepRows($('packages'), packages, ({ sha256 }) => sha256, packageRow);
}

function showProgress(name, sent, total) {
  const whole = sent >= total;
  $('uploading').hidden = false;
  $('upload-text').textContent = whole ? `${name}: being checked …` : `${name}: ${bytes(sent)} of ${bytes(total)}`;
  if (whole) $('upload-progress').removeAttribute('value');
  else $('upload-progress').value = (100 * sent) / total;
}

/** Sends one file. `fetch` cannot say how much of a body has gone out. */
function send(file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `ref/tms/packages?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader('content-type', 'application/zip');
    request.responseType = 'json';
    request.upload.addEventListener('progress', ({ loaded }) => showProgress(file.name, loaded, file.size));
    request.addEventListener('error', () => reject(new Error(`The backend did not take ${file.name}`)));
    request.addEventListener('load', () => {
      const { status, response } = request;
      if (status === 200 || status === 201) resolve({ isNew: status === 201, ...response });
      else reject(new Error(refusal(file.name, response?.error)));
    });
    showProgress(file.name, 0, file.size);
    request.send(file);
  });
}

function refusal(name, error) {
  if (!error) return `${name}: the backend did not say why it was refused`;
  const { message, found, expected, remedy } = error;
  const parts = [message, found && `found ${found}`, expected && `expected ${expected}`].filter(Boolean).join('; ');
  return `${name}: ${parts}.${remedy ? ` ${remedy}` : ''}`;
}

async function sendAll(files, taken) {
  for (const file of files) {
    try {
      if (file.size > maxBytes) throw new Error(`${file.name} is larger than ${bytes(maxBytes)}`);
      const { isNew, ...answer } = await send(file);
      taken(answer.package);
      notify(isNew ? `${file.name} is there.` : `${file.name} was there already.`);
    } catch (error) {
      notify(error.message, true);
    }
  }
  $('uploading').hidden = true;
}

/** Lets packages be chosen and dropped; `taken` gets each that the backend has then. */
export function takePackages(taken) {
  const drop = $('drop');
  const input = $('upload');
  input.addEventListener('change', async () => {
    const files = [...input.files];
    input.value = '';
    await sendAll(files, taken);
  });
  drop.addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    void sendAll([...event.dataTransfer.files], taken);
  });
}
