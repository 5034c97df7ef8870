import type { JsonObject, JsonValue } from '../../domain/json.ts';
import { asInteger, asObject, asPattern, MessageFault } from '../../domain/json-fields.ts';
import type { RemoteSettings, SettingsPush } from '../../domain/remote.ts';
import { LANGUAGES } from '../../domain/speech/language.ts';
import { line, MAX_DOWNLINK_BYTES, MOST_TEXT, messageIn, toBytes } from './message.ts';

/** Largest config_version. */
export const MAX_VERSION = 2 ** 31;
/** Largest name of a setting that is quoted, characters. */
const MOST_NAME = 40;
const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}$/;

/** A config push with the settings as the contract names them (7); whether a box can use them is for the box to say. */
export const encodeConfigPush = ({ version, settings }: { readonly version: number; readonly settings: JsonObject }): Uint8Array =>
  toBytes({ message_type: 'config_push', config_version: version, settings });

/**
 * A config push. With a version, but settings of which one cannot be used, it is a refusal that names every one of
 * those: nothing is taken by halves. @throws PeerFault `json-…`, `message-invalid`
 */
export function decodeConfigPush(raw: Uint8Array): SettingsPush {
  const message = messageIn(raw, 'config_push', MAX_DOWNLINK_BYTES);
  const version = asInteger(message.config_version, 'config_version', 1, MAX_VERSION);
  const wrong: string[] = [];
  const settings = settingsIn(message.settings, wrong);
  if (wrong.length === 0) return { version, settings };
  return { version, refusal: { code: 'settings-invalid', reason: line(wrong.join('; '), MOST_TEXT) } };
}

const READERS: Readonly<Record<string, (value: JsonValue) => RemoteSettings>> = {
  volume: (value) => ({ volume: asInteger(value, 'volume', 0, 100) }),
  language: (value) => ({ language: asLanguage(value) }),
  heartbeat_interval_seconds: (value) => ({ heartbeatSeconds: asInteger(value, 'heartbeat_interval_seconds', 10, 86_400) }),
};

function settingsIn(value: JsonValue | undefined, wrong: string[]): RemoteSettings {
  const noting = <T>(task: () => T, otherwise: T): T => {
    try {
      return task();
    } catch (error) {
      if (!(error instanceof MessageFault)) throw error;
      wrong.push(`${error.path} is not ${error.expected}`);
      return otherwise;
    }
  };
  let settings: RemoteSettings = {};
  for (const [name, given] of Object.entries(noting(() => asObject(value, 'settings'), {}))) {
    const read = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
    if (read === undefined) wrong.push(`${line(name, MOST_NAME)} is not known`);
    else settings = { ...settings, ...noting(() => read(given), {}) };
  }
  return settings;
}

/** A language by its BCP 47 tag, of which only the first part matters here: `id-ID` is `id`. */
function asLanguage(value: JsonValue): RemoteSettings['language'] & string {
  const expected = `a language tag that begins with ${LANGUAGES.join(', ')}`;
  const [first] = asPattern(value, 'language', LANGUAGE, expected).toLowerCase().split('-');
  const language = LANGUAGES.find((known) => known === first);
  if (language === undefined) throw new MessageFault('language', value, expected);
  return language;
}
