import type { PackageBytes } from './package-bytes.ts';

/** An answer of the TMS's control API, with as much of it as tests look into by name. */
export interface TmsAnswer {
  readonly status: number;
  readonly deployment?: { readonly id: string; readonly state: string; readonly devices?: { deviceSn: string; state: string }[] };
  readonly deployments?: unknown;
  readonly groups?: unknown;
  readonly packages?: unknown;
  readonly reports?: unknown;
}

/** Calls the TMS part of the reference backend's control API; `path` under /ref/tms. */
export async function tmsCall(httpUrl: string, method: string, path: string, body?: unknown): Promise<TmsAnswer> {
  const json = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const reply = await fetch(`${httpUrl}/ref/tms/${path}`, { method, ...(body === undefined ? {} : json) });
  return { status: reply.status, ...((await reply.json()) as object) };
}

/** Uploads a package. */
export async function tmsUpload(httpUrl: string, { name, bytes }: Pick<PackageBytes, 'name' | 'bytes'>): Promise<TmsAnswer> {
  const headers = { 'content-type': 'application/zip' };
  const reply = await fetch(`${httpUrl}/ref/tms/packages?name=${encodeURIComponent(name)}`, { method: 'POST', body: bytes, headers });
  return { status: reply.status, ...((await reply.json()) as object) };
}
