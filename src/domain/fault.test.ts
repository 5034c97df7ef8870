import { expect, test } from 'vitest';
import { CallerFault } from './fault.ts';

test('what a fault says of what it found holds no card data, wherever it is shown', () => {
  const fault = new CallerFault('No option --4111111111111111', {
    code: 'usage',
    found: '"4111 1111 1111 1111" and PIN 1234',
    expected: 'none',
  });
  expect(fault.explain()).toBe('No option --411111******1111; found "411111******1111" and PIN [hidden]; expected none');
  expect(`${fault.stack} ${JSON.stringify(fault)}`.replaceAll(' ', '')).not.toMatch(/\d{11}|1234/);
});
