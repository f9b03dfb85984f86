import type { Page } from '@playwright/test';
import { micro } from './support/amount.ts';
import {
  card,
  choice,
  demoTest as test,
  exact,
  expect,
  isMarked,
  mark,
  onCard,
  total,
  visit,
} from './support/test.ts';

test('four teams are in their four situations', async ({ page }) => {
  await visit(page, '/overview');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
  await expect(page.getByTestId('team-card')).toHaveCount(4);
  await expect(page.getByTestId('demo')).toContainText('Demo data');
  for (const [team, health, state, words] of [
    ['platform', 'good', 'full', 'Full access'],
    ['visualization', 'low', 'full', 'Full access'],
    ['fabrication', 'low', 'grace', 'Grace until'],
    ['field-capture', 'low', 'restricted', 'Restricted since'],
  ] as const) {
    const its = card(page, team);
    await expect(its, team).toHaveAttribute('data-health', health);
    await expect(its.locator('.badge'), team).toHaveAttribute('data-state', state);
    await expect(its.locator('.badge'), team).toContainText(words);
    const owes = state === 'grace' || state === 'restricted';
    await expect(its.getByText('Uncharged', { exact: true })).toHaveCount(owes ? 1 : 0);
    const amounts = {
      balance: await onCard(page, team, 'Balance'),
      used: await onCard(page, team, 'Used'),
      total: await onCard(page, team, 'Total'),
      available: await exact(its.locator('.ring .figure')),
      debt: owes ? await onCard(page, team, 'Uncharged') : 0n,
    };
    expect(amounts.used + amounts.available, team).toBe(amounts.total);
    expect(amounts.available - amounts.debt, team).toBe(amounts.balance);
    expect(amounts.available * 5n > amounts.total, team).toBe(health === 'good');
    if (owes) expect(amounts.debt, team).toBeGreaterThan(0n);
  }
});

test('every card says how long its tokens last', async ({ page }) => {
  await visit(page, '/overview');
  for (const [team, words] of [
    ['platform', /in \d+ days|Today|Tomorrow/],
    ['visualization', /in \d+ days|Today|Tomorrow/],
    ['fabrication', /They have run out/],
    ['field-capture', /They have run out/],
  ] as const) {
    const future = card(page, team).getByTestId('future');
    await expect(future, team).toContainText(words);
    await expect(future, team).toContainText('mean of the last 28 complete days');
    expect(await exact(future.locator('.figure')), team).toBeGreaterThan(0n);
  }
});

