import type { Page } from '@playwright/test';
import { demoTest as test, expect, visit } from './support/test.ts';

interface Stop {
  place: string;
  name: string;
  visible: boolean;
}

test('the keyboard alone reaches everything, in the order of reading', async ({ page }) => {
  await visit(page, '/overview');
  const stops: Stop[] = [];
  for (let n = 0; n < 120; n++) {
    await page.keyboard.press('Tab');
    const stop = await focused(page);
    if (!stop || (n > 0 && stop.place === 'skip')) break;
    stops.push(stop);
  }
  const first = (place: string) => stops.findIndex((stop) => stop.place === place);
  expect(stops[0]?.name).toBe('Skip to content');
  const order = ['skip', 'nav', 'account', 'ranges', 'metrics', 'card', 'chart', 'legend', 'by-api', 'top-apps'];
  const places = order.map(first);
  expect(places.every((place) => place >= 0), JSON.stringify({ order, places })).toBe(true);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(stops.filter((stop) => stop.place === 'chart'), 'the chart is one stop').toHaveLength(1);
  expect(stops.filter((stop) => stop.place === 'ranges')).toHaveLength(11);
  expect(stops.filter((stop) => !stop.visible)).toEqual([]);
});

/** Where the focus is and whether a person can see that. */
function focused(page: Page): Promise<Stop | null> {
  return page.evaluate(() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const inside = (selector: string) => node.closest(selector) !== null;
    const place = (
      [
        ['skip', '.skip'],
        ['nav', 'header nav'],
        ['account', 'header .account'],
        ['ranges', '[data-testid=ranges]'],
        ['metrics', '[data-testid=metrics]'],
        ['card', '[data-testid=team-card]'],
        ['chart', '[data-testid=overlay]'],
        ['legend', '[data-testid=legend]'],
        ['by-api', '.table-region:has(#by-api)'],
        ['top-apps', '.table-region:has(#top-apps)'],
      ] as const
    ).find(([, selector]) => inside(selector));
    const style = getComputedStyle(node);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return {
      place: place?.[0] ?? node.tagName.toLowerCase(),
      name: (node.textContent ?? '').trim().slice(0, 40),
      visible: outlined || style.boxShadow !== 'none',
    };
  });
}

test('the account menu opens, is walked and closes by keyboard', async ({ page }) => {
  await visit(page, '/me');
  const summary = page.locator('header .account summary');
  const signOut = page.getByRole('button', { name: 'Sign out' });
  await expect(signOut).toBeHidden();
  await summary.focus();
  await page.keyboard.press('Enter');
  await expect(signOut).toBeVisible();
  const names: string[] = [];
  for (let n = 0; n < 7; n++) {
    await page.keyboard.press('Tab');
    names.push((await page.locator(':focus').textContent())?.trim() ?? '');
  }
  expect(names).toEqual([
    ...['Profile', 'Preferences', 'Sessions', 'Personal keys', 'Two-factor sign-in'],
    ...['Help', 'Sign out'],
  ]);
  await page.keyboard.press('Escape');
  await expect(signOut).toBeHidden();
  await expect(summary).toBeFocused();
});

test('the skip link leads to the content', async ({ page }) => {
  await visit(page, '/overview');
  await page.keyboard.press('Tab');
  await expect(page.getByText('Skip to content')).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByTestId('ranges').getByRole('link').first()).toBeFocused();
});

test('a range can be chosen with Enter', async ({ page }) => {
  await visit(page, '/overview');
  await page.getByTestId('ranges').getByRole('link', { name: '90 days' }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/range=90d$/);
  await expect(page.locator('#by-bucket tbody tr')).toHaveCount(90);
});

test('a short figure shows all its digits on focus', async ({ page }) => {
  await visit(page, '/overview');
  const figure = page.getByTestId('usage-total').getByTestId('figure');
  const exact = figure.locator('.figure__exact');
  const size = () => exact.evaluate((node) => node.getBoundingClientRect().width);
  expect(await size(), 'hidden from sight at first').toBeLessThan(4);
  await figure.focus();
  await expect.poll(size).toBeGreaterThan(20);
  await expect(exact).toContainText(/^[\d,.]+ tokens$/);
});
