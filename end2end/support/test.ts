// Fixtures: servers, sign-in, and a watch over everything a browser complains about.
import {
  test as base,
  expect,
  type APIRequestContext,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  type Response,
} from '@playwright/test';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { micro } from './amount.ts';
import { Place, Server } from './server.ts';

export { expect };

/** Long enough for any rule; the tests never use it anywhere else. */
export const PASSWORD = 'correct horse battery staple 7';

export interface Account {
  email: string;
  password: string;
}

/** A server with demo data, and what it printed. */
export interface Demo {
  place: Place;
  server: Server;
  url: string;
  admin: Account;
  key: string;
}

/** A server on an organization that `load` made: two teams, one app each, one rate. */
export interface Books {
  place: Place;
  server: Server;
  url: string;
  org: string;
  admin: Account;
  manager: Account;
  developer: Account;
  key: string;
  readOnlyKey: string;
}

/** Collects what browsers complain about; the test fails with it unless it was expected. */
export class Watch {
  private readonly seen: string[] = [];
  private readonly expected: RegExp[] = [];

  expect(complaint: RegExp) {
    this.expected.push(complaint);
  }

  async over(context: BrowserContext) {
    context.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.seen.push(`console ${message.type()}: ${message.text()} at ${message.location().url}`);
      }
    });
    context.on('weberror', (error) => this.seen.push(`page error: ${error.error().stack}`));
    context.on('page', (page) => page.on('crash', () => this.seen.push('the page crashed')));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { violatedDirective, blockedURI, sample } = event;
        console.error(`CSP violation: ${violatedDirective} ${blockedURI} ${sample}`);
      });
    });
  }

  complaints(): string[] {
    return this.seen.filter((line) => !this.expected.some((pattern) => pattern.test(line)));
  }
}

interface TestFixtures {
  watch: Watch;
  /** A further context under the same watch; closed at the end. */
  open: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  /** A temporary folder with a database of the test's own. */
  place: Place;
  /** A session of the demo admin; each test its own, since some of them end it. */
  demoState: StorageState;
}

interface WorkerFixtures {
  demo: Demo;
  books: Books;
}

type StorageState = Awaited<ReturnType<BrowserContext['storageState']>>;

