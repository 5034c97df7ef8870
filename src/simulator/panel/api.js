/** What the server refused, in its own words. `code` is `unreachable` when there was no answer at all. */
export class ApiFault extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function ask(path, init) {
  let response;
  try {
    response = await fetch(path, { ...init, signal: AbortSignal.timeout(65_000) });
  } catch {
    throw new ApiFault(0, 'unreachable', 'The panel does not answer. Is tilld simulate still running?');
  }
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({}));
  throw new ApiFault(response.status, error?.code ?? 'unknown', error?.message ?? `The box answered ${response.status}`);
}

export const get = async (path) => (await ask(path)).json();
export const getBlob = async (path) => (await ask(path)).blob();
export const post = async (path, body) =>
  (await ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).json();
