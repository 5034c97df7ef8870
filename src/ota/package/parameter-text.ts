import { OtaFault } from '../../domain/ota/ota-fault.ts';
import { quoted } from '../../domain/ota/quoted.ts';

/** Everything below the blank but tab and line ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * Looks at a file in `cust/` that comes piece by piece. Parameters are text in UTF-8, and only text is taken there: so
 * there is no other form of a private key to look for than the one in PEM, which is searched for everywhere.
 */
export class ParameterText {
  readonly #path: string;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true });

  constructor(path: string) {
    this.#path = path;
  }

  /** The next piece. @throws OtaFault `ota-cust-text` */
  next(chunk: Uint8Array): void {
    this.#look(chunk, true);
  }

  /** There is no more. @throws OtaFault `ota-cust-text` */
  end(): void {
    this.#look(new Uint8Array(), false);
  }

  #look(bytes: Uint8Array, stream: boolean): void {
    let text: string;
    try {
      text = this.#utf8.decode(bytes, { stream });
    } catch {
      throw this.#noText('bytes that are no UTF-8');
    }
    if (CONTROL.test(text)) throw this.#noText('a control character');
  }

  #noText(found: string): OtaFault {
    return new OtaFault('A file in cust/ is not text', {
      code: 'ota-cust-text',
      found: `${found} in ${quoted(this.#path)}`,
      expected: 'parameters as text in UTF-8',
    });
  }
}
