import type { SignerSettings } from '../protocols/promptpay/settings.ts';
import { createVerifier, type SignedRequest, signatureHeader, type Verdict, type Verifier } from '../protocols/promptpay/signing.ts';
import type { BackendClock } from './environment.ts';

/**
 * What the reference backend accepts unless told otherwise: every profile. The secrets are published here on purpose;
 * they protect nothing and are only good for trying a profile out.
 */
export const REFERENCE_SIGNERS: readonly SignerSettings[] = [
  { profile: 'crc32' },
  { profile: 'mac-sha256' },
  { profile: 'shared-secret-sha256', secret: 'tilld-reference-secret' },
  { profile: 'hmac-sha256', keyId: 'reference', key: 'tilld-reference-device-key' },
];

/** Reads one header of the request, by its lowercase name. */
export type HeaderOf = (name: string) => string | undefined;

type RefusalCode = Exclude<Verdict, { ok: true }>['code'];

export type SignatureCheck =
  /** `namesDevice` is false for a secret that all boxes share: it says that a box signed, not which one. */
  { readonly ok: true; readonly namesDevice: boolean } | { readonly ok: false; readonly code: RefusalCode };

/** From the least to the most telling: the answer that says most wins when several profiles are tried. */
const TELLING: readonly RefusalCode[] = [
  'signature-missing',
  'signature-wrong',
  'signature-malformed',
  'signature-stale',
  'signature-replayed',
];

/** Checks requests against every accepted profile whose header they carry. Replays are remembered until a restart. */
export class Signatures {
  readonly #signers: readonly SignerSettings[];
  readonly #verifier: Verifier;

  constructor(signers: readonly SignerSettings[], clock: BackendClock) {
    this.#signers = signers;
    this.#verifier = createVerifier(() => clock.wallMs());
  }

  check(mac: string, request: SignedRequest, header: HeaderOf): SignatureCheck {
    let code: RefusalCode = 'signature-missing';
    for (const signer of this.#signers) {
      const verdict = this.#verifier.verify(signer, mac, request, header(signatureHeader(signer)));
      if (verdict.ok) return { ok: true, namesDevice: signer.profile !== 'shared-secret-sha256' };
      if (TELLING.indexOf(verdict.code) > TELLING.indexOf(code)) code = verdict.code;
    }
    return { ok: false, code };
  }
}
