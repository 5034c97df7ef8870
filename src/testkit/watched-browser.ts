import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './needs.ts';

/** How long a page may take to show what is waited for, ms. */
const PATIENCE_MS = 15_000;

/** A browser whose pages are held to silence: whatever one complains of is kept. */
export class WatchedBrowser {
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async open(url: string): Promise<Page> {
    const page = await this.#browser.newPage({ viewport: { width: 1_280, height: 900 } });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      // A connection that the power cut broke off, or a box that is off, is no fault of the page.
      if (message.type() === 'error' && !/ERR_|status of 503/.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }
}

/** Starts Chromium. */
export const watchedBrowser = async (): Promise<WatchedBrowser> =>
  new WatchedBrowser(await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] }));
