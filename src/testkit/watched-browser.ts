import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { CHROMIUM } from './needs.ts';

/** How long a page may take to show what is waited for, ms. */
const PATIENCE_MS = 15_000;

/** A connection that a power cut broke off, or a box that is off: no fault of the page. */
export const POWER_CUTS = /ERR_|status of 503/;
/** What the backend refused: the page says it in words. */
export const REFUSALS = /status of 4(00|03|09)/;

/** A browser whose pages are held to silence: whatever one complains of is kept, but for what is tolerated. */
export class WatchedBrowser {
  readonly complaints: string[] = [];
  readonly #tolerated: RegExp | null;
  #browser: Browser | null = null;

  constructor(tolerated: RegExp | null) {
    this.#tolerated = tolerated;
  }

  async start(): Promise<void> {
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  }

  /** Opens a page in a context of its own, which is closed with it. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    if (!this.#browser) throw new RangeError('the browser was not started');
    const page = await this.#browser.newPage({ viewport: { width: 1_280, height: 900 }, ...options });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.#tolerated?.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  /** Fails when a page complained since the last time. */
  expectSilence(): void {
    expect(this.complaints.splice(0)).toEqual([]);
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}

/** A browser for the tests of the `describe` it is called in: what a page of it complains of fails the test. */
export function watchedBrowser(tolerated: RegExp | null = null): WatchedBrowser {
  const browser = new WatchedBrowser(tolerated);
  beforeAll(() => browser.start());
  afterEach(() => browser.expectSilence());
  afterAll(() => browser.close());
  return browser;
}
