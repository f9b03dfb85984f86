// Light, dark and narrow: nothing scrolls sideways, axe finds nothing; pictures for people.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { demoTest as test, expect, visit } from './support/test.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PATHS = ['/login', '/overview', '/me'] as const;
const LOOKS = {
  'wide-light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  'wide-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  'phone-light': { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone-dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
} as const;

for (const [look, options] of Object.entries(LOOKS)) {
  for (const path of PATHS) {
    test(`${path} is sound in ${look}`, async ({ open, demo, demoState }, info) => {
      const signedIn = path === '/login' ? {} : { storageState: demoState };
      const context = await open({ baseURL: demo.url, ...options, ...signedIn });
      const page = await context.newPage();
      await visit(page, path);
      await staysWithin(page);
      const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
      const found = violations.map(({ id, help, nodes }) => ({
        id,
        help,
        nodes: nodes.map((node) => `${node.html} — ${node.failureSummary}`),
      }));
      expect(found).toEqual([]);
      const name = `${look}${path.replaceAll('/', '-')}.png`;
      const shot = `${import.meta.dirname}/screenshots-out/${name}`;
      await page.screenshot({ path: shot, fullPage: true });
      await info.attach(name, { path: shot, contentType: 'image/png' });
    });
  }
}

test('the dark theme is dark, and so is its chart', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await visit(page, '/overview');
  const dark = await colours(page);
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await colours(page);
  expect(luminance(dark.background)).toBeLessThan(0.1);
  expect(luminance(dark.text)).toBeGreaterThan(0.5);
  expect(luminance(light.background)).toBeGreaterThan(0.8);
  expect(dark.series).not.toBe(light.series);
});

function colours(page: Page) {
  return page.evaluate(() => {
    const series = document.querySelector('.legend .swatch');
    const grounds = [document.body, document.documentElement].map(
      (node) => getComputedStyle(node).backgroundColor,
    );
    return {
      background: grounds.find((colour) => colour !== 'rgba(0, 0, 0, 0)') ?? '',
      text: getComputedStyle(document.body).color,
      series: series ? getComputedStyle(series).backgroundColor : '',
    };
  });
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

for (const width of [320, 390, 768, 1920]) {
  test(`nothing scrolls sideways at ${width} px`, async ({ page, watch }) => {
    watch.expect(/status of 404/);
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['/overview', '/overview?range=12m&metric=events', '/me', '/nowhere']) {
      await page.goto(path);
      await staysWithin(page);
    }
  });
}

/** The page itself never scrolls sideways; a wide table scrolls in its own region. */
async function staysWithin(page: Page) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isClipped = (node: Element): boolean => {
      for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
        if (getComputedStyle(up).overflowX !== 'visible') return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll('*')]
      .filter((node) => node.getBoundingClientRect().right > width + 1 && !isClipped(node))
      .map((node) => `<${node.tagName.toLowerCase()} class="${node.getAttribute('class')}">`);
    return { scrolls: document.documentElement.scrollWidth > width, wide };
  });
  expect(wide, page.url()).toEqual({ scrolls: false, wide: [] });
}

test('the tooltip stays on a phone', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/overview');
  const overlay = page.getByTestId('overlay');
  await overlay.focus();
  for (const key of ['Home', 'End']) {
    await page.keyboard.press(key);
    await expect(page.getByTestId('tooltip')).toBeVisible();
    await staysWithin(page);
    const box = (await page.getByTestId('tooltip').boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
  }
});
