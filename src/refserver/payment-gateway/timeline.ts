import type { DatabaseSync } from 'node:sqlite';
import { integerOf, textOf } from '../store.ts';

/** What can happen to a transaction (document 3.3), with the words for people. */
const WORDS = {
  CREATED: 'Giao dịch được tạo',
  SENT_TO_TST: 'Đã gửi thẻ lên TheSieuToc',
  SENT_TO_PAYOS: 'Đã tạo link thanh toán trên PayOS',
  SEND_FAILED: 'Chưa gửi được, hệ thống sẽ thử lại',
  REFUSED: 'Bị từ chối bởi hệ thống đối tác',
  CALLBACK_RECEIVED: 'Nhận callback từ TheSieuToc',
  CALLBACK_MISMATCH: 'Callback không khớp với TheSieuToc API, không áp dụng',
  WEBHOOK_RECEIVED: 'Nhận webhook từ PayOS',
  VERIFIED: 'Đã xác thực với TheSieuToc API',
  PROCESSING: 'Đang xử lý thanh toán',
  UNDERPAID: 'Đã nhận tiền nhưng chưa đủ',
  PAID_LATE: 'Thanh toán sau khi đơn hàng đã hết hạn hoặc bị hủy',
  CANCELLED: 'Đơn hàng đã bị hủy',
  EXPIRED: 'Đơn hàng đã hết hạn',
  COMPLETED: 'Giao dịch hoàn tất - Thành công',
  COMPLETED_WRONG_AMOUNT: 'Giao dịch hoàn tất - Sai mệnh giá',
  FAILED: 'Giao dịch thất bại',
  FOLLOW_UP_ENDED: 'Ngừng tự động kiểm tra',
} as const;

export type TimelineEntry = keyof typeof WORDS;

/** How often what a stranger can cause is written down. */
const MOST_ALIKE = 10;
const CAUSED_BY_OTHERS: ReadonlySet<TimelineEntry> = new Set(['CALLBACK_RECEIVED', 'CALLBACK_MISMATCH', 'WEBHOOK_RECEIVED']);

/** Writes down what happened to a transaction, in the transaction of the database that makes it so. */
export function writeTimeline(db: DatabaseSync, id: string, entries: readonly TimelineEntry[], nowMs: number): void {
  for (const entry of entries) {
    if (CAUSED_BY_OTHERS.has(entry) && timesWritten(db, id, entry) >= MOST_ALIKE) continue;
    db.prepare('INSERT INTO gateway_timeline (id, action, message, at_ms) VALUES (?, ?, ?, ?)').run(
      id,
      actionOf(entry),
      WORDS[entry],
      nowMs,
    );
  }
}

/** The life of a transaction as the document shows it, the oldest first. */
export function readTimeline(db: DatabaseSync, id: string) {
  const rows = db.prepare('SELECT action, message, at_ms FROM gateway_timeline WHERE id = ? ORDER BY seq').all(id);
  return rows.map((row) => ({
    action: textOf(row, 'action'),
    message: textOf(row, 'message'),
    timestamp: new Date(integerOf(row, 'at_ms')).toISOString(),
  }));
}

const actionOf = (entry: TimelineEntry): string => (entry === 'COMPLETED_WRONG_AMOUNT' ? 'COMPLETED' : entry);

function timesWritten(db: DatabaseSync, id: string, entry: TimelineEntry): number {
  const row = db.prepare('SELECT count(*) AS n FROM gateway_timeline WHERE id = ? AND action = ?').get(id, entry);
  return integerOf(row ?? {}, 'n');
}
