import { expect, test } from 'vitest';
import { readablePath } from './readable-path.ts';

test.each([
  ['/v1/sales/a%20b', '/v1/sales/a b'],
  ['/a+b', '/a b'],
  ['/%34%31', '/41'],
  ['/%zz4111', '[unreadable]'],
  ['/%ff', '[unreadable]'],
  ['', ''],
])('%s is %s', (path, readable) => expect(readablePath(path)).toBe(readable));
