import { describe, expect, it } from 'vitest';
import {
  flat,
  API_KEY as KEY,
  MQTT,
  nested,
  notices,
  PAYMENT,
  problems,
  readJson as read,
  readText,
  PASSWORD as SECRET,
} from '../../testkit/posparam.ts';
import { POSPARAM_MAX_BYTES } from './file.ts';
import { readPosparam } from './read.ts';

const GOOD = {
  mqtt: {
    url: 'mqtts://mqtt.example.com:8883',
    auth: { kind: 'password', username: 'box', password: SECRET },
    topicPrefixes: ['pos/message'],
  },
  payment: {
    url: 'https://pay.example.com:443',
    verifyTls: true,
    apiKey: KEY,
    apiKeyExpiry: '20261231',
    salePath: '/functions/v1/request-online-result-pos',
    detailsPath: '/functions/v1/get-transaction-records-pos',
  },
};

const utf8 = new TextEncoder();

describe('what is in order', () => {
  it('reads the nested form', () => {
    expect(nested({})).toEqual({ ok: true, form: 'nested', posparam: GOOD, notices: [] });
  });

  it('reads the flat form, its numbers as texts or not', () => {
    const reading = { ok: true, form: 'flat', posparam: GOOD, notices: [] };
    expect(flat({})).toEqual(reading);
    expect(flat({ mqtt_auth_cert: 0, pgw_ssl_cert: 1 })).toEqual(reading);
  });

  it('takes a byte order mark and the line ends of another system', () => {
    expect(readText(`\u{feff}${JSON.stringify({ mqtt: MQTT, payment: PAYMENT }, null, 2).replaceAll('\n', '\r\n')}`).ok).toBe(true);
  });

  it('takes a certificate instead of a password', () => {
    const reading = nested({ mqtt_auth_cert: 1, mqtt_username: '', mqtt_password: undefined });
    expect(reading).toMatchObject({ ok: true, posparam: { mqtt: { auth: { kind: 'certificate' } } }, notices: [] });
  });

  it.each([
    [{ mqtt_topic_command: 'a', mqtt_topic_response: 'b', mqtt_topic_voice: 'c' }, ['a', 'b', 'c']],
    [{ mqtt_topic_command: 'a', mqtt_topic_response: 'a/', mqtt_topic_voice: '' }, ['a']],
    [{ mqtt_topic_command: undefined, mqtt_topic: 'pos' }, ['pos']],
    [{ mqtt_topic_command: 'a', mqtt_topic: 'pos' }, ['pos', 'a']],
  ])('listens to every topic of the flat form once: %j', (topics, expected) => {
    expect(flat(topics)).toMatchObject({ ok: true, posparam: { mqtt: { topicPrefixes: expected } } });
  });

  it.each([
    ['mqtt.example.com', 'mqtts://mqtt.example.com:8883'],
    ['mqtt.example.com/', 'mqtts://mqtt.example.com:8883'],
    ['MQTT.Example.com:8883', 'mqtts://mqtt.example.com:8883'],
    ['mqtts://broker', 'mqtts://broker:8883'],
    ['ssl://broker', 'mqtts://broker:8883'],
    ['TLS://broker', 'mqtts://broker:8883'],
    ['mqtt://broker', 'mqtt://broker:8883'],
    ['tcp://broker:8883', 'mqtt://broker:8883'],
    ['192.168.0.7', 'mqtts://192.168.0.7:8883'],
    ['[2001:DB8::0:1]', 'mqtts://[2001:db8::1]:8883'],
    ['mqtts://[::1]:8883', 'mqtts://[::1]:8883'],
  ])('broker %s is %s', (mqtt_endpoint, url) => expect(nested({ mqtt_endpoint })).toMatchObject({ ok: true, posparam: { mqtt: { url } } }));

  it.each([
    ['pay.example.com', 'https://pay.example.com:443'],
    ['https://pay.example.com/', 'https://pay.example.com:443'],
    ['https://pay.example.com:443/v1/pos/', 'https://pay.example.com:443/v1/pos'],
    ['http://10.0.0.1', 'http://10.0.0.1:443'],
    ['[::1]/api', 'https://[::1]:443/api'],
  ])('payment server %s is %s', (pgw_endpoint, url) =>
    expect(nested({}, { pgw_endpoint })).toMatchObject({ ok: true, posparam: { payment: { url } } }),
  );
});

