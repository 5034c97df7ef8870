import type { PackageOffer, UpdateStatusName } from '../domain/ota/update.ts';
import { decodeInstruction, decodeStatusReply, encodeStatusReport, STATUS_PATH } from '../protocols/ds50/tms.ts';
import { REFERENCE_DS50 } from '../refserver/ds50/api-key.ts';
import { listenTo } from './promptpay-box.ts';

/** A bare DS50 as its TMS sees it: hears instructions, downloads in parts, reports what the test says. */
export interface TmsDevice {
  readonly sn: string;
  /** The next instruction, waiting for it if need be. */
  offer(): Promise<PackageOffer>;
  /** The next message as it is, whatever it is. */
  message(): Promise<string>;
  /** The whole package, in parts of at most `partBytes`. */
  download(offer: PackageOffer, partBytes?: number): Promise<Uint8Array>;
  /** Sends one report under an id of its own, or under `id`; resolves to how many the TMS says it has. */
  report(deployment: string, status: UpdateStatusName, more?: { progress?: number; reason?: string; id?: string }): Promise<number>;
  stop(): Promise<void>;
}

/** Connects and listens at its topic. */
export async function tmsDevice(
  { httpUrl, mqttUrl }: { readonly httpUrl: string; readonly mqttUrl: string },
  sn: string,
  nowMs: () => number = Date.now,
): Promise<TmsDevice> {
  const listener = await listenTo(mqttUrl, `${REFERENCE_DS50.topicPrefix}/${sn}`);
  const key = { 'x-api-key': REFERENCE_DS50.apiKey };
  let reports = 0;
  return {
    sn,
    offer: async () => decodeInstruction(new TextEncoder().encode((await listener.next()).text)),
    message: async () => (await listener.next()).text,
    download: async ({ path, size }, partBytes = 1 << 20) => {
      const bytes = new Uint8Array(size);
      for (let at = 0; at < size; ) {
        const range = `bytes=${at}-${Math.min(at + partBytes, size) - 1}`;
        const response = await fetch(httpUrl + path, { headers: { ...key, range } });
        if (response.status !== 206) throw new RangeError(`status ${response.status}: ${await response.text()}`);
        const part = new Uint8Array(await response.arrayBuffer());
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
    report: async (deployment, status, { progress = 0, reason = '', id = `${sn}-${++reports}` } = {}) => {
      const body = encodeStatusReport({ deviceSn: sn, reports: [{ id, deployment, status, progress, reason, atMs: nowMs() }] });
      const headers = { ...key, 'content-type': 'application/json' };
      const response = await fetch(httpUrl + STATUS_PATH, { method: 'POST', headers, body: body as Uint8Array<ArrayBuffer> });
      return decodeStatusReply(new Uint8Array(await response.arrayBuffer()));
    },
    stop: () => listener.stop(),
  };
}