test('what needs attention is said, with a way to look at it', async ({ page }) => {
  await visit(page, '/overview');
  const alerts = page.getByTestId('alerts').locator('li');
  for (const [words, link] of [
    ['is restricted since', /^\/overview/],
    ['has used more than its lots cover', /^\/overview/],
    ['of its active tokens left', /^#team-/],
    ['belonged to no team', /^\/overview/],
  ] as const) {
    const alert = alerts.filter({ hasText: words }).first();
    await expect(alert).toBeVisible();
    await expect(alert.getByRole('link')).toHaveAttribute('href', link);
  }
  const low = alerts.filter({ hasText: 'of its active tokens left' }).first();
  await low.getByRole('link').click();
  await expect(card(page, 'visualization').locator('#team-visualization')).toBeInViewport();
});

test('teams, lots that end and debts stand in lists', async ({ page }) => {
  await visit(page, '/overview');
  const sum = await total(page);
  const teams = await amounts(page, '#top-teams', 1);
  expect(teams.rows.reduce((a, b) => a + b, 0n)).toBe(sum);
  expect(teams.foot).toBe(sum);
  await expect(page.locator('#expiring tbody tr').first()).toContainText(/Flex|Cloud credit/);
  const left = await amounts(page, '#expiring', 3);
  const unused = await amounts(page, '#expiring', 4);
  left.rows.forEach((amount, row) => expect(unused.rows[row]! <= amount).toBe(true));
  const owed = page.locator('#uncharged tbody tr');
  await expect(owed).toHaveCount(2);
  for (const [row, team] of ['field-capture', 'fabrication'].entries()) {
    const debt = micro((await owed.nth(row).locator('td').first().textContent()) ?? '');
    expect(debt, team).toBe(await onCard(page, team, 'Uncharged'));
  }
});

test('the newest event is so many minutes old', async ({ page }) => {
  await visit(page, '/overview');
  await expect(page.getByTestId('freshness')).toContainText(/just now|\d+ (min|h) ago/);
});

test('a range link changes figures and URL without a page load', async ({ page }) => {
  await visit(page, '/overview');
  await mark(page);
  await expect(choice(page, 'ranges', '28 days')).toHaveAttribute('aria-current', 'true');
  const before = await total(page);
  expect(before).toBeGreaterThan(0n);
  const columns = page.locator('#by-bucket tbody tr');
  await expect(columns).toHaveCount(28);

  await choice(page, 'ranges', '7 days').click();
  await expect(page).toHaveURL(/\/overview\?range=7d$/);
  await expect(columns).toHaveCount(7);
  await expect(choice(page, 'ranges', '7 days')).toHaveAttribute('aria-current', 'true');
  await expect(choice(page, 'ranges', '28 days')).not.toHaveAttribute('aria-current');
  const week = await total(page);
  expect(week).toBeGreaterThan(0n);
  expect(week).toBeLessThan(before);

  await choice(page, 'ranges', '28 days').click();
  await expect(page, 'a default is not written').toHaveURL(/\/overview$/);
  await expect(columns).toHaveCount(28);
  expect(await total(page)).toBe(before);

  await page.goBack();
  await expect(columns).toHaveCount(7);
  expect(await total(page)).toBe(week);
  expect(await isMarked(page), 'still the same document').toBe(true);

  // The server renders for this URL what the browser just drew.
  await page.reload();
  expect(await isMarked(page)).toBe(false);
  expect(await total(page)).toBe(week);
});

test('the range comes from the link, the metric stays', async ({ page }) => {
  await visit(page, '/overview');
  await mark(page);
  await choice(page, 'metrics', 'Events').click();
  await expect(page).toHaveURL(/\/overview\?metric=events$/);
  await expect(page.getByTestId('usage-total')).toContainText('Events');
  await expect(page.locator('#by-api caption')).toContainText('Events by API');
  expect((await total(page)) % 1_000_000n, 'a whole number').toBe(0n);
  await choice(page, 'ranges', '90 days').click();
  await expect(page).toHaveURL(/\/overview\?range=90d&metric=events$/);
  await choice(page, 'metrics', 'Tokens').click();
  await expect(page).toHaveURL(/\/overview\?range=90d$/);
  await expect(page.getByTestId('usage-total')).toContainText('Tokens used');
  expect(await isMarked(page)).toBe(true);
});

test('an unknown range falls back with a quiet notice', async ({ page }) => {
  await visit(page, '/overview?range=fortnight&metric=euros&colour=blue');
  const notices = page.getByTestId('notices');
  await expect(notices).toHaveAttribute('role', 'status');
  await expect(notices).toContainText('Unknown range “fortnight” was ignored');
  await expect(notices).toContainText('Unknown metric “euros” was ignored');
  await expect(notices).toContainText('Unknown setting “colour” was ignored');
  await expect(choice(page, 'ranges', '28 days')).toHaveAttribute('aria-current', 'true');
  await expect(choice(page, 'ranges', '28 days')).toHaveAttribute('href', '/overview');
  const fallback = await total(page);
  await choice(page, 'ranges', '28 days').click();
  await expect(page).toHaveURL(/\/overview$/);
  await expect(notices).toHaveText('');
  expect(await total(page)).toBe(fallback);
});

test('a URL cannot put markup into the notice', async ({ page }) => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  await visit(page, `/overview?range=${encodeURIComponent(evil)}`);
  await expect(page.getByTestId('notices')).toContainText('"><img src=x');
  await expect(page.getByTestId('notices').locator('img, script')).toHaveCount(0);
});

test('chart, tables and total are the same numbers', async ({ page }) => {
  await visit(page, '/overview?range=7d');
  const sum = await total(page);
  const byApi = await amounts(page, '#by-api', 1);
  expect(byApi.rows.reduce((a, b) => a + b, 0n)).toBe(sum);
  expect(byApi.foot).toBe(sum);
  expect([...byApi.rows].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))).toEqual(byApi.rows);
  await page.getByText('Show every column as a table').click();
  const byColumn = await amounts(page, '#by-bucket', -1);
  expect(byColumn.rows).toHaveLength(7);
  expect(byColumn.rows.reduce((a, b) => a + b, 0n)).toBe(sum);
  expect(byColumn.foot).toBe(sum);
  const caption = await page.getByTestId('chart').locator('figcaption').textContent();
  expect(micro(/of ([\d,.]+) tokens/.exec(caption ?? '')?.[1] ?? '')).toBe(sum);
  const drawing = page.getByTestId('chart').getByRole('img').first();
  await expect(drawing).toHaveAttribute('aria-label', caption ?? '');
  const apps = await page.locator('#top-apps tbody tr').count();
  expect(apps).toBeGreaterThan(3);
  expect(apps).toBeLessThanOrEqual(10);
  const top = await amounts(page, '#top-apps', 2);
  expect([...top.rows].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))).toEqual(top.rows);
});

async function amounts(page: Page, table: string, column: number) {
  const read = async (rows: string) => {
    const texts = await page.locator(`${table} ${rows} tr`).evaluateAll(
      (rows, column) => rows.map((row) => [...row.children].at(column)?.textContent ?? ''),
      column,
    );
    return texts.map(micro);
  };
  return { rows: await read('tbody'), foot: (await read('tfoot'))[0] };
}