describe('notices', () => {
  it.each([
    ['a plain broker', nested({ mqtt_endpoint: 'mqtt://broker' }), 'mqtt.mqtt_endpoint', 'a connection without TLS'],
    ['a plain payment server', nested({}, { pgw_endpoint: 'http://pay' }), 'payment.pgw_endpoint', 'a connection without TLS'],
    ['no verification', nested({}, { pgw_ssl_cert: 0 }), 'payment.pgw_ssl_cert', '0'],
    ['a slash behind a topic', nested({ mqtt_topic: 'pos/message/' }), 'mqtt.mqtt_topic', 'a slash at the end'],
    ['an empty level', flat({ mqtt_topic_command: '/pos' }), 'mqtt_topic_command', 'an empty level'],
    ['an unused password', nested({ mqtt_auth_cert: 1, mqtt_username: '' }), 'mqtt.mqtt_password', 'a text that is not used'],
    ['a key of the vendor', flat({ volume: '5' }), 'volume', 'an unknown key'],
    ['a key outside', read({ mqtt: MQTT, payment: PAYMENT, volume: 5 }), 'volume', 'an unknown key'],
    ['a key in a section', nested({ keepalive: 60 }), 'mqtt.keepalive', 'an unknown key'],
  ])('%s', (_, reading, path, found) => expect(notices(reading)).toEqual([{ path, found, expected: expect.any(String) }]));

  it('are not endless, and steer no terminal', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`\u{9b}31m${i}`, '']));
    const told = notices(nested(many));
    expect(told).toHaveLength(21);
    expect(told[0]?.path).toBe('mqtt.\u{fffd}31m0');
    expect(told.at(-1)?.found).toBe('80 more unknown keys');
  });
});

