// The view in the URL: the controls that change it, the chart as a control, notices.
import type { Page } from '@playwright/test';
import {
  choice,
  demoTest as test,
  expect,
  isMarked,
  mark,
  total,
  visit,
} from './support/test.ts';

const rows = (page: Page) => page.locator('#by-bucket tbody tr');

test('dates are picked without leaving the document', async ({ page }) => {
  await visit(page, '/overview?cmp=yoy&metric=events');
  await mark(page);
  const picker = page.getByTestId('picker');
  await picker.locator('summary').click();
  await picker.getByLabel('From').fill('2026-01-05');
  await picker.getByLabel('To').fill('2026-01-01');
  await picker.getByRole('button', { name: 'Show' }).click();
  const dates = 'from=2026-01-01&to=2026-01-05';
  await expect(page).toHaveURL(`/overview?${dates}&cmp=yoy&metric=events`);
  await expect(picker, 'it closes').not.toHaveAttribute('open');
  await expect(picker.locator('summary')).toContainText('1 Jan 2026 – 5 Jan 2026');
  expect(await isMarked(page)).toBe(true);
  await picker.locator('summary').click();
  await expect(picker.getByLabel('From')).toHaveValue('2026-01-01');
  await page.keyboard.press('Escape');
  await expect(picker).not.toHaveAttribute('open');
  await expect(picker.locator('summary')).toBeFocused();
});

test('the length of columns and the comparison are links', async ({ page }) => {
  await visit(page, '/overview?range=90d');
  await mark(page);
  const link = (list: string, name: string) =>
    page.getByTestId(list).getByRole('link', { name, exact: true });
  await expect(link('grains', 'Automatic')).toHaveAttribute('aria-current', 'true');
  await expect(link('grains', 'Hours'), 'too many').toHaveCount(0);
  await link('grains', 'Weeks').click();
  await expect(page).toHaveURL('/overview?range=90d&grain=week');
  await expect(link('grains', 'Weeks')).toHaveAttribute('aria-current', 'true');
  await link('compares', 'Year before').click();
  await expect(page).toHaveURL('/overview?range=90d&cmp=yoy&grain=week');
  await page.goBack();
  await expect(page).toHaveURL('/overview?range=90d&grain=week');
  await expect(link('compares', 'Period before')).toHaveAttribute('aria-current', 'true');
  await page.goForward();
  await expect(link('compares', 'Year before')).toHaveAttribute('aria-current', 'true');
  await choice(page, 'ranges', 'Today').click();
  await expect(page, 'weeks do not suit a day').toHaveURL('/overview?range=today&cmp=yoy');
  await expect(page.getByTestId('grains')).toHaveCount(0);
  expect(await isMarked(page)).toBe(true);
});

test('filters are chips that links take away', async ({ page }) => {
  await visit(page, '/overview?app=!no%20such%20app&api=model-derivative&hide=x');
  await mark(page);
  const chips = page.getByTestId('filters');
  await expect(chips.getByRole('link')).toHaveText([
    'API: Model Derivative',
    'App: all but no such app',
    'Clear all',
  ]);
  await chips.getByRole('link', { name: 'Remove the filter App: all but no such app' }).click();
  await expect(page).toHaveURL('/overview?api=model-derivative&hide=x');
  await expect(chips.getByRole('link')).toHaveText(['API: Model Derivative']);
  await page.goBack();
  await chips.getByRole('link', { name: 'Clear all' }).click();
  await expect(page).toHaveURL('/overview?hide=x');
  await expect(chips).toHaveCount(0);
  expect(await isMarked(page)).toBe(true);
});

test('a click on a part of a column filters by its API', async ({ page }) => {
  await visit(page, '/overview?range=90d');
  await mark(page);
  const point = await inLayer(page, 0);
  await page.mouse.move(point.x, point.y);
  const current = page.getByTestId('tooltip').locator('li[data-current] .tip__name');
  const name = (await current.textContent()) ?? '';
  const legend = page.getByTestId('legend').getByRole('button').first();
  await expect(legend).toHaveText(name);
  const cursor = await page.evaluate(
    ({ x, y }) => getComputedStyle(document.elementFromPoint(x, y)!).cursor,
    point,
  );
  expect(cursor).toBe('pointer');
  await page.mouse.click(point.x, point.y);
  await expect(page).toHaveURL(/\/overview\?range=90d&api=[\w-]+$/);
  await expect(page.getByTestId('filters')).toContainText(`API: ${name}`);
  expect(await isMarked(page)).toBe(true);
  await page.goBack();
  await expect(page.getByTestId('filters')).toHaveCount(0);
});

