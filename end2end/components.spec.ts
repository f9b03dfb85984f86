// The living style guide and the help: every part of the pages, in every state, looked at by axe
// and by the keyboard, in both languages and both palettes.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { demoTest as test, expect, signIn, visit } from './support/test.ts';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const PATHS = ['/help', '/help/components'] as const;
const LANGUAGES = { en: 'en-US', ja: 'ja-JP' } as const;
const HEADINGS = {
  en: { '/help': 'Help', '/help/components': 'Components' },
  ja: { '/help': 'ヘルプ', '/help/components': 'コンポーネント一覧' },
} as const;

for (const [language, locale] of Object.entries(LANGUAGES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const path of PATHS) {
      test(`${path} is sound in ${language}, ${colorScheme}`, async ({ open, demo, demoState }) => {
        const context = await open({
          baseURL: demo.url,
          storageState: demoState,
          locale,
          colorScheme,
        });
        const page = await context.newPage();
        await visit(page, path);
        const heading = HEADINGS[language as 'en' | 'ja'][path];
        await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
        const found = violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.map((node) => `${node.html} — ${node.failureSummary}`),
        }));
        expect(found).toEqual([]);
        const shot = `${import.meta.dirname}/screenshots-out/${language}-${colorScheme}`;
        const name = path.replaceAll('/', '-');
        await page.screenshot({ path: `${shot}${name}.png`, fullPage: true });
      });
    }
  }
}

for (const locale of Object.values(LANGUAGES)) {
  for (const width of [320, 390, 768, 1280, 1920]) {
    test(`all fits and can be read at ${width} px in ${locale}`, async ({
      open,
      demo,
      demoState,
    }) => {
      const viewport = { width, height: 800 };
      const signedIn = { baseURL: demo.url, storageState: demoState };
      const context = await open({ ...signedIn, viewport, locale });
      const page = await context.newPage();
      for (const path of [...PATHS, '/overview', '/me']) {
        await visit(page, path);
        expect(await tooWide(page), `${path} scrolls sideways`).toEqual([]);
        expect(await tooSmall(page), `${path} is set too small`).toEqual([]);
        expect(await hardToHit(page), `${path} has targets under 24 px`).toEqual([]);
      }
    });
  }
}

/** What makes the page scroll sideways; a wide table scrolls in its own region. */
function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const isClipped = (node: Element): boolean => {
      for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
        if (getComputedStyle(up).overflowX !== 'visible') return true;
      }
      return false;
    };
    const wide = [...document.body.querySelectorAll('*')].filter(
      (node) =>
        node.checkVisibility() &&
        node.getBoundingClientRect().right > width + 1 &&
        !isClipped(node),
    );
    const scrolls = document.documentElement.scrollWidth > width ? ['the page itself'] : [];
    return [...scrolls, ...wide.map((node) => node.outerHTML.slice(0, 120))];
  });
}

function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const hasText = (node: Element) =>
      [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent?.trim());
    return [...document.body.querySelectorAll('*')]
      .filter((node) => !(node instanceof HTMLScriptElement) && hasText(node))
      .filter((node) => parseFloat(getComputedStyle(node).fontSize) < 12)
      .map((node) => node.outerHTML.slice(0, 120));
  });
}

/** Buttons, links and fields that are smaller than 24 px; links within a text may be. */
function hardToHit(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const selector = 'button, summary, input:not([type=hidden]), select, nav a, .button, .chip';
    return [...document.body.querySelectorAll(selector)]
      .filter((node) => node.checkVisibility() && !node.closest('.skip'))
      .filter((node) => {
        const { width, height } = node.getBoundingClientRect();
        return width < 24 || height < 24;
      })
      .filter((node) => !(node instanceof HTMLInputElement && node.labels?.length))
      .map((node) => node.outerHTML.slice(0, 120));
  });
}

