import { VERSION } from '../../src/runtime/version.ts';
import { sbomOfCheckout } from '../deb/built-in.ts';
import { licencesBeside } from '../deb/executable.ts';
import { makeDeb } from '../deb/make-deb.ts';
import { makeExecutable } from '../executable/make-executable.ts';

/** Makes the package that goes into an image, from the executable on: packed quickly, because it is unpacked at once. @throws DeviceFault, ConfigurationFault */
export async function debForImage(out: string, builtAt: number, step: (what: string) => void): Promise<string> {
  const { file: executable } = await makeExecutable('linux-arm64', out, step);
  step('packing tilld');
  const sbom = await sbomOfCheckout(VERSION, builtAt);
  const licences = licencesBeside(executable);
  return (await makeDeb({ arch: 'arm64', compression: 'zstd', out, version: VERSION, builtAt, executable, licences, sbom })).file;
}
