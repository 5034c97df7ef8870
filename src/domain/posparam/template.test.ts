import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Posparam } from './posparam.ts';
import { readPosparam } from './read.ts';
import { posparamTemplate, posparamText } from './template.ts';

const read = (text: string) => readPosparam(new TextEncoder().encode(text));

/** The integration guide, section 3.1, as it is printed there. */
const GUIDE = `{
  "mqtt":{
    "mqtt_endpoint":"mqtt.example.com",
    "mqtt_port":"8883",
    "mqtt_auth_cert":0,
    "mqtt_username":"",
    "mqtt_password":"",
    "mqtt_topic":"pos/message"
  },
  "payment":{
    "pgw_endpoint":"https://pay.example.com",
    "pgw_port":"443",
    "pgw_auth_type":"api_key",
    "pgw_ssl_cert":1,
    "pgw_api_key":"sk_00000000000000000000000000000000",
    "pgw_api_key_expiry":"20261231",
    "pgw_api_sale":"/functions/v1/request-online-result-pos",
    "pgw_api_details":"/functions/v1/get-transaction-records-pos"
  }
}
`;

describe('the template', () => {
  it('is that of the guide', () => expect(posparamTemplate().replaceAll('": ', '":')).toBe(GUIDE));

  it('lacks the login and nothing else', () => {
    expect(read(GUIDE)).toMatchObject({ ok: false, problems: [{ path: 'mqtt.mqtt_username' }, { path: 'mqtt.mqtt_password' }] });
    const filled = GUIDE.replace('username":""', 'username":"box"').replace('password":""', 'password":"x"');
    expect(read(filled)).toMatchObject({ ok: true, notices: [] });
  });
});

const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((ip) => new URL(`http://[${ip}]`).hostname),
);
const port = fc.integer({ min: 1, max: 65_535 });
const path = fc.array(fc.stringMatching(/^[\w~-][\w.~:-]{0,8}$/), { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
const word = fc.stringMatching(/^[\w .:@é-]{1,40}$/);
const prefix = fc.stringMatching(/^[\w-][\w/.é-]{0,20}[\w-]$/);

const posparam: fc.Arbitrary<Posparam> = fc
  .record({
    auth: fc.oneof(
      fc.constant({ kind: 'certificate' } as const),
      fc.record({ kind: fc.constant('password' as const), username: word, password: word }),
    ),
    tls: fc.boolean(),
    broker: fc.tuple(host, port),
    topicPrefixes: fc.uniqueArray(prefix, { minLength: 1, maxLength: 3 }),
    server: fc.tuple(fc.constantFrom('https', 'http'), host, port, fc.oneof(path, fc.constant(''))),
    verifyTls: fc.boolean(),
    apiKey: fc.stringMatching(/^[!-~]{8,256}$/),
    expiry: fc.date({ min: new Date('2000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true }),
    salePath: path,
    detailsPath: path,
  })
  .map(({ auth, tls, broker, topicPrefixes, server, verifyTls, apiKey, expiry, salePath, detailsPath }) => ({
    mqtt: { url: `${tls || auth.kind === 'certificate' ? 'mqtts' : 'mqtt'}://${broker[0]}:${broker[1]}`, auth, topicPrefixes },
    payment: {
      url: `${server[0]}://${server[1]}:${server[2]}${server[3]}`,
      verifyTls,
      apiKey,
      apiKeyExpiry: expiry.toISOString().slice(0, 10).replaceAll('-', ''),
      salePath,
      detailsPath,
    },
  }));

describe('parameters as text', () => {
  it('reads the same in either form', () => {
    fc.assert(
      fc.property(posparam, (all) => {
        const flat = posparamText(all, 'flat');
        expect(read(flat)).toMatchObject({ ok: true, form: 'flat', posparam: all });
        expect(Object.values(JSON.parse(flat)).every((value) => typeof value === 'string')).toBe(true);
        const one = { ...all, mqtt: { ...all.mqtt, topicPrefixes: all.mqtt.topicPrefixes.slice(0, 1) } };
        expect(read(posparamText(one, 'nested'))).toMatchObject({ ok: true, form: 'nested', posparam: one });
      }),
    );
  });

  it('cannot put several topics into the nested form', () => {
    const [sample] = fc.sample(posparam, 1);
    if (!sample) throw new RangeError('no sample');
    const two = { ...sample, mqtt: { ...sample.mqtt, topicPrefixes: ['a', 'b'] } };
    expect(() => posparamText(two, 'nested')).toThrow(expect.objectContaining({ code: 'posparam-topics' }));
  });
});
