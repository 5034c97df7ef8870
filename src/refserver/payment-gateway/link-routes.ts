import { PeerFault } from '../../domain/fault.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { LinkDesk } from './link-desk.ts';
import { orderCodeInPath, readCheckout } from './link-request.ts';
import { keptStatus } from './link-status.ts';
import type { Order } from './links.ts';
import { Rejection } from './rejection.ts';
import { jsonBody, type Route } from './routing.ts';
import type { LinkNotice, LinkState, PayOsUpstream } from './upstreams.ts';

/** PayOS's part of the document (2). */
export function linkRoutes(desk: LinkDesk, upstream: PayOsUpstream): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/payos/checkout',
      description: 'Tạo link thanh toán',
      auth: true,
      limit: 'write',
      handle: async (c) => c.json({ success: true, data: offered(await desk.checkout(readCheckout(await jsonBody(c)))) }),
    },
    {
      method: 'GET',
      path: '/api/payos/payment-info/:orderCode',
      description: 'Lấy thông tin thanh toán từ PayOS',
      auth: true,
      limit: 'read',
      handle: async (c) => c.json({ success: true, data: informed(await desk.info(orderCodeInPath(c.req.param('orderCode') ?? ''))) }),
    },
    {
      method: 'GET',
      path: '/api/payos/orders/:orderCode',
      description: 'Tra cứu đơn hàng trong database',
      auth: true,
      limit: 'read',
      handle: (c) => c.json({ success: true, data: kept(desk.order(orderCodeInPath(c.req.param('orderCode') ?? ''))) }),
    },
    {
      method: 'POST',
      path: '/api/payos/callback',
      description: 'Webhook callback từ PayOS',
      auth: false,
      limit: 'callback',
      handle: async (c) => {
        desk.notice(readNotice(upstream, await jsonBody(c)));
        return c.json({ success: true, message: 'Webhook processed' });
      },
    },
  ];
}

/** An order that has a link, as document 2.1 shows it. */
function offered({ link, orderCode, amount, status, request, expiresAtMs }: Order) {
  return {
    bin: link?.bin,
    accountNumber: link?.accountNumber,
    accountName: link?.accountName,
    amount,
    // What the customer sees in the transfer; PayOS may put something of its own before it.
    description: link?.description ?? request.description,
    orderCode,
    currency: 'VND',
    paymentLinkId: link?.paymentLinkId,
    status,
    qrCode: link?.qrCode,
    checkoutUrl: link?.checkoutUrl,
    expiredAt: new Date(expiresAtMs).toISOString(),
  };
}

const informed = ({ orderCode, amount, amountPaid, amountRemaining, status, createdAtMs, transfers }: LinkState) => ({
  orderCode,
  amount,
  amountPaid,
  amountRemaining,
  status,
  createdAt: new Date(createdAtMs).toISOString(),
  transactions: transfers.map(({ atMs, reference, amount: moved, accountNumber, description }) => ({
    reference,
    amount: moved,
    accountNumber,
    description,
    transactionDateTime: new Date(atMs).toISOString(),
  })),
});

const kept = ({ seq, orderCode, amount, amountPaid, request, status, link, createdAtMs, updatedAtMs }: Order) => ({
  id: seq,
  orderCode,
  amount,
  amountPaid,
  description: request.description,
  status: keptStatus(status),
  checkoutUrl: link?.checkoutUrl ?? null,
  paymentLinkId: link?.paymentLinkId ?? null,
  createdAt: new Date(createdAtMs).toISOString(),
  updatedAt: new Date(updatedAtMs).toISOString(),
});

function readNotice(upstream: PayOsUpstream, body: JsonObject): LinkNotice {
  const notice = noticeIn(upstream, body);
  if (notice === null) throw new Rejection(400, 'Chữ ký webhook không hợp lệ.', { code: 'invalid-signature' });
  return notice;
}

function noticeIn(upstream: PayOsUpstream, body: JsonObject): LinkNotice | null {
  try {
    return upstream.readNotice(body);
  } catch (error) {
    if (error instanceof PeerFault) throw new Rejection(400, 'Webhook không đúng định dạng của PayOS.', { code: 'invalid-webhook' });
    throw error;
  }
}
