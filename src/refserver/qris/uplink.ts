import { Fault, PeerFault } from '../../domain/fault.ts';
import {
  decodeCommandAck,
  decodeConfigAck,
  decodeHeartbeat,
  decodeQrRequest,
  downlinkTopic,
  encodeQrResponse,
  kindOfTopic,
  type QrRequest,
  type QrResponse,
} from '../../protocols/qris-soundbox/codec.ts';
import type { Announcer } from '../announcer.ts';
import type { Changes } from '../changes.ts';
import { offeredQr } from '../charge-qr.ts';
import { type BackendEntropy, type BackendLog, randomText } from '../environment.ts';
import type { FaultBoard } from '../faults.ts';
import { Refusal } from '../refusal.ts';
import type { QrisIssuer } from './issuer.ts';
import { qrisCode } from './merchant.ts';
import type { Reports } from './reports.ts';
import { BASE62, type Transaction, type Transactions } from './transactions.ts';

export interface UplinkSide {
  readonly transactions: Transactions;
  readonly issuer: QrisIssuer;
  readonly reports: Reports;
  readonly announcer: Announcer;
  readonly faults: FaultBoard;
  readonly changes: Changes;
  readonly entropy: BackendEntropy;
  readonly log: BackendLog;
}

/** Whether a client may publish here: a box only on its own uplink topics, and it is known by its client id. */
export function mayUplink(topic: string, clientId: string | undefined): boolean {
  const meaning = kindOfTopic(topic);
  return meaning !== null && meaning.direction === 'uplink' && meaning.deviceId === clientId;
}

/** Takes what boxes say on topics that `mayUplink`. What is not usable is logged and left; only what is a bug or a full disk is thrown. */
export async function takeUplink(side: UplinkSide, topic: string, payload: Uint8Array): Promise<void> {
  const meaning = kindOfTopic(topic);
  if (meaning === null || meaning.direction !== 'uplink') return;
  const { deviceId, kind } = meaning;
  try {
    switch (kind) {
      case 'heartbeat':
        side.reports.keepHeartbeat(own(deviceId, decodeHeartbeat(payload)));
        break;
      case 'config/ack':
        side.reports.keepAck({ kind: 'config', ...own(deviceId, decodeConfigAck(payload)) });
        break;
      case 'command/ack':
        side.reports.keepAck({ kind: 'command', ...own(deviceId, decodeCommandAck(payload)) });
        break;
      case 'dynamic-qr/request':
        await answer(side, own(deviceId, decodeQrRequest(payload)));
    }
    side.changes.tell('qris');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    side.log.warn('qris.uplink-refused', { device: deviceId, kind, reason: error.explain() });
  }
}

/** A message as it is, if it is of the box whose topic it came on. @throws PeerFault `device-mismatch` */
function own<T extends { readonly deviceId: string }>(deviceId: string, message: T): T {
  if (message.deviceId === deviceId) return message;
  throw new PeerFault('The message is about another box than its topic', { code: 'device-mismatch', found: message.deviceId });
}

async function answer(side: UplinkSide, request: QrRequest): Promise<void> {
  const response = respond(side, request);
  if (response === null) return;
  const topic = downlinkTopic(request.deviceId, 'dynamic-qr/response');
  await side.announcer.send(topic, encodeQrResponse(response), { retain: false, copies: 1 });
}

/** What the box is answered; null is nothing. */
function respond(side: UplinkSide, request: QrRequest): QrResponse | null {
  const { transactions, issuer, entropy } = side;
  const decision = issuer.next();
  const refused = { correlation: request.request, status: 'refused' } as const;
  if (decision?.outcome === 'error') return { ...refused, code: decision.code, reason: decision.message };
  let transaction: Transaction;
  try {
    transaction = transactions.open(request);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...refused, code: error.code, reason: error.explain() };
  }
  if (decision?.outcome === 'no-answer') return null;
  const correlation = decision?.outcome === 'wrong-correlation' ? `req_${randomText(entropy, BASE62, 20)}` : request.request;
  const { transactionId: charge, expiresAtMs } = transaction;
  const qr =
    decision?.outcome === 'wrong-amount' ? dearer(transaction) : offeredQr(transaction.qrPayload, () => dearer(transaction), side.faults);
  return { correlation, status: 'success', charge, qr, expiresAtMs };
}

const dearer = ({ transactionId, amountMinor }: Transaction): string => qrisCode(transactionId, amountMinor + 100);