describe('one thing wrong is one problem at its path', () => {
  const NUMBER = '0 or 1, a number without quotes';
  const PORT = 'a text from "1" to "65535", in quotes and without leading zeros';
  it.each<[object, string, string, string]>([
    [{ mqtt_endpoint: undefined }, 'mqtt_endpoint', 'nothing', 'a host name, an IPv4'],
    [{ mqtt_endpoint: '' }, 'mqtt_endpoint', 'an empty text', 'a host name'],
    [{ mqtt_endpoint: null }, 'mqtt_endpoint', 'null', 'a host name'],
    [{ mqtt_endpoint: ['a'] }, 'mqtt_endpoint', 'a list', 'a host name'],
    [{ mqtt_endpoint: 'https://a' }, 'mqtt_endpoint', '"https://a"', 'mqtts://'],
    [{ mqtt_endpoint: 'wss://a' }, 'mqtt_endpoint', '"wss://a"', 'mqtts://'],
    [{ mqtt_endpoint: 'a b' }, 'mqtt_endpoint', '"a b"', 'a host name'],
    [{ mqtt_endpoint: '-a.b' }, 'mqtt_endpoint', '"-a.b"', 'a host name'],
    [{ mqtt_endpoint: 'a..b' }, 'mqtt_endpoint', '"a..b"', 'a host name'],
    [{ mqtt_endpoint: 'a/topic' }, 'mqtt_endpoint', '"a/topic"', 'without user, path and query'],
    [{ mqtt_endpoint: '4111111111111111.example.com' }, 'mqtt_endpoint', '"411111******1111.example.com"', 'a host name'],
    [{ mqtt_endpoint: 4111111111111111 }, 'mqtt_endpoint', 'the number 411111******1111', 'a host name'],
    [{ mqtt_topic: 'pos/4111-1111-1111-1111' }, 'mqtt_topic', '"pos/411111******1111"', 'a topic prefix'],
    [{ mqtt_endpoint: '256.1.1.1' }, 'mqtt_endpoint', '"256.1.1.1"', 'an IPv4'],
    [{ mqtt_endpoint: '010.1.1.1' }, 'mqtt_endpoint', '"010.1.1.1"', 'an IPv4'],
    [{ mqtt_endpoint: '0x7f' }, 'mqtt_endpoint', '"0x7f"', 'an IPv4'],
    [{ mqtt_endpoint: '2001:db8::1' }, 'mqtt_endpoint', '"2001:db8::1"', '[IPv6]'],
    [{ mqtt_endpoint: '[1::2::3]' }, 'mqtt_endpoint', '"[1::2::3]"', '[IPv6]'],
    [{ mqtt_endpoint: 'a:0' }, 'mqtt_endpoint', '"a:0"', 'a host name'],
    [{ mqtt_endpoint: 'a:1883' }, 'mqtt_endpoint', 'port 1883', 'no port in it, or 8883 as mqtt_port says'],
    [{ mqtt_endpoint: `mqtts://box:${SECRET}@a` }, 'mqtt_endpoint', 'a text of 35 characters with "@" in it', 'without user'],
    [{ mqtt_endpoint: 'x'.repeat(600) }, 'mqtt_endpoint', 'a text of 600 characters', 'a host name'],
    [{ mqtt_port: 8883 }, 'mqtt_port', 'the number 8883', PORT],
    [{ mqtt_port: '08883' }, 'mqtt_port', '"08883"', PORT],
    [{ mqtt_port: '0' }, 'mqtt_port', '"0"', PORT],
    [{ mqtt_port: '65536' }, 'mqtt_port', '"65536"', PORT],
    [{ mqtt_port: '' }, 'mqtt_port', 'an empty text', PORT],
    [{ mqtt_port: '\u{660}' }, 'mqtt_port', '"\u{660}"', PORT],
    [{ mqtt_auth_cert: '0' }, 'mqtt_auth_cert', '"0"', NUMBER],
    [{ mqtt_auth_cert: 2 }, 'mqtt_auth_cert', 'the number 2', NUMBER],
    [{ mqtt_auth_cert: false }, 'mqtt_auth_cert', 'false', NUMBER],
    [{ mqtt_auth_cert: undefined }, 'mqtt_auth_cert', 'nothing', NUMBER],
    [{ mqtt_username: '' }, 'mqtt_username', 'an empty text', 'because mqtt_auth_cert is 0'],
    [{ mqtt_username: undefined }, 'mqtt_username', 'nothing', 'because mqtt_auth_cert is 0'],
    [{ mqtt_username: 'a\u{0}b' }, 'mqtt_username', '"a\u{fffd}b"', 'without control characters'],
    [{ mqtt_password: '' }, 'mqtt_password', 'an empty text', 'because mqtt_auth_cert is 0'],
    [{ mqtt_password: 12345678 }, 'mqtt_password', 'a number', 'a text of 1 to 1024 characters'],
    [{ mqtt_password: `${SECRET}\n` }, 'mqtt_password', 'a text of 22 characters', 'without control characters'],
    [{ mqtt_auth_cert: 1, mqtt_username: 7, mqtt_password: undefined }, 'mqtt_username', 'the number 7', 'a text of 1 to 256'],
    [{ mqtt_auth_cert: 1, mqtt_endpoint: 'mqtt://a' }, 'mqtt_endpoint', 'a connection without TLS', 'because mqtt_auth_cert is 1'],
    [{ mqtt_topic: '' }, 'mqtt_topic', 'an empty text', 'a topic prefix'],
    [{ mqtt_topic: '/' }, 'mqtt_topic', '"/"', 'a topic prefix'],
    [{ mqtt_topic: 'pos//' }, 'mqtt_topic', '"pos//"', '"//" at its ends'],
    [{ mqtt_topic: 'pos/+' }, 'mqtt_topic', '"pos/+"', 'without +'],
    [{ mqtt_topic: 'pos/#' }, 'mqtt_topic', 'a text of 5 characters with "#" in it', 'without +'],
    [{ mqtt_topic: 'pos\u{0}' }, 'mqtt_topic', '"pos\u{fffd}"', 'a topic prefix'],
    [{ mqtt_topic: '\u{d800}' }, 'mqtt_topic', '"\u{fffd}"', 'a topic prefix'],
    [{ mqtt_topic: '$SYS/x' }, 'mqtt_topic', '"$SYS/x"', '$ at its beginning'],
    [{ mqtt_topic: ' pos' }, 'mqtt_topic', '" pos"', 'blanks'],
    [{ mqtt_topic: 'é'.repeat(68) }, 'mqtt_topic', 'a text of 68 characters', '1 to 135 bytes'],
  ])('mqtt %j', (mqtt, key, found, expected) => {
    expect(problems(nested(mqtt))).toEqual([{ path: `mqtt.${key}`, found, expected: expect.stringContaining(expected) }]);
  });

  it.each<[object, string, string, string]>([
    [{ pgw_endpoint: 'mqtts://a' }, 'pgw_endpoint', '"mqtts://a"', 'https://'],
    [{ pgw_endpoint: 'https://a/b?key=1' }, 'pgw_endpoint', 'a text of 17 characters with "?" in it', 'without user and query'],
    [{ pgw_endpoint: 'https://a/b/../c' }, 'pgw_endpoint', '"https://a/b/../c"', 'https://'],
    [{ pgw_endpoint: 'https://a//' }, 'pgw_endpoint', '"https://a//"', 'https://'],
    [{ pgw_endpoint: 'http://a:80' }, 'pgw_endpoint', 'port 80', 'no port in it, or 443 as pgw_port says'],
    [{ pgw_port: 443 }, 'pgw_port', 'the number 443', 'in quotes'],
    [{ pgw_auth_type: 'API_KEY' }, 'pgw_auth_type', '"API_KEY"', '"api_key"'],
    [{ pgw_auth_type: KEY }, 'pgw_auth_type', 'a text of 24 characters', '"api_key"'],
    [{ pgw_ssl_cert: true }, 'pgw_ssl_cert', 'true', '0 or 1'],
    [{ pgw_api_key: 'short' }, 'pgw_api_key', 'a text of 5 characters', '8 to 256'],
    [{ pgw_api_key: `${KEY} ` }, 'pgw_api_key', 'a text of 25 characters', 'visible ASCII'],
    [{ pgw_api_key: 'k'.repeat(257) }, 'pgw_api_key', 'a text of 257 characters', '8 to 256'],
    [{ pgw_api_key_expiry: '20260229' }, 'pgw_api_key_expiry', '"20260229"', 'a day of the calendar'],
    [{ pgw_api_key_expiry: '2026-12-31' }, 'pgw_api_key_expiry', '"2026-12-31"', 'YYYYMMDD'],
    [{ pgw_api_key_expiry: 20261231 }, 'pgw_api_key_expiry', 'the number 20261231', 'YYYYMMDD'],
    [{ pgw_api_sale: 'functions/v1' }, 'pgw_api_sale', '"functions/v1"', 'begins with /'],
    [{ pgw_api_sale: '//evil.example/x' }, 'pgw_api_sale', '"//evil.example/x"', 'without "//"'],
    [{ pgw_api_sale: '/a/../b' }, 'pgw_api_sale', '"/a/../b"', '".."'],
    [{ pgw_api_sale: '/a/%2e%2e/b' }, 'pgw_api_sale', '"/a/%2e%2e/b"', '".."'],
    [{ pgw_api_sale: '/a\r\nx' }, 'pgw_api_sale', '"/a\u{fffd}\u{fffd}x"', 'begins with /'],
    [{ pgw_api_details: '/a?key=s3cret' }, 'pgw_api_details', 'a text of 13 characters with "?" in it', '"?"'],
    [{ pgw_api_details: `/${'a'.repeat(200)}` }, 'pgw_api_details', 'a text of 201 characters', '200 characters'],
  ])('payment %j', (payment, key, found, expected) => {
    expect(problems(nested({}, payment))).toEqual([{ path: `payment.${key}`, found, expected: expect.stringContaining(expected) }]);
  });

  it.each<[object, string, string, string]>([
    [{ mqtt_auth_cert: '2' }, 'mqtt_auth_cert', '"2"', '0 or 1'],
    [{ mqtt_topic_command: undefined }, 'mqtt_topic_command', 'nothing', 'a topic prefix'],
    [{ mqtt_topic_voice: '#' }, 'mqtt_topic_voice', 'a text of 1 character with "#" in it', 'a topic prefix'],
    [{ mqtt_topic: 'd', mqtt_topic_response: 'b', mqtt_topic_voice: 'c' }, 'mqtt_topic', '4 topics in all', 'at most 3'],
    [{ mqtt_username: '4111111111111111\n' }, 'mqtt_username', '"411111******1111\u{fffd}"', 'a text'],
  ])('flat %j', (fields, path, found, expected) => {
    expect(problems(flat(fields))).toEqual([{ path, found, expected: expect.stringContaining(expected) }]);
  });

  it.each<[string | Uint8Array, string, string]>([
    ['', 'something else at line 1 column 1', 'a value'],
    ['{\r\n  "mqtt": {},\r\n}', 'something else at line 3 column 1', 'a quoted text'],
    ['{} x', 'something else at line 1 column 4', 'the end of the message'],
    ['[]', 'a list of 0', 'an object'],
    ['"x"', 'a text of 1 characters', 'an object'],
    ['{"mqtt":1,"mqtt":2}', 'the key "mqtt" twice', 'every key of the integration guide once'],
    ['{"__proto__":{}}', 'the key "__proto__"', 'every key of the integration guide once'],
    ['{"a":1e999}', 'a number that is too large', 'numbers that are 0 or 1'],
    [`${'['.repeat(99)}${']'.repeat(99)}`, 'values nested too deeply', 'at most 16 levels'],
    [Uint8Array.of(0xff, 0xfe, 0x7b, 0), 'a text that is not UTF-8', 'a text in UTF-8'],
    [' '.repeat(POSPARAM_MAX_BYTES + 1), 'more than 65536 bytes', 'at most 65536 bytes'],
  ])('the text %j', (text, found, expected) => {
    const bytes = typeof text === 'string' ? utf8.encode(text) : text;
    expect(readPosparam(bytes)).toEqual({ ok: false, problems: [{ path: '', found, expected }] });
  });

  it('takes a file of exactly the largest size', () => {
    expect(readText(JSON.stringify({ mqtt: MQTT, payment: PAYMENT }).padEnd(POSPARAM_MAX_BYTES, ' ')).ok).toBe(true);
  });
});

