import type { MqttEndpoint, TlsSettings } from '../../net/endpoint.ts';
import type { Settings } from '../config.ts';

/** A way from the box to its backend, as the configuration has it. */
export interface Link {
  readonly code: 'broker' | 'backend' | 'tms';
  readonly title: string;
  readonly url: URL;
  /** Null where it goes in the clear. */
  readonly tls: (TlsSettings & { readonly insecure?: boolean }) | null;
  /** With the proofs of the box; null where it is no broker. */
  readonly mqtt: MqttEndpoint | null;
}

/**
 * The links of the configured dialect. Parameters that a resource package has brought to a ds50 box are not in it.
 * @throws ConfigurationFault where certificates and keys do not belong together
 */
export async function linksOf({ backend }: Pick<Settings, 'backend'>): Promise<Link[]> {
  switch (backend.protocol) {
    case 'promptpay':
      return [broker(backend.promptpay.mqtt), peer('backend', 'Backend', backend.promptpay.http)];
    case 'qris-soundbox':
      return [broker(backend.qrisSoundbox.mqtt)];
    case 'payment-gateway':
      return [peer('backend', 'Payment gateway', backend.paymentGateway.http)];
    case 'kiosk':
      // The handshake itself would take the place of the box; whether a server answers is asked for by HTTP.
      return [peer('backend', 'Backend', { ...backend.kiosk, url: backend.kiosk.url.replace(/^ws/, 'http') })];
    case 'ds50': {
      const { endpointsOf } = await import('../../protocols/ds50/credentials.ts');
      const { files, settings } = backend.ds50;
      const { mqtt, payment } = endpointsOf(files, settings.clientKey);
      return [broker(mqtt), peer('backend', 'Payment server', payment), ...(settings.tms ? [peer('tms', 'TMS', settings.tms)] : [])];
    }
  }
}

interface Peer extends TlsSettings {
  readonly url: string;
  readonly insecure?: boolean;
}

function broker(endpoint: MqttEndpoint): Link {
  const url = new URL(endpoint.url);
  return { code: 'broker', title: 'Broker', url, tls: url.protocol === 'mqtts:' ? endpoint : null, mqtt: endpoint };
}

function peer(code: 'backend' | 'tms', title: string, endpoint: Peer): Link {
  const url = new URL(endpoint.url);
  return { code, title, url, tls: url.protocol === 'https:' ? endpoint : null, mqtt: null };
}

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883, 'http:': 80, 'https:': 443 };

export const portOf = (url: URL): number => Number(url.port) || (PORTS[url.protocol] ?? 443);
export const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');