test('the legend hides and shows an API in the browser alone', async ({ page }) => {
  await visit(page, '/overview');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const questions = () => requests.filter((url) => /\/_call\/(?!pulse$)/.test(url));
  const first = page.getByTestId('legend').getByRole('button').first();
  await expect(first).toBeEnabled();
  await expect(first).toHaveAttribute('aria-pressed', 'true');
  const bar = page.locator('.plot__svg--wide .layer-0');
  const shown = await bar.evaluate((node) => getComputedStyle(node).opacity);
  await first.click();
  await expect(first).toHaveAttribute('aria-pressed', 'false');
  await expect(page.getByTestId('chart')).toHaveAttribute('data-dim', '0');
  await expect(page, 'the URL keeps it').toHaveURL(/\/overview\?hide=[\w-]+$/);
  await expect
    .poll(() => bar.evaluate((node) => getComputedStyle(node).opacity), 'the columns are dimmed')
    .not.toBe(shown);
  await first.press('Enter');
  await expect(first).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByTestId('chart')).not.toHaveAttribute('data-dim');
  await expect(page).toHaveURL(/\/overview$/);
  expect(questions(), 'nothing was asked of the server').toEqual([]);
});

test('the tooltip comes on hover and by keyboard and closes with Escape', async ({ page }) => {
  await visit(page, '/overview');
  const overlay = page.getByTestId('overlay');
  const tooltip = page.getByTestId('tooltip');
  await overlay.scrollIntoViewIfNeeded();
  await expect(tooltip).toHaveCount(0);
  const box = (await overlay.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  await expect(tooltip).toBeVisible();
  await expect(tooltip.locator('.tip__total')).toContainText(/[\d,.]+ tokens/);
  const left = await tooltip.locator('.tip__period').textContent();
  await page.mouse.move(box.x + box.width * 0.7, box.y + box.height * 0.5);
  await expect(tooltip.locator('.tip__period')).not.toHaveText(left ?? '');
  await page.keyboard.press('Escape');
  await expect(tooltip).toHaveCount(0);
  await page.mouse.move(0, 0);

  await overlay.focus();
  await expect(tooltip).toBeVisible();
  const last = await overlay.getAttribute('aria-valuetext');
  await expect(tooltip.locator('.tip__period')).toContainText('in progress');
  await page.keyboard.press('Home');
  await expect(overlay).toHaveAttribute('aria-valuenow', '1');
  expect(await overlay.getAttribute('aria-valuetext')).not.toBe(last);
  await page.keyboard.press('ArrowRight');
  await expect(overlay).toHaveAttribute('aria-valuenow', '2');
  await page.keyboard.press('Escape');
  await expect(tooltip).toHaveCount(0);
  await expect(overlay).toBeFocused();
});

test('the tooltip says what the table says', async ({ page }) => {
  await visit(page, '/overview?range=7d');
  await page.getByText('Show every column as a table').click();
  const { rows } = await amounts(page, '#by-bucket', -1);
  const overlay = page.getByTestId('overlay');
  await overlay.focus();
  await page.keyboard.press('Home');
  for (const [place, row] of rows.entries()) {
    await expect(overlay).toHaveAttribute('aria-valuenow', String(place + 1));
    const tip = page.getByTestId('tooltip');
    expect(micro((await tip.locator('.tip__total').textContent()) ?? '')).toBe(row);
    const parts = await tip.locator('.tip__amount').allTextContents();
    expect(parts.map(micro).reduce((a, b) => a + b, 0n)).toBe(row);
    await page.keyboard.press('ArrowRight');
  }
});

test('an empty range says so and offers to widen', async ({ page }) => {
  await visit(page, '/overview?from=2001-01-01&to=2001-01-31');
  const empty = page.getByTestId('empty-range');
  await expect(empty).toContainText('Nothing in this range');
  await expect(page.getByTestId('chart')).toHaveCount(0);
  await mark(page);
  await empty.getByRole('link', { name: 'Show everything' }).click();
  await expect(page).toHaveURL(/\/overview\?range=all$/);
  await expect(page.getByTestId('chart')).toBeVisible();
  expect(await isMarked(page)).toBe(true);
});

test('moving between pages keeps the document and focuses the heading', async ({ page }) => {
  await visit(page, '/overview');
  await mark(page);
  await page.getByRole('navigation', { name: 'Main' }).getByText('My usage').click();
  await expect(page).toHaveURL(/\/me$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My usage');
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await expect(page).toHaveTitle(/My usage · Tokenscope/);
  expect(await isMarked(page)).toBe(true);
});

test('the start page is the overview, an unknown page says so', async ({ page, watch }) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/overview$/);
  watch.expect(/status of 404/);
  await visit(page, '/nowhere', 404);
  await expect(page.getByTestId('not-found')).toBeVisible();
});
