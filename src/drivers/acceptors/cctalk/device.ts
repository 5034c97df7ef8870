import type { CcTalkChecksum } from '../../../domain/cash/cctalk/checksum.ts';
import { DeviceFault } from '../../../domain/fault.ts';
import type { CcTalkAnswer, CcTalkBus } from './bus.ts';

/** There is no way to the device at present. Only this is taken for that: what a listener throws is not. */
export class CannotTalk extends DeviceFault {}

/** One device on a bus. */
export class CcTalkDevice {
  readonly address: number;
  readonly #bus: CcTalkBus;
  readonly #checksum: CcTalkChecksum;

  constructor(bus: CcTalkBus, address: number, checksum: CcTalkChecksum) {
    this.#bus = bus;
    this.address = address;
    this.#checksum = checksum;
  }

  /** What it answers. @throws CannotTalk also when it is silent */
  async ask(header: number, data: readonly number[] = []): Promise<CcTalkAnswer> {
    const answer = await this.send(header, data);
    if (answer.kind === 'silent') throw this.silent();
    return answer;
  }

  /** The data of its reply, asked once; null when it refuses or is silent, as it may be to what not every device knows. @throws CannotTalk */
  async askIfKnown(header: number, data: readonly number[] = []): Promise<readonly number[] | null> {
    const answer = await this.send(header, data, 1);
    return answer.kind === 'reply' ? answer.data : null;
  }

  /** What it answers, which may be silence. @throws CannotTalk when the port is not there */
  async send(header: number, data: readonly number[], tries?: number): Promise<CcTalkAnswer> {
    const often = tries === undefined ? {} : { tries };
    try {
      return await this.#bus.ask({ address: this.address, header, data, checksum: this.#checksum, ...often });
    } catch (error) {
      if (!(error instanceof DeviceFault)) throw error;
      const { message, code, found } = error;
      throw new CannotTalk(message, { code, ...(found === undefined ? {} : { found }), cause: error });
    }
  }

  silent(): CannotTalk {
    return new CannotTalk('The acceptor does not answer', {
      code: 'acceptor-silent',
      found: `silence at address ${this.address}`,
      remedy: 'Check its power, its wires and its address.',
    });
  }
}
