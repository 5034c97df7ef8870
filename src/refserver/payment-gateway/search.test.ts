import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_CARD, EXAMPLE_CHECKOUT, type TestGateway, testGateway } from '../../testkit/payment-gateway.ts';

let box: TestGateway;
/** In the order they were made, an hour apart: two cards, two links, a third card. */
let ids: string[];

beforeEach(async () => {
  box = testGateway();
  ids = [];
  const card = async (more: object) => {
    ids.push((await box.post('/api/thesieutoc', { ...EXAMPLE_CARD, ...more })).body.data.transaction_id);
    box.clock.stepWall(3_600_000);
  };
  const link = async (orderCode: number) => {
    ids.push(`PAYOS_${(await box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, orderCode })).body.data.orderCode}`);
    box.clock.stepWall(3_600_000);
  };
  box.thesieutoc.at = { status: 1, actualAmount: 50_000, receivedAmount: 43_750, message: '' };
  await card({});
  box.thesieutoc.at = { status: 2, actualAmount: null, receivedAmount: 0, message: '' };
  await card({ serial: '1000ABCD5678', username: 'Đại lý 2' });
  await link(1);
  await link(2);
  await box.transfer({ orderCode: 2, amount: 1_000 });
  box.thesieutoc.at = { status: 3, actualAmount: 10_000, receivedAmount: 4_375, message: '' };
  await card({ serial: '777712345678', pin: 'ABCDEF123456' });
});
afterEach(() => box.stop());

const found = async (query: Readonly<Record<string, string>>) => {
  const { data } = (await box.get(`/api/transaction/search?${new URLSearchParams(query)}`)).body;
  expect(data.count).toBe(data.transactions.length);
  return data.transactions.map(({ id }: { id: string }) => ids.indexOf(id));
};

describe('a search', () => {
  test.each([
    [{}, [4, 3, 2, 1, 0]],
    [{ serial: '1000' }, [1, 0]],
    [{ serial: '1000a' }, [1]],
    [{ serial: '10001' }, [0]],
    [{ serial: '100012345678' }, [0]],
    [{ serial: '5678' }, []],
    [{ serial: '1000123456789' }, []],
    [{ pin: '1234567890123' }, [1, 0]],
    [{ pin: 'abcdef123456' }, [4]],
    [{ pin: '1234567890' }, []],
    [{ username: 'Đại lý 2' }, [1]],
    [{ username: 'user' }, []],
    [{ trans_id: 'PAYOS_1' }, [2]],
    [{ trans_id: 'PAYOS_' }, []],
    [{ status: '0' }, [2]],
    [{ status: '1' }, [0]],
    [{ status: '2' }, [1]],
    [{ status: '3' }, [4, 3]],
    [{ status: '3', serial: '7777' }, [4]],
    [{ status: '1', serial: '7777' }, []],
    [{ from_date: '2026-02-01T16:00:00Z' }, [4, 3, 2, 1]],
    [{ from_date: '2026-02-01T16:00:00.001Z' }, [4, 3, 2]],
    [{ from_date: '2026-02-01T23:00:00+07:00' }, [4, 3, 2, 1]],
    [{ to_date: '2026-02-01T16:00:00.000Z' }, [1, 0]],
    [{ to_date: '2026-02-01T15:59' }, [0]],
    [{ to_date: '2026-01-31' }, []],
    [{ from_date: '2026-02-01', to_date: '2026-02-01' }, [4, 3, 2, 1, 0]],
    [{ from_date: '2026-02-02' }, []],
  ])('for %j', async (query, expected) => {
    expect(await found(query as Record<string, string>)).toEqual(expected);
  });

  test('gives the latest hundred, and says how many there are', async () => {
    for (let i = 0; i < 120; i++) await box.post('/api/payos/checkout', { ...EXAMPLE_CHECKOUT, orderCode: 1_000 + i });
    const { data } = (await box.get('/api/transaction/search')).body;
    expect([data.transactions.length, data.count, data.transactions[0].id]).toEqual([100, 125, 'PAYOS_1119']);
  });
});

describe('the history', () => {
  const page = async (query: string) => (await box.get(`/api/transaction/history?${query}`)).body.data;

  test.each([
    ['', [4, 3, 2, 1, 0], 5, false],
    ['limit=2', [4, 3], 5, true],
    ['limit=2&offset=2', [2, 1], 5, true],
    ['limit=2&offset=4', [0], 5, false],
    ['offset=9', [], 5, false],
    ['type=card', [4, 1, 0], 3, false],
    ['type=payos&limit=1', [3], 2, true],
    ['type=all&limit=100', [4, 3, 2, 1, 0], 5, false],
  ])('%s', async (query, expected, total, hasMore) => {
    const { transactions, pagination } = await page(query);
    expect(transactions.map(({ id }: { id: string }) => ids.indexOf(id))).toEqual(expected);
    expect(pagination).toMatchObject({ total, hasMore });
  });

  test('words every status', async () => {
    const { transactions } = await page('');
    expect(transactions.map(({ status, status_text }: Record<string, string>) => [status, status_text])).toEqual([
      ['WRONG_AMOUNT', 'Sai mệnh giá'],
      ['UNDERPAID', 'Thanh toán thiếu'],
      ['PENDING', 'Đang xử lý'],
      ['FAILED', 'Thất bại'],
      ['SUCCESS', 'Thành công'],
    ]);
  });
});
