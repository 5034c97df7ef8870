import type { JsonObject } from '../../../domain/json.ts';
import type { LinkTransfer, PaymentLink } from '../upstreams.ts';
import { SIMULATED_ACCOUNT, type SimulatedLink } from './links.ts';
import { dataSignature } from './signature.ts';
import { replyTime, webhookTime } from './time.ts';
import { PAYOS_CODES } from './wire.ts';

/** Who paid is nobody's business in a simulation. */
const NO_COUNTERPART = {
  virtualAccountName: null,
  virtualAccountNumber: null,
  counterAccountBankId: null,
  counterAccountBankName: null,
  counterAccountName: null,
  counterAccountNumber: null,
} as const;

/** An answer as PayOS gives it. */
export const signedAnswer = (data: JsonObject, checksumKey: string): JsonObject => ({
  code: PAYOS_CODES.done,
  desc: 'success',
  data,
  signature: dataSignature(data, checksumKey),
});

/** `data` of a link that was made. */
export const createdData = (link: PaymentLink, expiresAtMs: number): JsonObject => {
  const { bin, accountNumber, accountName, amount, description, orderCode, paymentLinkId, status, checkoutUrl, qrCode } = link;
  const expiredAt = Math.floor(expiresAtMs / 1000);
  return {
    bin,
    accountNumber,
    accountName,
    amount,
    description,
    orderCode,
    currency: 'VND',
    paymentLinkId,
    status,
    expiredAt,
    checkoutUrl,
    qrCode,
  };
};

/** `data` of a link that was asked for or cancelled. */
export const linkData = (link: SimulatedLink): JsonObject => ({
  id: link.paymentLinkId,
  orderCode: link.orderCode,
  amount: link.amount,
  amountPaid: link.amountPaid,
  amountRemaining: link.amountRemaining,
  status: link.status,
  createdAt: replyTime(link.createdAtMs),
  transactions: link.transfers.map(({ reference, amount, accountNumber, description, atMs }) => ({
    reference,
    amount,
    accountNumber,
    description,
    transactionDateTime: replyTime(atMs),
    ...NO_COUNTERPART,
  })),
  cancellationReason: link.cancellationReason,
  canceledAt: link.cancelledAtMs === null ? null : replyTime(link.cancelledAtMs),
});

/** A webhook about a transfer to a link. */
export function webhookBody(
  { orderCode, paymentLinkId }: Pick<SimulatedLink, 'orderCode' | 'paymentLinkId'>,
  transfer: LinkTransfer,
  checksumKey: string,
): JsonObject {
  const { amount, description, accountNumber, reference, atMs } = transfer;
  const data = {
    orderCode,
    amount,
    description,
    accountNumber,
    reference,
    transactionDateTime: webhookTime(atMs),
    currency: 'VND',
    paymentLinkId,
    code: PAYOS_CODES.done,
    desc: 'Thành công',
    ...NO_COUNTERPART,
  };
  return { ...signedAnswer(data, checksumKey), success: true };
}

/** The webhook an address is tried with: of an order nobody made, rightly signed. */
export const sampleWebhook = (checksumKey: string): JsonObject =>
  webhookBody(
    { orderCode: 123, paymentLinkId: '124c33293c43417ab7879e14c8d9eb18' },
    {
      reference: 'TF230204212323',
      amount: 3_000,
      accountNumber: SIMULATED_ACCOUNT.accountNumber,
      description: 'VQRIO123',
      atMs: Date.UTC(2023, 1, 4, 11, 25),
    },
    checksumKey,
  );