export const test = base.extend<TestFixtures, WorkerFixtures>({
  demo: [
    async ({}, use) => {
      const place = await Place.make();
      const amount = ['--demo-events', '4000', '--demo-days', '120'];
      const server = await Server.serve(place, ['--demo', ...amount]);
      const admin = { email: await server.line('user'), password: await server.line('password') };
      const key = await server.line('ingest key');
      await use({ place, server, url: server.url, admin, key });
      await server.stop();
      await place.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  demoState: async ({ demo, playwright }, use) => {
    const request = await playwright.request.newContext();
    await signIn(request, demo.url, demo.admin);
    await use(await request.storageState());
    await request.dispose();
  },

  books: [
    async ({}, use) => {
      const place = await Place.make();
      const org = 'acme';
      await load(place, org, BOOKS);
      const account = async (name: string, role: string) => {
        const email = `${name}@acme.example`;
        await place.createUser(org, email, `${name} of Acme`, role, PASSWORD);
        return { email, password: PASSWORD };
      };
      const [admin, manager, developer] = [
        await account('ada', 'admin'),
        await account('mo', 'manager'),
        await account('dev', 'developer'),
      ];
      const key = await place.createKey(org, 'e2e', 'ingest,read');
      const readOnlyKey = await place.createKey(org, 'reader', 'read');
      const server = await Server.serve(place);
      const { url } = server;
      await use({ place, server, url, org, admin, manager, developer, key, readOnlyKey });
      await server.stop();
      await place.remove();
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  watch: [
    async ({ context }, use) => {
      const watch = new Watch();
      await watch.over(context);
      await use(watch);
      expect(watch.complaints(), 'complaints of the browser').toEqual([]);
    },
    { auto: true },
  ],

  open: async ({ browser, watch, contextOptions }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      contexts.push(context);
      await watch.over(context);
      return context;
    });
    await Promise.all(contexts.map((context) => context.close()));
  },

  place: async ({}, use) => {
    const place = await Place.make();
    await use(place);
    await place.remove();
  },
});

/** The same, signed in to the demo as its admin. */
export const demoTest = test.extend({
  baseURL: async ({ demo }, use) => use(demo.url),
  storageState: async ({ demoState }, use) => use(demoState),
});

const BOOKS = {
  name: 'acme',
  rates: [rate('render', '0.5', '1'), rate('scan', '1', '50', 'up')],
  apps: [
    { client_id: 'robot', team: 'alpha', from: '2025-01-01T00:00:00Z' },
    { client_id: 'printer', team: 'beta', from: '2025-01-01T00:00:00Z' },
  ],
  lots: [lot('alpha-1', 'alpha', '1000'), lot('beta-1', 'beta', '100')],
};

export function rate(api: string, tokens: string, per: string, rounding = 'exact') {
  return { api, variant: null, tokens, per, rounding, from: '2020-01-01T00:00:00Z' };
}

export function lot(id: string, team: string, tokens: string) {
  return { id, team, kind: 'flex', tokens, effective: '2020-01-01T00:00:00Z' };
}

/** Writes the facts of a scenario into an organization, through the command line. */
export async function load(place: Place, org: string, scenario: object, flags: string[] = []) {
  const file = join(place.folder, `${org}.json`);
  await writeFile(file, JSON.stringify(scenario));
  await place.cli(['load', file, '--org', org, ...flags]);
}

/** Signs a client in without a browser. */
export async function signIn(request: APIRequestContext, url: string, account: Account) {
  const form = { email: account.email, password: account.password, next: '/' };
  const answer = await request.post(`${url}/login`, { form, maxRedirects: 0 });
  expect(answer.status(), await answer.text()).toBe(303);
  expect(answer.headers()['location']).not.toContain('login');
}

/** Opens the account's menu and signs out. */
export async function signOut(page: Page) {
  await page.locator('header .account summary').click();
  await page.getByRole('button', { name: /^(Sign out|サインアウト)$/ }).click();
}

/** Goes to a page and waits until it is alive. */
export async function visit(page: Page, path: string, status = 200): Promise<Response> {
  const response = await page.goto(path);
  expect(response?.status(), path).toBe(status);
  await hydrated(page);
  return response!;
}

export async function hydrated(page: Page) {
  await page.locator('html[data-hydrated]').waitFor({ state: 'attached', timeout: 30_000 });
}

/** What a figure says exactly, in millionths. */
export async function exact(figure: Locator): Promise<bigint> {
  const whole = figure.locator('.figure__exact');
  const text = (await whole.count()) ? await whole.textContent() : await figure.textContent();
  return micro(text ?? '');
}

/** The total of the range, in millionths. */
export function total(page: Page): Promise<bigint> {
  return exact(page.getByTestId('usage-total').locator('.figure'));
}

/** An amount on a team's card, in millionths. */
export function onCard(page: Page, team: string, name: string): Promise<bigint> {
  const row = card(page, team).locator('dl > div').filter({
    has: page.locator('dt').getByText(name, { exact: true }),
  });
  return exact(row.locator('.figure'));
}

export function card(page: Page, team: string): Locator {
  return page.locator(`[data-testid=team-card][data-team="${team}"]`);
}

/** A link of the range presets or the metrics. */
export function choice(page: Page, list: 'ranges' | 'metrics', name: string): Locator {
  return page.getByTestId(list).getByRole('link', { name, exact: true });
}

/** A marker that only survives as long as the document does. */
export async function mark(page: Page) {
  await page.evaluate(() => Object.assign(window, { marked: true }));
}

export function isMarked(page: Page): Promise<boolean> {
  return page.evaluate(() => 'marked' in window);
}
