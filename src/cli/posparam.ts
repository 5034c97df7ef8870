import { createReadStream } from 'node:fs';
import { excerpt } from '../domain/card-data.ts';
import { ConfigurationFault } from '../domain/fault.ts';
import { type ApiKeyState, apiKeyState } from '../domain/posparam/expiry.ts';
import { POSPARAM_MAX_BYTES } from '../domain/posparam/file.ts';
import type { PosparamProblem, PosparamReading } from '../domain/posparam/posparam.ts';
import { readPosparam } from '../domain/posparam/read.ts';
import { posparamTemplate } from '../domain/posparam/template.ts';
import { type CommandGroup, command } from './command.ts';

/** Longest path, and longest text about a file, characters. */
const MAX_PATH = 4_096;
const MAX_TEXT = 20_000;

const check = command({
  name: 'check',
  summary: "Check a DS50 box's posparam.ini, and how long its API key is good",
  usage: 'FILE',
  args: { least: 1, most: 1 },
  options: {},
  examples: ['tilld posparam check posparam.ini', 'tilld posparam check posparam.ini --json   # every problem with its path, for programs'],
  async run({ args: [file = ''], show }) {
    const reading = readPosparam(await bytesOf(file));
    if (!reading.ok) {
      show(reading, () => complain(excerpt(file, MAX_PATH), reading.problems));
      return 1;
    }
    const { redact } = await import('../runtime/redact.ts');
    const { apiKeyExpiry } = reading.posparam.payment;
    const apiKey = { expiry: apiKeyExpiry, ...apiKeyState(apiKeyExpiry, dayOf(new Date())) };
    show({ ...reading, posparam: redact(reading.posparam), apiKey }, () => excerpt(describe(file, reading, apiKey), MAX_TEXT));
    return 0;
  },
});

const template = command({
  name: 'template',
  summary: 'Print a posparam.ini to fill in',
  usage: '',
  options: {},
  examples: ['tilld posparam template > posparam.ini'],
  async run({ io, json }) {
    const text = posparamTemplate();
    if (json) {
      io.json(JSON.parse(text));
      return 0;
    }
    io.out(text);
    const reading = readPosparam(new TextEncoder().encode(text));
    const missing = reading.ok ? [] : reading.problems.map(({ path }) => path);
    io.err(`Replace the sample values; ${missing.join(' and ')} are empty. Then: tilld posparam check FILE`);
    return 0;
  },
});

/** `tilld posparam check` and `tilld posparam template`. */
export const posparam: CommandGroup = {
  name: 'posparam',
  summary: 'Check the parameters of a DS50 box, or print a template',
  commands: [check, template],
};

/** No more than the reader needs to see that a file is too large. @throws ConfigurationFault `posparam-unreadable` */
async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return Buffer.concat(await createReadStream(file, { end: POSPARAM_MAX_BYTES }).toArray());
  } catch (cause) {
    throw new ConfigurationFault(`The parameters ${file} cannot be read`, {
      code: 'posparam-unreadable',
      found: (cause as NodeJS.ErrnoException).code ?? String(cause),
      remedy: 'Check the path and the permissions of the file.',
      cause,
    });
  }
}

/** The day on this machine's calendar. */
function dayOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}${two(date.getMonth() + 1)}${two(date.getDate())}`;
}

function complain(file: string, problems: readonly PosparamProblem[]): string {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return [`${file} has ${count}:`, ...problems.map(line)].join('\n');
}

function describe(file: string, { form, posparam, notices }: Extract<PosparamReading, { ok: true }>, apiKey: ApiKeyState): string {
  const { mqtt, payment } = posparam;
  const login = mqtt.auth.kind === 'certificate' ? 'client certificate' : 'user name and password';
  return [
    `${file} is in order (${form} form).`,
    `  broker ${mqtt.url}, ${login}, topics ${mqtt.topicPrefixes.map((prefix) => `${prefix}/SN`).join(', ')}`,
    `  payment server ${payment.url}, sale ${payment.salePath}, details ${payment.detailsPath}`,
    `  ${lifetime(payment.apiKeyExpiry, apiKey)}`,
    ...(notices.length > 0 ? ['Worth a look:', ...notices.map(line)] : []),
  ].join('\n');
}

function lifetime(expiry: string, { state, daysLeft }: ApiKeyState): string {
  const days = Math.abs(daysLeft) === 1 ? '1 day' : `${Math.abs(daysLeft)} days`;
  const day = `${expiry.slice(0, 4)}-${expiry.slice(4, 6)}-${expiry.slice(6)}`;
  if (state === 'expired') return `WARNING: the API key expired ${days} ago, after ${day}; the payment server will refuse it`;
  const end = daysLeft === 0 ? `today is the last day of the API key (${day})` : `the API key is good for another ${days}, until ${day}`;
  return state === 'expiring' ? `WARNING: ${end}; get a new one now` : end;
}

const line = ({ path, found, expected }: PosparamProblem): string => `  ${path || '(whole file)'}: found ${found}, expected ${expected}`;
