import { expect, test } from 'vitest';
import { answerOf } from './answer.ts';

test.each<[boolean, string | null, string | null, string, string]>([
  // success, charge, status, message -> state
  [true, 'ch_1', null, 'Payment status retrieved successfully', 'paid'],
  [true, 'ch_1', 'paid', '', 'paid'],
  [true, 'ch_1', 'SUCCESSFUL', '', 'paid'],
  [true, 'ch_1', ' Succeeded ', '', 'paid'],
  [true, 'ch_1', 'pending', 'ok', 'unresolved'],
  [true, 'ch_1', 'authorised, maybe', 'ok', 'unresolved'],
  [true, 'ch_1', 'failed', 'ok', 'failed'],
  [true, 'ch_1', 'EXPIRED', 'ok', 'failed'],
  [false, 'ch_1', 'paid', '', 'unresolved'],
  [false, 'ch_1', 'failed', '', 'failed'],
  [false, 'ch_1', null, 'Insufficient funds', 'failed'],
  [false, 'ch_1', null, '', 'failed'],
  [false, 'ch_1', null, 'Payment not found', 'unresolved'],
  [false, null, null, 'Payment not found or failed', 'unresolved'],
  [false, null, null, 'Payment failed', 'unresolved'],
  [false, null, null, 'Bad Request', 'unresolved'],
])('success %j, charge %j, status %j, message %j: %s', (success, charge, status, message, state) => {
  expect(answerOf({ success, charge, status, message }).state).toBe(state);
});