test('the keyboard reaches every control, and shows where it is', async ({ page }) => {
  await visit(page, '/help/components');
  const wanted = await page.evaluate(() => {
    const selector =
      'a[href], button, summary, select, input:not([type=hidden]), [tabindex="0"]';
    const controls = [...document.querySelectorAll(selector)].filter(
      (node) =>
        node.checkVisibility({ visibilityProperty: true }) &&
        !(node as HTMLButtonElement).disabled &&
        !node.closest('fieldset:disabled') &&
        // One stop for all the choices of a group.
        !(node instanceof HTMLInputElement && node.type === 'radio'),
    );
    controls.forEach((node, n) => node.setAttribute('data-stop', String(n)));
    return controls.length;
  });
  expect(wanted).toBeGreaterThan(60);
  const [reached, unseen] = [new Set<string>(), [] as string[]];
  for (let n = 0; n < wanted + 40; n++) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(() => {
      const node = document.activeElement;
      if (!node || node === document.body) return null;
      const style = getComputedStyle(node);
      const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
      const html = node.outerHTML.slice(0, 120);
      return { stop: node.getAttribute('data-stop'), outlined, html };
    });
    if (!stop) break;
    if (stop.stop) reached.add(stop.stop);
    if (!stop.outlined) unseen.push(stop.html);
  }
  const missed = await page.evaluate(
    (reached) =>
      [...document.querySelectorAll('[data-stop]')]
        .filter((node) => !reached.includes(node.getAttribute('data-stop')!))
        .map((node) => node.outerHTML.slice(0, 120)),
    [...reached],
  );
  expect({ missed, unseen }).toEqual({ missed: [], unseen: [] });
});

test('a dialog opens and closes by keyboard, and gives the focus back', async ({ page }) => {
  await visit(page, '/help/components');
  await dialogByKeyboard(page);
});

test('a secret is copied, and said to be', async ({ page, context, demo }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: demo.url });
  await visit(page, '/help/components');
  const secret = page.getByTestId('secret');
  await secret.getByRole('button', { name: 'Copy' }).click();
  await expect(secret.getByRole('status')).toHaveText('Copied');
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await secret.locator('code').textContent());
});

test('on a phone the navigation folds out, leads on and closes', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await visit(page, '/me');
  await expect(page.locator('header .nav')).toBeHidden();
  const button = page.locator('.nav-menu summary');
  await button.click();
  const link = page.locator('.nav-menu').getByRole('link', { name: 'Overview' });
  await link.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Overview');
  await expect(page.locator('.nav-menu')).not.toHaveAttribute('open');
  await button.click();
  await expect(link, 'the mark moves along').toHaveAttribute('aria-current', 'page');
  await page.mouse.click(380, 800);
  await expect(page.locator('.nav-menu'), 'a click beside it').not.toHaveAttribute('open');
});

test('figures can link to their explanation', async ({ page }) => {
  const anchors = ['balance', 'available', 'used', 'burn-rate', 'run-out', 'uncharged', 'change'];
  await visit(page, '/help');
  for (const anchor of anchors) {
    await expect(page.locator(`h3#${anchor}`), anchor).toHaveCount(1);
  }
  await page.goto('/help#run-out');
  await expect(page.locator('h3#run-out')).toBeInViewport();
});

test('who is no admin is told what it takes', async ({ open, books, watch }) => {
  watch.expect(/status of 403/);
  const context = await open({ baseURL: books.url });
  await signIn(context.request, books.url, books.developer);
  const page = await context.newPage();
  await visit(page, '/help/components', 403);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('You may not see this page');
  await expect(page.getByTestId('empty-denied')).toContainText('the role admin');
  await visit(page, '/help');
  await expect(page.getByRole('main').getByRole('link', { name: /Components/ })).toHaveCount(0);
  await expect(page.locator('header .nav').getByRole('link')).toHaveText(['My usage']);
});

test('print shows the figures and none of the controls', async ({ page }) => {
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  await visit(page, '/overview');
  for (const gone of ['.header', '.footer', '.controls']) {
    await expect(page.locator(gone).first(), gone).toBeHidden();
  }
  await expect(page.locator('.plot__svg:visible')).toHaveCount(1);
  await expect(page.getByTestId('team-card').first()).toBeVisible();
  const ink = await page.evaluate(() => getComputedStyle(document.body).color);
  expect(ink, 'black, although the system is dark').toBe('rgb(0, 0, 0)');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the guide is whole, its menus and dialogs open and close', async ({ page }) => {
    await page.goto('/help/components');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Components');
    await expect(page.locator('.guide__body > section > h2')).toHaveCount(16);
    await expect(page.locator('[data-copy]'), 'needs JavaScript').toBeHidden();
    await page.locator('header .account summary').click();
    await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible();
    await page.locator('header .account summary').click();
    await dialogByKeyboard(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('.nav-menu summary').click();
    await page.locator('.nav-menu').getByRole('link', { name: 'My usage' }).click();
    await expect(page).toHaveURL(/\/me$/);
    await expect(page.locator('.nav-menu')).not.toHaveAttribute('open');
  });
});

/** Opens the guide's dialog with Enter and closes it with Esc and by its button. */
async function dialogByKeyboard(page: Page) {
  const opens = page.getByRole('button', { name: 'Void this lot…' });
  const dialog = page.getByRole('dialog', { name: 'Void this lot?' });
  await expect(dialog).toBeHidden();
  await opens.focus();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opens).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Close' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
}
