import { type Context, Hono } from 'hono';
import * as v from 'valibot';
import { bytesWithin } from '../domain/bytes-within.ts';
import { excerpt } from '../domain/card-data.ts';
import { CallerFault, Fault } from '../domain/fault.ts';
import { MAX_MINOR } from '../domain/money.ts';
import { type ClipName, isClipName } from '../domain/speech/clip-names.ts';
import { TEST_CARDS } from './card-reader.ts';
import { LINK_CONDITIONS } from './links.ts';
import { type PaperTray, PRINTER_FAULTS } from './paper-tray.ts';
import type { Simulator } from './simulator.ts';

/** Enough for 10,000 widths and gaps. */
const LONGEST_BODY = 512 * 1024;
const MOST_PULSES = 10_000;
/** One request plays for at most this long, ms. */
const LONGEST_PLAY_MS = 600_000;
/** Lets the answer leave the machine before its power goes, ms. */
const LAST_WORDS_MS = 50;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const minor = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(MAX_MINOR));
const times = v.pipe(v.array(v.pipe(v.number(), v.minValue(0.001), v.maxValue(60_000))), v.maxLength(MOST_PULSES));
const condition = v.optional(v.picklist(LINK_CONDITIONS));

const PIECE = v.strictObject({ denomination: minor });
const PULSES = v.strictObject({ line: name, widthsMs: v.pipe(times, v.minLength(1)), gapsMs: v.optional(times, []) });
const KEY = v.strictObject({ key: name });
const BUTTON = v.strictObject({ name });
const LINK = v.strictObject({ mqtt: condition, http: condition });
const PRINTER = v.strictObject({ fault: v.nullable(v.picklist(PRINTER_FAULTS)) });
const CARD = v.strictObject({ card: v.picklist(TEST_CARDS) });
const POWER = v.strictObject({ cut: v.literal(true) });

/** The bytes of a clip (MP3) as the current resource release brings it, or null when it brings none. */
export type SoundSource = (clip: ClipName) => Promise<Uint8Array | null>;

/**
 * The world around a simulated box over HTTP. Whatever takes time is answered once it has happened: a coin when its
 * last pulse has been played. `tray` is the virtual printer, where the box has one. `cutPower` is called after the answer to `POST /sim/power`.
 */
export function simRoutes(
  simulator: Simulator,
  cutPower: () => void,
  sound: SoundSource = async () => null,
  tray: PaperTray | null = null,
): Hono {
  const app = new Hono();
  app.onError((error, c) => refuse(c, error));

  app.post('/sim/coin', async (c) => c.json(await simulator.coin((await read(c, PIECE)).denomination)));
  app.post('/sim/bill', async (c) => c.json(await simulator.bill((await read(c, PIECE)).denomination)));
  app.post('/sim/pulses', async (c) => {
    const { line, widthsMs, gapsMs } = await read(c, PULSES);
    requireFitting(widthsMs, gapsMs);
    await simulator.pulses({ line, widthsMs, gapsMs });
    return c.json({ pulses: widthsMs.length });
  });
  app.post('/sim/key', async (c) => {
    const { key } = await read(c, KEY);
    await simulator.key(key);
    return c.json({ pressed: key });
  });
  app.post('/sim/button', async (c) => {
    const { name: button } = await read(c, BUTTON);
    await simulator.button(button);
    return c.json({ pressed: button });
  });
  app.post('/sim/card', async (c) => {
    const { card } = await read(c, CARD);
    simulator.cardReader.present(card);
    return c.json({ presented: card });
  });
  app.post('/sim/link', async (c) => {
    const { mqtt, http } = await read(c, LINK);
    if (mqtt) simulator.links.set('mqtt', mqtt);
    if (http) simulator.links.set('http', http);
    return c.json({ mqtt: simulator.links.condition('mqtt'), http: simulator.links.condition('http') });
  });
  app.post('/sim/power', async (c) => {
    await read(c, POWER);
    simulator.clock.after(LAST_WORDS_MS, cutPower);
    return c.json({ cut: true });
  });
  app.get('/sim/outputs', (c) => c.json({ outputs: simulator.outputs() }));
  app.get('/sim/speaker', (c) => c.json({ transcript: simulator.transcript() }));
  app.get('/sim/printer', (c) => c.json({ printer: trayState(tray) }));
  app.post('/sim/printer', async (c) => {
    const { fault } = await read(c, PRINTER);
    if (!tray) throw noPrinter();
    tray.setFault(fault);
    return c.json({ printer: trayState(tray) });
  });
  app.get('/sim/ticket.png', (c) => sendBytes(c, tray?.latest() ?? null, 'image/png'));
  app.get('/sim/sounds/:file', async (c) => sendSound(c, sound));
  app.get('/sim/voice/:file', (c) => sendVoice(c, simulator));
  return app;
}