describe('several things wrong', () => {
  it('names all of them at once', () => {
    const paths = problems(nested({ mqtt_port: 8883, mqtt_topic: '#' }, { pgw_auth_type: 'basic', pgw_api_key: '' })).map(
      ({ path }) => path,
    );
    expect(paths).toEqual(['mqtt.mqtt_port', 'mqtt.mqtt_topic', 'payment.pgw_auth_type', 'payment.pgw_api_key']);
  });

  it('names every missing key of an empty section, and a missing section once', () => {
    expect(problems(read({ mqtt: {} }))).toHaveLength(5);
    expect(problems(read({ payment: {} })).map(({ path }) => path)).toContain('payment.pgw_api_key_expiry');
    expect(problems(read({})).map(({ path, found }) => [path, found])).toEqual([
      ['mqtt', 'nothing'],
      ['payment', 'nothing'],
    ]);
    expect(problems(read({ mqtt: [], payment: PAYMENT }))).toMatchObject([{ path: 'mqtt', found: 'a list' }]);
  });

  it('names the key that was probably meant', () => {
    const [problem, ...none] = problems(nested({ mqtt_port: undefined, mqtt_prot: '8883' }));
    expect([problem?.path, problem?.found, none]).toEqual(['mqtt.mqtt_port', 'nothing, but there is "mqtt.mqtt_prot"', []]);
    expect(problems(nested({}, { pgw_port: undefined, PGW_PORT: '443' }))[0]?.found).toBe('nothing, but there is "payment.PGW_PORT"');
    expect(problems(flat({ mqtt_topic_command: undefined, mqtt_topic_comand: 'x' }))[0]?.found).toBe(
      'nothing, but there is "mqtt_topic_comand"',
    );
    expect(problems(read({ mqtt: MQTT, payments: PAYMENT }))[0]).toMatchObject({
      path: 'payment',
      found: 'nothing, but there is "payments"',
    });
  });

  it('finds a key that stands in the wrong section', () => {
    const { pgw_port, ...payment } = PAYMENT;
    expect(problems(read({ mqtt: { ...MQTT, pgw_port }, payment }))).toMatchObject([
      { path: 'payment.pgw_port', found: 'nothing, but there is "mqtt.pgw_port"' },
    ]);
  });
});
