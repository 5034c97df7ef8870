import type { Board } from '../../domain/board.ts';
import { FORMS } from '../../drivers/gpio/forms.ts';
import { Gpiod } from '../../drivers/gpio/gpiod.ts';
import { holderOf } from '../../drivers/gpio/text.ts';
import { once } from './examine.ts';
import { type Check, type Finding, fault, ok, warning } from './finding.ts';
import type { World } from './world.ts';

interface Pin {
  readonly chip: string;
  readonly line: string;
}

/**
 * Every line of a board: its chip, its name, who has it, and what level an input has now. Outputs are looked for and never
 * driven. Reading an input takes it for a moment: not to be asked while a box runs.
 */
export function pinChecks({ inputs, outputs }: Pick<Board, 'inputs' | 'outputs'>, { env, clock }: World): Check[] {
  const gpiod = once(() => Gpiod.find(env, clock));
  const examined = async (pin: Pin) => free(await gpiod(), pin);
  return [
    ...Object.entries(inputs).map(
      ([name, pin]): Check => ({
        code: 'input-line',
        title: `Input ${name} (${pin.line})`,
        run: async () => {
          const at = await examined(pin);
          if ('verdict' in at) return at;
          const [level] = await (await gpiod()).levels({ chip: at.chip, offsets: [at.offset], pull: pin.idle, debounceMs: 0 });
          const found = `${at.chip} line ${at.offset}, ${level} now`;
          if (level === pin.idle) return ok(found);
          return warning('input-not-at-rest', found, {
            expected: `${pin.idle}, as it is while nothing happens`,
            remedy: `Is it pressed just now, or its device without power? If it is always so, it is wired the other way round: "idle": "${level}" in the board file. \`tilld scope ${name}\` shows what it does.`,
          });
        },
      }),
    ),
    ...Object.entries(outputs).map(
      ([name, pin]): Check => ({
        code: 'output-line',
        title: `Output ${name} (${pin.line})`,
        run: async () => {
          const at = await examined(pin);
          return 'verdict' in at ? at : ok(`${at.chip} line ${at.offset}, free`);
        },
      }),
    ),
  ];
}

/** Where a pin is, or the finding that somebody has it. @throws as `Gpiod.locate` */
async function free(gpiod: Gpiod, pin: Pin): Promise<{ readonly chip: string; readonly offset: number } | Finding> {
  const at = (await gpiod.locate({ pin })).get('pin');
  // `locate` gives every name it was asked for, or throws.
  if (!at) return fault('gpio-line-missing', pin.line);
  const holder = holderOf(await gpiod.answer(FORMS[gpiod.generation].info(at.chip)), at.offset);
  return holder === null
    ? at
    : fault('gpio-busy', `${at.chip} line ${at.offset} is in use by ${holder}`, { expected: 'a free line', remedy: TAKEN });
}

const TAKEN =
  'If a box runs: sudo systemctl stop tilld. If a kernel driver has it (spi, i2c, uart, an LED): remove its dtoverlay or dtparam from /boot/firmware/config.txt and start again.';
