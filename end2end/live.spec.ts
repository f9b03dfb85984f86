import type { APIRequestContext, Page } from '@playwright/test';
import { full } from './support/amount.ts';
import {
  type Demo,
  choice,
  demoTest as test,
  expect,
  hydrated,
  isMarked,
  mark,
  onCard,
  total,
  visit,
} from './support/test.ts';

/** Posts an event that costs half a token a piece. */
async function post(request: APIRequestContext, demo: Demo, pieces: number) {
  const event = {
    ...{ source: 'e2e', id: `live-${process.hrtime.bigint()}`, client_id: 'model-hub' },
    ...{ api: 'model-derivative', variant: 'complex', quantity: String(pieces) },
  };
  const headers = { authorization: `Bearer ${demo.key}` };
  const answer = await request.post('/api/v1/events', { headers, data: event });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** The calls of server functions from now on, by name. */
function calls(page: Page): string[] {
  const names: string[] = [];
  page.on('request', (asked) => {
    const name = /\/_call\/(\w+)$/.exec(asked.url())?.[1];
    if (name) names.push(name);
  });
  return names;
}

/** How long new usage may take until it shows. */
const SOON = { timeout: 5000 };

test('a posted event changes balance and chart, in the HTML of the server', async ({
  page,
  demo,
  request,
}) => {
  await visit(page, '/overview');
  const before = { total: await total(page), balance: await onCard(page, 'platform', 'Balance') };

  const event = {
    source: 'live-test',
    id: `${Date.now()}`,
    client_id: 'model-hub',
    user: 'amara.okafor@example.com',
    api: 'model-derivative',
    variant: 'complex',
    quantity: '7',
  };
  const headers = { authorization: `Bearer ${demo.key}` };
  const post = () => request.post('/api/v1/events', { headers, data: event });
  expect(await (await post()).json()).toEqual({
    results: [{ status: 'accepted', charge: '3.5' }],
  });
  expect(await (await post()).json()).toEqual({ results: [{ status: 'duplicate' }] });

  await page.reload();
  expect(await total(page)).toBe(before.total + 3_500_000n);
  expect(await onCard(page, 'platform', 'Balance')).toBe(before.balance - 3_500_000n);

  // What `curl -s` with the session gets: rendered by the server, without any script.
  const html = await (await page.request.get('/overview')).text();
  expect(html).toContain(`${full(before.total + 3_500_000n)} tokens`);
  expect(html).toContain(`${full(before.balance - 3_500_000n)} tokens`);
  expect(html).not.toContain(`${full(before.total)} tokens`);
});

test('the printed key reads the same balance as the page', async ({ page, demo, request }) => {
  await visit(page, '/overview');
  const headers = { authorization: `Bearer ${demo.key}` };
  const answer = await request.get('/api/v1/balance', { headers });
  const { items } = (await answer.json()) as { items: { team: string; access: string }[] };
  expect(items.map(({ team, access }) => [team, access])).toEqual([
    ['fabrication', 'grace'],
    ['field-capture', 'restricted'],
    ['platform', 'full'],
    ['visualization', 'full'],
  ]);
  const apps = await (await request.get('/api/v1/apps', { headers })).json();
  expect(apps.items.length).toBeGreaterThanOrEqual(12);
});

test('new usage shows by itself, and nothing else changes', async ({ page, demo, request }) => {
  await visit(page, '/overview?range=7d');
  await mark(page);
  const before = await total(page);
  const balance = await onCard(page, 'platform', 'Balance');
  const buckets = page.getByTestId('buckets');
  await buckets.locator('summary').click();
  const region = page.locator('.table-region:has(#by-bucket)');
  await region.evaluate((node) => node.scrollTo(120, 60));
  const scrolled = await region.evaluate((node) => [node.scrollLeft, node.scrollTop]);
  const figure = page.getByTestId('usage-total').getByTestId('figure');
  await figure.focus();
  const place = await page.evaluate(() => {
    const seen = Object.assign(window, { dimmed: 0 });
    new MutationObserver((changes) => {
      const dim = changes.some(({ target }) => (target as Element).ariaBusy === 'true');
      if (dim) seen.dimmed += 1;
    }).observe(document.querySelector('[data-testid=content]')!, { attributeFilter: ['aria-busy'] });
    return window.scrollY;
  });

  await post(request, demo, 9);
  await expect.poll(() => total(page), SOON).toBe(before + 4_500_000n);
  expect(await onCard(page, 'platform', 'Balance')).toBe(balance - 4_500_000n);
  const caption = page.getByTestId('chart').locator('figcaption');
  await expect(caption).toContainText(`${full(before + 4_500_000n)} tokens`);
  await expect(page.locator('#by-bucket tfoot')).toContainText(full(before + 4_500_000n));

  await expect(figure, 'the focus stays').toBeFocused();
  await expect(buckets, 'what is open stays open').toHaveAttribute('open');
  expect(await region.evaluate((node) => [node.scrollLeft, node.scrollTop])).toEqual(scrolled);
  expect(await page.evaluate(() => window.scrollY)).toBe(place);
  expect(await page.evaluate(() => (window as unknown as { dimmed: number }).dimmed)).toBe(0);
  expect(await isMarked(page), 'the same document').toBe(true);

  // The chart goes on as it is: the column that is looked at is there with its new height.
  const overlay = page.getByTestId('overlay');
  await overlay.focus();
  const said = await overlay.getAttribute('aria-valuetext');
  await post(request, demo, 2);
  await expect.poll(() => overlay.getAttribute('aria-valuetext'), SOON).not.toBe(said);
  await expect(overlay).toBeFocused();
  await expect(page.getByTestId('tooltip')).toBeVisible();
  expect(await total(page)).toBe(before + 5_500_000n);
});

test('a report is asked for again only when something arrived', async ({ page, demo, request }) => {
  await visit(page, '/overview');
  const names = calls(page);
  await expect.poll(() => names.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(3);
  expect(names.every((name) => name === 'pulse'), names.join()).toBe(true);
  await post(request, demo, 1);
  await expect.poll(() => names.filter((name) => name === 'overview').length, SOON).toBe(1);
});

test('a page that nobody sees asks nothing, and at once when it is seen', async ({
  page,
  demo,
  request,
}) => {
  await visit(page, '/overview');
  const before = await total(page);
  const show = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    }, state);
  await show('hidden');
  // What was asked before may still be on its way.
  await page.waitForLoadState('networkidle');
  const names = calls(page);
  await post(request, demo, 3);
  await page.waitForTimeout(5000);
  expect(names).toEqual([]);
  await show('visible');
  await expect.poll(() => total(page), SOON).toBe(before + 1_500_000n);
});

