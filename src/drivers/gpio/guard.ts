import type { Argv } from './forms.ts';
import type { Gpiod } from './gpiod.ts';
import type { Program } from './program.ts';

/**
 * Waits for a word or for the end of its input. The end without a word is the end of tilld, whatever ended it: then the
 * line is driven inactive, as soon as the kernel has taken it from the gpioset that ended with tilld.
 */
const SCRIPT = `
read -r word && exit
tries=100
until "$@" 2>/dev/null; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit
  sleep 0.05
done
`;

/**
 * Who switches an output off when nobody else can any more. Raspberry Pi OS keeps a line as it was driven last, for ever;
 * upstream kernels make it an input. A service manager that kills the whole control group kills this too:
 * its `ExecStopPost=` has to switch off then. `dismiss` sends it home.
 */
export const guard = (gpiod: Gpiod, drop: Argv): Program => gpiod.start(['sh', '-c', SCRIPT, 'sh', ...drop], { input: true });
