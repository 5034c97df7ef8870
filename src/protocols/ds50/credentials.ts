import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { ConfigurationFault } from '../../domain/fault.ts';
import type { BackendFiles } from '../../domain/posparam/posparam.ts';
import type { HttpEndpoint, MqttEndpoint } from '../../net/endpoint.ts';

interface Endpoints {
  readonly mqtt: MqttEndpoint;
  readonly payment: HttpEndpoint;
}

/**
 * Where the links of these files lead, with what proves the box and its peers to each other.
 * @throws ConfigurationFault `ca-invalid`, `client-certificate-missing`, `client-certificate-invalid`,
 * `client-key-missing`, `client-key-invalid`, `client-key-mismatch`
 */
export function endpointsOf(files: BackendFiles, clientKey: string | undefined): Endpoints {
  const { mqtt, payment } = files.posparam;
  if (files.ca !== null) certificate(files.ca, 'ca-invalid', 'key/ca.pem');
  const trust = files.ca === null ? {} : { ca: files.ca };
  const proof =
    mqtt.auth.kind === 'password'
      ? { username: mqtt.auth.username, password: mqtt.auth.password }
      : clientProof(files.clientCertificate, clientKey);
  return {
    mqtt: { url: mqtt.url, ...trust, ...proof },
    payment: { url: payment.url, ...trust, insecure: !payment.verifyTls },
  };
}

function clientProof(cert: string | null, key: string | undefined): { readonly cert: string; readonly key: string } {
  if (cert === null) {
    throw refused(
      'client-certificate-missing',
      'There is no client certificate for the broker',
      'Put key/client.pem into the resource package, or set mqtt_auth_cert to 0.',
    );
  }
  if (key === undefined) {
    throw refused(
      'client-key-missing',
      'There is no private key for the client certificate',
      "Set the path of the box's own key in its configuration; it never travels in a package.",
    );
  }
  const leaf = certificate(cert, 'client-certificate-invalid', 'key/client.pem');
  if (!leaf.checkPrivateKey(privateKey(key))) {
    throw refused(
      'client-key-mismatch',
      'The private key of the box is not the one key/client.pem was made for',
      'Have a certificate made for the key of this box.',
    );
  }
  return { cert, key };
}

function certificate(pem: string, code: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw refused(code, `${file} is not a certificate`, 'Put a certificate in PEM form there.', cause);
  }
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw refused('client-key-invalid', 'The private key of the box cannot be read', 'Use a PEM file without a passphrase.', cause);
  }
}

const refused = (code: string, message: string, remedy: string, cause?: unknown): ConfigurationFault =>
  new ConfigurationFault(message, { code, remedy, cause });
