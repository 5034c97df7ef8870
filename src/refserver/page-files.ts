import { Hono } from 'hono';
import { programPath, readFileAt } from '../program-files.ts';
import type { HttpEnv } from './interference.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};
const TMS_SCRIPTS = ['tms.js', 'tms-packages.js', 'tms-groups.js', 'tms-rollouts.js'];
const FILES = [
  'index.html',
  'theme.css',
  'page.css',
  'page.js',
  'dom.js',
  'faults.js',
  'ds50.js',
  'qris.js',
  'qris-reports.js',
  'kiosk.js',
  'kiosk-settings.js',
  'gateway.js',
  'live.js',
  'tms.html',
  'tms.css',
  ...TMS_SCRIPTS,
];
/** Pages by the path they are asked for; everything else by its name. */
const PAGES: Readonly<Record<string, string>> = { 'index.html': '/', 'tms.html': '/tms' };

const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

/** The backend's page: a few plain files from the disk, nothing from anywhere else. */
export function pageRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  for (const name of FILES) {
    const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    app.get(PAGES[name] ?? `/${name}`, async (c) => {
      const text = Buffer.from(await readFileAt(programPath(`src/refserver/page/${name}`))).toString('utf8');
      return c.body(text, 200, { ...HEADERS, 'content-type': type });
    });
  }
  return app;
}
