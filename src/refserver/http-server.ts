import type { Server as HttpServer } from 'node:http';

/** Ends every connection, also those that wait. */
export async function closeHttp(http: HttpServer): Promise<void> {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  http.closeAllConnections();
  await closed;
}

/** The address others use for a host to listen on: 0.0.0.0 is no destination, IPv6 goes in brackets. */
export function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
