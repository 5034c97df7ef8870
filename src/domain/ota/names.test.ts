import { expect, test } from 'vitest';
import { coreName, packageStem, parseCoreName, parsePackageName } from './names.ts';

const codeOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'none';
};

test.each(['AP', 'CUST'] as const)('names of %s packages are read as they are written', (type) => {
  const version = { text: 'V1.2.3', code: 1_002_003 };
  expect(parseCoreName(coreName(type, 'V1.2.3'))).toEqual({ type, version });
  const name = `${packageStem(type, 'DS50-MQ', 'ACME-2', 'V1.2.3')}.zip`;
  expect(parsePackageName(name)).toEqual({ type, model: 'DS50-MQ', customer: 'ACME-2', version });
});

test('they are the names of the integration guide', () => {
  expect(coreName('AP', 'V1.0.0')).toBe('DS50_app_V1.0.0.img');
  expect(coreName('CUST', 'V1.0.0')).toBe('resource_V1.0.0.zip');
  expect(packageStem('AP', 'DS50-MQ', 'DSPREAD', 'V1.0.0')).toBe('AP_DS50-MQ_DSPREAD_V1.0.0');
  expect(packageStem('CUST', 'DS50-MQ', 'DSPREAD', 'V1.0.0')).toBe('CUST_DS50-MQ_DSPREAD_V1.0.0');
});

test.each([
  ['DS50_app.img', 'ota-core-name'],
  ['DS50_app_V1.0.img', 'ota-version'],
  ['DS50_app_1.0.0.img', 'ota-version'],
  ['ds50_app_V1.0.0.img', 'ota-core-name'],
  ['resource_V1.0.0.img', 'ota-core-name'],
  ['resource_V1.0.0.zip.zip', 'ota-version'],
  ['dir/resource_V1.0.0.zip', 'ota-core-name'],
])('the core name %s is refused: %s', (name, code) => {
  expect(codeOf(() => parseCoreName(name))).toBe(code);
});

test.each([
  ['CUST_DS50-MQ_ACME_V1.0.0', 'ota-name'],
  ['XX_DS50-MQ_ACME_V1.0.0.zip', 'ota-name'],
  ['CUST_DS50-MQ__V1.0.0.zip', 'ota-name'],
  ['CUST_DS50-MQ_A_B_V1.0.0.zip', 'ota-name'],
  [`CUST_DS50-MQ_${'A'.repeat(33)}_V1.0.0.zip`, 'ota-name'],
  ['CUST_DS50-MQ_../A_V1.0.0.zip', 'ota-name'],
  ['CUST_DS50-MQ_-A_V1.0.0.zip', 'ota-name'],
  ['CUST_DS50-MQ_ACME_V1.0.zip', 'ota-version'],
  ['', 'ota-name'],
])('the package name %j is refused: %s', (name, code) => {
  expect(codeOf(() => parsePackageName(name))).toBe(code);
});
