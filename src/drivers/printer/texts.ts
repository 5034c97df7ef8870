import type { Language } from '../../domain/speech/language.ts';
import type { TicketLineName } from '../../domain/ticket.ts';
import { methodName } from '../display/method-name.ts';
import { en } from '../display/texts/en.ts';
import { id } from '../display/texts/id.ts';
import type { ScreenTexts } from '../display/texts/screen-texts.ts';
import { th } from '../display/texts/th.ts';
import { vi } from '../display/texts/vi.ts';
import { zh } from '../display/texts/zh.ts';

/** Every word of tilld's own on a ticket, in one language. A text that is missing is a type error. */
interface TicketTexts {
  readonly copy: string;
  readonly lines: Readonly<Record<TicketLineName, string>>;
}

export const TICKET_TEXTS: Readonly<Record<Language, TicketTexts>> = {
  th: {
    copy: 'สำเนา',
    lines: {
      time: 'วันที่และเวลา',
      'unsure-time': 'เวลา (นาฬิกายังไม่ได้ตั้ง)',
      item: 'รายการ',
      sale: 'เลขที่การขาย',
      transaction: 'เลขที่ธุรกรรม',
      method: 'ชำระด้วย',
      card: 'หมายเลขบัตร',
      due: 'ราคา',
      paid: 'ชำระแล้ว',
      'from-credit': 'ใช้เครดิต',
      credit: 'เครดิตคงเหลือ',
      refund: 'ต้องคืนเงิน',
    },
  },
  id: {
    copy: 'SALINAN',
    lines: {
      time: 'Tanggal dan jam',
      'unsure-time': 'Waktu (jam belum disetel)',
      item: 'Barang',
      sale: 'No. penjualan',
      transaction: 'No. transaksi',
      method: 'Cara bayar',
      card: 'Kartu',
      due: 'Harga',
      paid: 'Dibayar',
      'from-credit': 'Dari saldo',
      credit: 'Sisa saldo',
      refund: 'Harus dikembalikan',
    },
  },
  vi: {
    copy: 'BẢN SAO',
    lines: {
      time: 'Ngày giờ',
      'unsure-time': 'Thời gian (đồng hồ chưa chỉnh)',
      item: 'Mặt hàng',
      sale: 'Mã bán hàng',
      transaction: 'Mã giao dịch',
      method: 'Thanh toán bằng',
      card: 'Thẻ',
      due: 'Giá',
      paid: 'Đã thanh toán',
      'from-credit': 'Dùng số dư',
      credit: 'Số dư còn lại',
      refund: 'Phải hoàn lại',
    },
  },
  en: {
    copy: 'COPY',
    lines: {
      time: 'Date and time',
      'unsure-time': 'Time (clock not set)',
      item: 'Item',
      sale: 'Sale',
      transaction: 'Transaction',
      method: 'Paid by',
      card: 'Card',
      due: 'Price',
      paid: 'Paid',
      'from-credit': 'From credit',
      credit: 'Credit kept',
      refund: 'Refund owed',
    },
  },
  zh: {
    copy: '副本',
    lines: {
      time: '日期时间',
      'unsure-time': '时间（时钟未校准）',
      item: '项目',
      sale: '销售编号',
      transaction: '交易编号',
      method: '付款方式',
      card: '卡号',
      due: '价格',
      paid: '已付',
      'from-credit': '使用余额',
      credit: '剩余余额',
      refund: '应退款',
    },
  },
};

const SCREEN_TEXTS: Readonly<Record<Language, ScreenTexts>> = { th, id, vi, en, zh };

/** A way to pay as the screens call it: "Debit card" for DEBIT_CARD. */
export const methodText = (method: string, language: Language): string => methodName(method, SCREEN_TEXTS[language]).label;
