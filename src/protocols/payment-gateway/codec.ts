export { MAX_BODY_BYTES } from '../ds50/message.ts';
export {
  CARD_AMOUNTS,
  CARD_STATUS_PATH,
  CARD_TYPES,
  CARDS_PATH,
  type CardState,
  type CardSubmitRequest,
  decodeCardStatusReply,
  decodeCardStatusRequest,
  decodeCardSubmitReply,
  decodeCardSubmitRequest,
  encodeCardStatusReply,
  encodeCardStatusRequest,
  encodeCardSubmitReply,
  encodeCardSubmitRequest,
} from './cards.ts';
export { decodeErrorReply, type ErrorReply, encodeErrorReply } from './error-reply.ts';
export {
  CHECKOUT_PATH,
  type Checkout,
  type CheckoutRequest,
  decodeCheckoutReply,
  decodeCheckoutRequest,
  decodeOrderReply,
  decodePaymentInfoReply,
  encodeCheckoutReply,
  encodeCheckoutRequest,
  encodeOrderReply,
  encodePaymentInfoReply,
  type KeptOrder,
  MAX_DESCRIPTION,
  orderPath,
  type PaymentInfo,
  paymentInfoPath,
} from './orders.ts';
export { decodeLogsReply, decodeSearchReply, logsPath, searchPath } from './transactions.ts';
