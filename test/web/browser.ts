import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { chromium, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const INSTALLER = join(import.meta.dirname, '../../scripts/ensure-chromium.sh');
/** Nothing of its own over the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PATIENCE_MS = 20_000;

/** A real Chromium with a profile of its own, and a list of everything that was wrong while it was used. */
export class TestBrowser {
  /** What a test knows it will cause. */
  private readonly forgiven: RegExp[] = [];
  private readonly heard: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    private readonly profile: string,
    private readonly origin: string,
    private readonly friends: readonly string[],
  ) {}

  /** Opens it for pages of one origin, which may ask `friends` too. Our own pages are those of the last build. */
  static async open(
    origin: string,
    options: BrowserContextOptions = {},
    friends: readonly string[] = [],
  ): Promise<TestBrowser> {
    const [{ stdout }, profile] = await Promise.all([
      promisify(execFile)(INSTALLER),
      mkdtemp(join(tmpdir(), 'lamplight-chromium-')),
    ]);
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: stdout.trim(),
      args: QUIET,
      viewport: { width: 1280, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE_MS);
    return new TestBrowser(context, profile, origin, friends);
  }

  /** Errors and warnings of pages, and requests to hosts that are not ours. */
  get complaints(): readonly string[] {
    return this.heard.filter((complaint) => !this.forgiven.some((pattern) => pattern.test(complaint)));
  }

  /** From now on such complaints are no fault. */
  forgive(complaint: RegExp): void {
    this.forgiven.push(complaint);
  }

  /** Opens a page; its complaints are ours from its first byte. */
  async page(path: string, prepare: (page: Page) => void = () => {}): Promise<Page> {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.heard.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.heard.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && !this.ours(origin)) this.heard.push(`Foreign: ${request.url()}`);
    });
    page.on('websocket', (socket) => {
      if (!this.ours(new URL(socket.url()).origin.replace('ws', 'http'))) this.heard.push(`Foreign: ${socket.url()}`);
    });
    prepare(page);
    await page.goto(this.origin + path);
    return page;
  }

  async close(): Promise<void> {
    await this.context.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 3 });
  }

  private ours(origin: string): boolean {
    return origin === this.origin || this.friends.includes(origin);
  }
}
