import type { BoxStatus } from '../../app/box.ts';
import type { Settings } from '../config.ts';
import { type Finding, fault, ok, warning } from './finding.ts';

const LIMIT_MS = 5_000;

export interface Asked {
  readonly finding: Finding;
  /** Null where the box did not say. */
  readonly status: BoxStatus | null;
}

const TOKEN = 'Ask with the configuration of this very box: tilld doctor --config /etc/tilld/tilld.json';

/** Asks the box that runs how it is. @param api where its configuration has its local API; null without a configuration */
export async function askBox(api: Settings['api'] | null): Promise<Asked> {
  if (api === null || api.port === 0) {
    const found = 'a box runs here; where it answers is not known';
    return {
      status: null,
      finding: warning('box-not-asked', found, { expected: 'its configuration, with a port of its own', remedy: TOKEN }),
    };
  }
  const host = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[api.host] ?? (api.host.includes(':') ? `[${api.host}]` : api.host);
  const url = `http://${host}:${api.port}`;
  try {
    const headers: Record<string, string> = api.token === undefined ? {} : { authorization: `Bearer ${api.token}` };
    const [health, said] = await Promise.all([get(`${url}/healthz`, {}), get(`${url}/v1/status`, headers)]);
    if (said.status === 401) return { status: null, finding: warning('box-not-asked', 'the box takes another token', { remedy: TOKEN }) };
    const status = (await said.json()) as BoxStatus;
    return {
      status,
      finding: health.ok ? judged(status, url) : fault('box-unwell', `the box at ${url} says that it is not well`, { remedy: RESTART }),
    };
  } catch (error) {
    const code = error instanceof Error ? error.name : String(error);
    return { status: null, finding: fault('box-silent', `a box runs, and does not answer at ${url} (${code})`, { remedy: RESTART }) };
  }
}

const get = (url: string, headers: Record<string, string>) => fetch(url, { headers, signal: AbortSignal.timeout(LIMIT_MS) });

const RESTART = 'sudo systemctl restart tilld; then see why: journalctl -u tilld -n 50';

function judged({ version, ready, alarms, uptimeSeconds }: BoxStatus, url: string): Finding {
  const can = [ready.qr ? 'QR' : '', ready.cash ? 'cash' : '', ready.card ? 'cards' : '', ready.terminal ? 'a terminal' : ''].filter(
    Boolean,
  );
  const found = `tilld ${version} runs at ${url} since ${Math.floor(uptimeSeconds / 60)} min, ready for ${can.join(', ') || 'nothing'}`;
  const why = [...ready.reasons, ...alarms.map(({ code, detail }) => `${code}: ${detail}`)];
  if (can.length > 0 && why.length === 0) return ok(found);
  const advice = { remedy: 'tilld status tells it whole; journalctl -u tilld has what came before.' };
  const text = why.length === 0 ? found : `${found}; ${why.join('; ')}`;
  return can.length === 0 || alarms.some(({ severity }) => severity === 'error')
    ? fault('box-alarm', text, advice)
    : warning('box-alarm', text, advice);
}