/** A clip that the release does not bring is no fault: it is said in words only, and answered with 204. */
async function sendSound(c: Context, sound: SoundSource): Promise<Response> {
  const file = c.req.param('file') ?? '';
  const clip = file.replace(/\.mp3$/, '');
  if (clip === file || !isClipName(clip)) throw noSound(file, 'the `clip` of a line of /sim/speaker, and .mp3');
  return sendBytes(c, await sound(clip), 'audio/mpeg');
}

/** What was said some time ago, or before the power was cut, is kept no longer, and answered with 204. */
function sendVoice(c: Context, { speaker }: Simulator): Response {
  const file = c.req.param('file') ?? '';
  const [, number] = /^(\d{1,15})\.wav$/.exec(file) ?? [];
  if (number === undefined) throw noSound(file, 'the `sound` of a line of /sim/speaker, and .wav');
  return sendBytes(c, speaker.sound(Number(number)), 'audio/wav');
}

const trayState = (tray: PaperTray | null) => tray && { fault: tray.fault(), ticket: tray.latest() !== null };

const noPrinter = () => new CallerFault('The box has no virtual printer', { code: 'printer-missing' });

function sendBytes(c: Context, bytes: Uint8Array | null, type: string): Response {
  if (bytes === null) return c.body(null, 204);
  return c.body(Uint8Array.from(bytes).buffer, 200, { 'Content-Type': type, 'Cache-Control': 'no-store' });
}

const noSound = (file: string, expected: string) =>
  new CallerFault('The speaker has no sound of that name', {
    code: 'sound-unknown',
    found: JSON.stringify(excerpt(file, 64)),
    expected,
  });

async function read<S extends v.GenericSchema>(c: Context, schema: S): Promise<v.InferOutput<S>> {
  const text = await bodyText(c);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CallerFault('The body is not JSON', {
      code: 'body-not-json',
      found: text === '' ? 'an empty body' : JSON.stringify(excerpt(text, 40)),
      expected: 'a JSON object',
    });
  }
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new CallerFault(path === null ? 'The body is not usable' : `"${path}" is not usable`, {
    code: 'body-invalid',
    // The library's texts are cut: what was sent may be long.
    found: excerpt(issue.received, 80),
    expected: (issue.expected ?? issue.message).slice(0, 200),
  });
}

/** Read by hand: Hono's own limit answers a body sent in chunks with 500 under the box's API server. */
async function bodyText(c: Context): Promise<string> {
  if (Number(c.req.header('content-length') ?? 0) > LONGEST_BODY) throw tooLong();
  const bytes = await bytesWithin(c.req.raw.body, LONGEST_BODY);
  if (bytes === null) throw tooLong();
  return Buffer.from(bytes).toString('utf8');
}

function requireFitting(widthsMs: readonly number[], gapsMs: readonly number[]): void {
  if (gapsMs.length !== widthsMs.length && gapsMs.length !== widthsMs.length - 1) {
    throw new CallerFault('The gaps do not fit the pulses', {
      code: 'pulses-invalid',
      found: `${widthsMs.length} widthsMs and ${gapsMs.length} gapsMs`,
      expected: 'a gap after every pulse; the last one may be left out',
    });
  }
  const total = [...widthsMs, ...gapsMs].reduce((sum, ms) => sum + ms, 0);
  if (total <= LONGEST_PLAY_MS) return;
  throw new CallerFault('The pulses take too long', {
    code: 'pulses-invalid',
    found: `${Math.round(total)} ms in all`,
    expected: `at most ${LONGEST_PLAY_MS} ms in one request`,
  });
}

const tooLong = () =>
  new CallerFault('The body is too long', {
    code: 'body-too-large',
    expected: `at most ${LONGEST_BODY} bytes`,
    remedy: 'Send fewer pulses at once.',
  });

/** Of the faults a caller is told with another status than 400. */
const STATUS: Readonly<Record<string, 404 | 409 | 413>> = {
  'printer-missing': 404,
  'body-too-large': 413,
  'card-not-wanted': 409,
  'sound-unknown': 404,
};

function refuse(c: Context, error: unknown) {
  if (!(error instanceof Fault)) return c.json({ error: { code: 'internal', message: 'The simulator failed' } }, 500);
  const { code, message, found, expected, remedy } = error;
  const status = error instanceof CallerFault ? (STATUS[code] ?? 400) : 500;
  return c.json({ error: { code, message, found, expected, remedy } }, status);
}
