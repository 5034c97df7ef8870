import { Fault } from '../domain/fault.ts';
import { CURRENCY_CODES, type Currency, isCurrency } from '../domain/money.ts';
import { LANGUAGES, type Language } from '../domain/speech/language.ts';
import { spokenText } from '../domain/speech/spoken-text.ts';
import { utterance } from '../domain/speech/utterance.ts';
import { AlsaSink } from '../drivers/sound/alsa.ts';
import { BUILT_IN_PACKS } from '../drivers/sound/pack.ts';
import { Voice } from '../drivers/sound/voice.ts';
import { WavSink } from '../drivers/sound/wav-sink.ts';
import type { Log } from '../ports/log.ts';
import type { PcmSink } from '../ports/pcm-sink.ts';
import { systemClock } from '../runtime/clock.ts';
import { systemEntropy } from '../runtime/entropy.ts';
import { parseAmount } from './amount.ts';
import { type Command, command, type Io, UsageFault } from './command.ts';
import { userPath } from './ota-folder.ts';

/** The phrases that an amount is part of. */
const PHRASES = ['received', 'amount', 'present-card'] as const;

/** `tilld say` */
export const say: Command = command({
  name: 'say',
  summary: 'Say an amount aloud, or into a WAV file',
  usage: 'AMOUNT',
  args: { least: 1, most: 1 },
  options: {
    currency: { type: 'string', value: CURRENCY_CODES.join('|'), help: 'What the amount is in' },
    language: { type: 'string', value: LANGUAGES.join('|'), help: 'What it is said in', default: 'en' },
    phrase: { type: 'string', value: PHRASES.join('|'), help: 'What is said of it', default: 'received' },
    out: { type: 'string', value: 'F.wav', help: 'Write it to a file instead of playing it' },
    device: { type: 'string', value: 'NAME', help: 'Sound device, as `aplay -L` lists them', default: 'default' },
  },
  examples: ['tilld say 50000 --currency IDR --language id', 'tilld say 20.50 --currency GBP --phrase present-card --out card.wav'],
  async run({ args: [amount = ''], values, env, io, show, stopSignal }) {
    const currency = currencyOf(values.currency);
    const language = oneOf('language', values.language, LANGUAGES);
    const announcement = { phrase: oneOf('phrase', values.phrase, PHRASES), amount: parseAmount(amount, currency) };
    const log = { ...QUIET, warn: complain(io, language) };
    const sink: PcmSink =
      values.out === undefined
        ? new AlsaSink({ device: values.device, clock: systemClock(), entropy: systemEntropy, log: QUIET, env })
        : new WavSink(userPath(values.out, env));
    const voice = new Voice({ sink, log, language, volume: 100, packs: [BUILT_IN_PACKS] });
    const said = voice.say(announcement).finally(() => sink.close());
    const signal = stopSignal();
    signal.aborted ? voice.stop() : signal.addEventListener('abort', () => voice.stop(), { once: true });
    await said;
    const clips = utterance(announcement, language);
    const text = spokenText(clips, language);
    show({ language, text, clips, out: values.out ?? null }, () => text);
    return 0;
  },
});

function currencyOf(text: string | undefined): Currency {
  if (text !== undefined && isCurrency(text)) return text;
  throw new UsageFault(text === undefined ? '--currency is missing' : '--currency is not usable', {
    ...(text === undefined ? {} : { found: JSON.stringify(text) }),
    expected: CURRENCY_CODES.join(', '),
  });
}

function oneOf<T extends string>(name: string, text: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageFault(`--${name} is not usable`, { found: JSON.stringify(text), expected: allowed.join(', ') });
}

/** What fails is told as a fault; a log would say it twice. */
const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Why something is not said in words. */
const complain =
  (io: Io, language: Language): Log['warn'] =>
  (_event, fields) => {
    const error = fields?.error;
    io.err(
      `tilld: ${error instanceof Fault ? error.explain() : `there is no voice pack for ${language}`}; a chime and a tone stand for the words`,
    );
  };
