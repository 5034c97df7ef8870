import * as v from 'valibot';
import { QRIS_SOUNDBOX_DEFAULTS } from '../protocols/qris-soundbox/settings.ts';
import { mqttEndpoint } from './config-endpoints.ts';
import { section, text, whole } from './fields.ts';
import type { SecretSources } from './secrets.ts';

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const ID_FORM = '1 to 64 of A-Z a-z 0-9 _ -';

/** The `qris-soundbox` section. */
export const qrisSoundboxSection = (sources: SecretSources) =>
  section(
    {
      mqtt: mqttEndpoint(sources),
      deviceId: text('What the backend calls the box; its topics are named by it', 64, ID, ID_FORM),
      terminalId: text('The terminal that requests for a QR name', 64, ID, ID_FORM),
      responseTimeoutMs: v.optional(
        whole('How long an answer to a request is waited for before it is sent again, in milliseconds', 500, 60_000),
        QRIS_SOUNDBOX_DEFAULTS.responseTimeoutMs,
      ),
    },
    'The backend of the protocol "qris-soundbox"',
  );