test('after failures it asks more and more seldom, and goes on', async ({ page, watch }) => {
  watch.expect(/status of 503/);
  await visit(page, '/overview');
  const names = calls(page);
  await page.route('**/_call/pulse', (route) => route.fulfill({ status: 503, body: '' }));
  await page.waitForTimeout(13_000);
  const failed = names.length;
  // Every two seconds would be six or seven.
  expect(failed).toBeGreaterThanOrEqual(2);
  expect(failed).toBeLessThanOrEqual(4);
  await expect(page.getByTestId('fault'), 'the figures stay').toHaveCount(0);
  await page.unroute('**/_call/pulse');
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true })));
  await expect.poll(() => names.length, SOON).toBeGreaterThan(failed + 1);
});

test('a page of another build loads itself again with its URL', async ({ page, watch }) => {
  watch.expect(/status of 409/);
  await visit(page, '/overview');
  await mark(page);
  await page.locator('meta[name=build]').evaluate((meta) => meta.setAttribute('content', 'old'));
  const reloaded = page.waitForEvent('load');
  await choice(page, 'ranges', '7 days').click();
  await reloaded;
  await expect(page).toHaveURL(/\/overview\?range=7d$/);
  await hydrated(page);
  expect(await isMarked(page)).toBe(false);
  await expect(page.locator('#by-bucket tbody tr')).toHaveCount(7);
});

test('but only once where that does not help', async ({ page, watch }) => {
  watch.expect(/status of 409/);
  let documents = 0;
  await page.route(/\/overview(\?.*)?$/, async (route) => {
    if (route.request().resourceType() !== 'document') return route.fallback();
    documents += 1;
    const response = await route.fetch();
    const body = (await response.text()).replace(/name="build" content="\w*"/, 'name="build" content="old"');
    await route.fulfill({ response, body });
  });
  await visit(page, '/overview');
  await expect.poll(() => documents, { timeout: 10_000 }).toBe(2);
  await hydrated(page);
  await page.waitForTimeout(5000);
  expect(documents).toBe(2);
  await choice(page, 'ranges', '7 days').click();
  await expect(page.getByTestId('fault')).toContainText('This program was updated');
  expect(documents).toBe(2);
});
