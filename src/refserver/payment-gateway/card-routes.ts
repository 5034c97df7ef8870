import { PeerFault } from '../../domain/fault.ts';
import { readCardNotice } from './card-callback.ts';
import type { CardDesk } from './card-desk.ts';
import { readCardRequest, readTransactionId } from './card-request.ts';
import { type Card, statusNumber } from './cards.ts';
import type { FeeBook } from './fee-book.ts';
import { invalidField, unavailable } from './rejection.ts';
import { formBody, jsonBody, type Route } from './routing.ts';

const ACCOUNT = /^[\w.@-]{1,64}$/;

/** TheSieuToc's part of the document (1). */
export function cardRoutes(desk: CardDesk, fees: FeeBook): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/thesieutoc',
      description: 'Gửi thẻ cào',
      auth: true,
      limit: 'write',
      handle: async (c, caller) => {
        const card = await desk.submit(readCardRequest(await jsonBody(c)), caller);
        return c.json({ success: true, message: SUBMITTED[card.status] ?? card.message, data: submitted(card) });
      },
    },
    {
      method: 'GET',
      path: '/api/thesieutoc/discount/:account?',
      description: 'Lấy bảng chiết khấu',
      auth: false,
      limit: 'read',
      handle: async (c) => {
        const account = c.req.param('account') ?? null;
        if (account !== null && !ACCOUNT.test(account)) {
          throw invalidField('account', account, '1-64 ký tự: chữ, số, _ . @ -', 'Tên tài khoản không hợp lệ.');
        }
        const table = await told(fees, account);
        return c.json({ success: true, data: table.fees, updated_at: new Date(table.atMs).toISOString() });
      },
    },
    {
      method: 'POST',
      path: '/api/thesieutoc/status',
      description: 'Kiểm tra trạng thái thẻ',
      auth: true,
      limit: 'write',
      handle: async (c) => c.json({ success: true, data: checked(await desk.check(readTransactionId(await jsonBody(c)))) }),
    },
    {
      method: 'POST',
      path: '/api/thesieutoc/callback',
      description: 'Webhook callback từ TheSieuToc',
      auth: false,
      limit: 'callback',
      handle: async (c) => {
        await desk.notice(readCardNotice(await formBody(c)));
        return c.json({ success: true, message: 'Callback processed successfully' });
      },
    },
  ];
}

const SUBMITTED: Readonly<Record<string, string>> = { PENDING: 'Gửi thẻ thành công', SUCCESS: 'Gửi thẻ thành công' };

const submitted = (card: Card) => ({
  transaction_id: card.id,
  status: statusNumber(card.status),
  status_text: card.status,
  card_type: card.type,
  amount: card.declaredAmount,
  created_at: new Date(card.createdAtMs).toISOString(),
});

const checked = (card: Card) => ({
  transaction_id: card.id,
  status: statusNumber(card.status),
  status_text: card.status,
  card_type: card.type,
  declared_amount: card.declaredAmount,
  actual_amount: card.actualAmount,
  received_amount: card.receivedAmount,
  fee_percent: card.feePercent,
  ...(card.status === 'WRONG_AMOUNT' ? { penalty_percent: card.penaltyPercent } : {}),
  message: card.status === 'PENDING' ? 'Thẻ đang được xử lý' : card.message,
  updated_at: new Date(card.updatedAtMs).toISOString(),
});

async function told(fees: FeeBook, account: string | null) {
  try {
    return await fees.read(account);
  } catch (error) {
    if (error instanceof PeerFault) throw unavailable('TheSieuToc');
    throw error;
  }
}
