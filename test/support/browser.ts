// A real browser for tests: Debian's Chromium, with nothing kept and nothing asked of anybody else.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

/** A busy machine is no failing page. */
const PATIENCE_MS = 60_000;

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export class Browser {
  readonly #context: BrowserContext;
  readonly #folder: string;

  private constructor(context: BrowserContext, folder: string) {
    this.#context = context;
    this.#folder = folder;
  }

  static async start(): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), 'fingerpost-browser-'));
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: '/usr/bin/chromium',
      args: FLAGS,
      viewport: { width: 1280, height: 900 },
      timeout: PATIENCE_MS,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new Browser(context, folder);
  }

  /** A new tab. */
  async open(url: string): Promise<Tab> {
    const page = await this.#context.newPage();
    const tab = new Tab(page);
    await page.goto(url);
    return tab;
  }

  async close(): Promise<void> {
    await this.#context.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

export class Tab {
  readonly page: Page;
  /** What went wrong in it, by its own account; answers that are refusals are none of it. */
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.errors.push(message.text());
    });
  }

  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).textContent()) ?? '';
  }

  /** The row of the tree that holds a text. */
  row(text: string | RegExp) {
    return this.page.locator('.row', { hasText: text });
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