/** A point of the window inside the largest mark of a layer. */
async function inLayer(page: Page, layer: number) {
  const plot = page.getByTestId('chart').locator('.plot__area');
  await plot.scrollIntoViewIfNeeded();
  await expect(plot).toHaveAttribute('data-live');
  const point = await plot.evaluate((plot, layer) => {
    const { left, top, width, height } = plot.getBoundingClientRect();
    for (let y = height - 4; y > 0; y -= 4) {
      for (let x = 2; x < width; x += 2) {
        const hit = document.elementFromPoint(left + x, top + y);
        if (hit?.closest(`.layer-${layer}`)) return { x: left + x, y: top + y };
      }
    }
    return null;
  }, layer);
  expect(point, `a mark of layer ${layer}`).not.toBeNull();
  return point!;
}

test('a finger first shows what it would lead to', async ({ open, demo, demoState }) => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const context = await open({ baseURL: demo.url, storageState: demoState, ...phone });
  const page = await context.newPage();
  await visit(page, '/overview');
  const point = await inLayer(page, 0);
  await page.touchscreen.tap(point.x, point.y);
  await expect(page.getByTestId('tooltip')).toBeVisible();
  await expect(page).toHaveURL(/\/overview$/);
  await page.touchscreen.tap(point.x, point.y);
  await expect(page).toHaveURL(/\/overview\?api=[\w-]+$/);
});

test('the keys move between columns and their parts and follow them', async ({ page }) => {
  await visit(page, '/overview?range=7d');
  await mark(page);
  const overlay = page.getByTestId('overlay');
  const current = page.getByTestId('tooltip').locator('li[data-current]');
  await overlay.focus();
  await expect(overlay).toHaveAttribute('aria-valuenow', '7');
  await page.keyboard.press('ArrowLeft');
  await expect(overlay).toHaveAttribute('aria-valuenow', '6');
  await expect(current).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await expect(current).toHaveCount(1);
  const parts = await page.getByTestId('tooltip').locator('.tip__name').allTextContents();
  await expect(current.locator('.tip__name')).toHaveText(parts[0]!);
  await expect(overlay).toHaveAttribute('aria-valuetext', new RegExp(`: ${parts[0]} [\\d,.]+`));
  await page.keyboard.press('ArrowUp');
  await expect(current, 'back to the whole column').toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('tooltip')).toHaveCount(0);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/overview\?range=7d&api=[\w-]+$/);
  await expect(overlay, 'the focus stays in the chart').toBeFocused();
  await page.goBack();
  await expect(page.getByTestId('filters')).toHaveCount(0);
  await expect(page.getByTestId('content')).toHaveAttribute('aria-busy', 'false');

  // A whole column leads into it.
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/overview\?from=(\d{4}-\d\d-\d\d)&to=\1$/);
  await expect(rows(page)).toHaveCount(24);
  expect(await isMarked(page)).toBe(true);
});

test('what the legend hides is in the URL, with and without a reload', async ({ page }) => {
  await visit(page, '/overview');
  const button = page.getByTestId('legend').getByRole('button').nth(1);
  await button.click();
  await expect(page).toHaveURL(/\/overview\?hide=[\w-]+$/);
  await expect(choice(page, 'ranges', '7 days')).toHaveAttribute('href', /range=7d&hide=/);
  const length = await page.evaluate(() => history.length);
  await button.click();
  await button.click();
  expect(await page.evaluate(() => history.length), 'no steps back').toBe(length);
  const whole = await total(page);
  await page.reload();
  await expect(button).toHaveAttribute('aria-pressed', 'false');
  await expect(page.getByTestId('chart')).toHaveAttribute('data-dim', '1');
  expect(await total(page), 'hidden is not left out').toBe(whole);
});

test('each bad value is told and falls back alone', async ({ page }) => {
  await visit(page, '/overview?range=7d&cmp=never&grain=second&api=&metric=events&page=x');
  const notices = page.getByTestId('notices');
  await expect(notices.locator('p')).toHaveText([
    /The filter “” was ignored/,
    /Unknown setting “page” was ignored/,
    /Unknown comparison “never” was ignored/,
    /Unknown column length “second” was ignored/,
  ]);
  await expect(rows(page)).toHaveCount(7);
  await choice(page, 'metrics', 'Tokens').click();
  await expect(page).toHaveURL('/overview?range=7d');
  await expect(notices).toHaveText('');
});

test('on phones the ranges fold out', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/overview');
  await expect(page.getByTestId('ranges')).toBeHidden();
  const picker = page.getByTestId('picker');
  await expect(picker.locator('summary')).toHaveText(/28 days/);
  await picker.locator('summary').click();
  await picker.getByRole('link', { name: '7 days', exact: true }).click();
  await expect(page).toHaveURL('/overview?range=7d');
  await expect(picker).not.toHaveAttribute('open');
  await expect(rows(page)).toHaveCount(7);
});
