import { ConfigurationFault } from '../domain/fault.ts';
import type { BackendFiles } from '../domain/posparam/posparam.ts';
import { readPosparam } from '../domain/posparam/read.ts';
import type { Updates } from '../ports/updates.ts';

/**
 * Parameters and certificates in force: those of the current resource package, else those of the configuration.
 * @throws ConfigurationFault `posparam-invalid` when the package's own cannot be used
 */
export async function backendFiles(updates: Pick<Updates, 'resource'>, configured: BackendFiles): Promise<BackendFiles> {
  const file = await updates.resource('cust/posparam.ini');
  if (!file) return configured;
  const reading = readPosparam(file);
  if (!reading.ok) {
    const [first] = reading.problems;
    throw new ConfigurationFault('The posparam.ini of the resource package cannot be used', {
      code: 'posparam-invalid',
      found: `${reading.problems.length} problems, the first at ${first?.path}: ${first?.found}`,
      ...(first ? { expected: first.expected } : {}),
      remedy: 'Check it with `tilld posparam check`, and make the package anew.',
    });
  }
  const pem = async (path: string) => {
    const bytes = await updates.resource(path);
    return bytes && new TextDecoder().decode(bytes);
  };
  const ca = (await pem('key/ca.pem')) ?? configured.ca;
  const clientCertificate = (await pem('key/client.pem')) ?? configured.clientCertificate;
  return { posparam: reading.posparam, ca, clientCertificate };
}
