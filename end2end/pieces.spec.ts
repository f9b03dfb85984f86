// Pages that arrive piece by piece: nothing on them moves, because nothing of them is seen before
// all of it is there.
import type { Page } from '@playwright/test';
import { Pieces } from './support/pieces.ts';
import { shifts, watchShifts } from './support/shifts.ts';
import { demoTest as test, expect, visit } from './support/test.ts';

/** Whatever takes its width from what follows: menus, choices, cards, columns of tables. */
const PAGES = [
  { path: '/overview', width: 1280 },
  { path: '/overview', width: 320 },
  { path: '/me', width: 1280 },
  { path: '/account/sessions', width: 768 },
  { path: '/account/keys', width: 320 },
  { path: '/admin/keys', width: 320 },
  { path: '/admin/tokens', width: 1280 },
] as const;

for (const { path, width } of PAGES) {
  test(`${path} in pieces stands still, ${width} px`, async ({ page, demo }) => {
    const pieces = await Pieces.before(demo.url);
    expect(await moved(page, pieces, path, width)).toEqual([]);
    await pieces.stop();
  });
}

test('a page that does not wait for its end moves, and that is found', async ({ page, demo }) => {
  const pieces = await Pieces.before(demo.url, (html) => {
    return html.replace(/<link rel="expect"[^>]*>/, '');
  });
  expect(await moved(page, pieces, '/overview', 1280)).not.toEqual([]);
  await pieces.stop();
});

async function moved(page: Page, pieces: Pieces, path: string, width: number) {
  await page.setViewportSize({ width, height: 800 });
  await watchShifts(page);
  await visit(page, pieces.url + path);
  return shifts(page);
}
