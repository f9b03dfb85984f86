// Every page in every pair of language, theme, width, scripting and role: what must hold on all of
// them. Pictures go to screenshots-out/, to be looked at.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { type Combination, pairwise } from './support/pairs.ts';
import { shifts, watchShifts } from './support/shifts.ts';
import { type Account, expect, hydrated, signIn, test } from './support/test.ts';

/** A page, who may open it, and the status it has. One line a page. */
interface PageLine {
  path: string;
  /** Roles that see it; `none` is nobody. */
  for: readonly Role[];
  status?: number;
}
const ROLES = ['none', 'developer', 'manager', 'admin'] as const;
type Role = (typeof ROLES)[number];
const INSIDE: readonly Role[] = ['developer', 'manager', 'admin'];

const PAGES: readonly PageLine[] = [
  { path: '/login', for: ['none'] },
  { path: '/overview', for: ['manager', 'admin'] },
  { path: '/overview', for: ['developer'], status: 403 },
  { path: '/me', for: INSIDE },
  { path: '/nowhere', for: ROLES, status: 404 },
  { path: '/account/profile', for: INSIDE },
  { path: '/account/preferences', for: INSIDE },
  { path: '/account/password', for: INSIDE },
  { path: '/account/sessions', for: INSIDE },
  { path: '/account/keys', for: INSIDE },
  { path: '/account/keys/new', for: INSIDE },
  { path: '/account/two-factor', for: INSIDE },
  { path: '/password/forgot', for: ['none'] },
  { path: '/admin/keys', for: ['manager', 'admin'] },
  { path: '/admin/keys/new', for: ['admin'] },
  { path: '/admin/tokens', for: ['manager', 'admin'] },
  { path: '/admin/tokens/new', for: ['admin'] },
  { path: '/admin/audit', for: ['manager', 'admin'] },
  { path: '/admin/demo', for: ['admin'] },
  { path: '/balance', for: INSIDE },
  { path: '/balance/platform', for: ['manager', 'admin'] },
  { path: '/balance/field-capture', for: ['manager', 'admin'] },
  { path: '/balance/nowhere', for: INSIDE, status: 404 },
  { path: '/help', for: INSIDE },
  { path: '/help/components', for: ['admin'] },
];

const LOOKS = {
  language: ['en', 'ja'],
  theme: ['light', 'dark'],
  width: [320, 390, 768, 1280, 1920],
  scripts: [true, false],
} as const;

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What may stand in Latin letters on a Japanese page: names of things, data and code. */
const LATIN = [
  /^Tokenscope$/,
  /[@/$_<>{}[\]=]/,
  / \(demo rate\)$/,
  // Scopes of keys, and what the style guide shows as data.
  /^(ingest|ingest-rated|check|read|admin)(, (ingest|ingest-rated|check|read|admin))*$/,
  /^Plant twin$/,
  /^a-client-id-/,
  /^(API|URL|CSV|JSON|SVG|PNG|OIDC|TOTP|QR|UTC|ID|IP|REST|English)$/,
];

interface Visit extends Combination<typeof LOOKS> {
  line: PageLine;
  role: Role;
}

function visits(lines: readonly PageLine[]): Visit[] {
  return pairwise({ line: lines, role: ROLES, ...LOOKS }, ({ line, role }) =>
    line.for.includes(role),
  );
}

function nameOf({ line, role, language, theme, width, scripts }: Visit): string {
  const js = scripts ? 'js' : 'nojs';
  return `${line.path} as ${role}, ${language}, ${theme}, ${width} px, ${js}`;
}

test.describe.configure({ timeout: 60_000 });

for (const visit of visits(PAGES)) {
  test(nameOf(visit), async ({ demo, open, watch }) => {
    const { line, role, language, theme, width, scripts } = visit;
    if ((line.status ?? 200) >= 400) watch.expect(/the server responded with a status of 40[34]/);
    const context = await open({
      baseURL: demo.url,
      colorScheme: theme,
      javaScriptEnabled: scripts,
      locale: language === 'ja' ? 'ja-JP' : 'en-US',
      viewport: { width, height: 800 },
    });
    const account = ACCOUNTS[role](demo.admin);
    if (account) await signIn(context.request, demo.url, account);
    const page = await context.newPage();
    if (scripts) await watchShifts(page);
    const response = await page.goto(line.path);
    expect(response?.status(), line.path).toBe(line.status ?? 200);
    if (scripts) await hydrated(page);
    expect(new URL(page.url()).pathname, 'no way round to another page').toBe(line.path);
    await expect(page.locator('html')).toHaveAttribute('lang', language);
    await expect(page.locator('h1')).toHaveCount(1);
    await staysWithin(page);
    expect(await tinyTexts(page), 'texts below 12 px').toEqual([]);
    if (language === 'ja') expect(untranslated(await texts(page)), 'not translated').toEqual([]);
    await isAccessible(page, scripts);
    await shows(page);
    if (scripts) expect(await shifts(page), 'layout shift').toEqual([]);
    const file = nameOf(visit).replaceAll(/[^a-z0-9]+/gi, '-');
    const shot = `${import.meta.dirname}/screenshots-out/matrix${file}.png`;
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: shot, fullPage: true });
  });
}

/** Who signs in for a role: the people of the demo, who share a password. */
const ACCOUNTS: Record<Role, (admin: Account) => Account | undefined> = {
  none: () => undefined,
  developer: ({ password }) => ({ email: 'yuki.tanaka@example.com', password }),
  manager: ({ password }) => ({ email: 'manager@example.com', password }),
  admin: (admin) => admin,
};

/** The page itself never scrolls sideways; a wide table scrolls in its own region. */
async function staysWithin(page: Page) {
  const [scrolls, room] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth] as const;
  });
  expect(scrolls, 'width of the page').toBeLessThanOrEqual(room);
}

/** Texts that are seen and smaller than 12 px; for the drawing of a chart its scale counts. */
function tinyTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const tiny = new Set<string>();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!element || !node.textContent?.trim() || !element.checkVisibility()) continue;
      const size = Number.parseFloat(getComputedStyle(element).fontSize);
      const svg = element.closest('svg');
      const box = svg?.viewBox.baseVal.width;
      const scale = svg && box ? svg.getBoundingClientRect().width / box : 1;
      if (size * scale < 11.99) tiny.add(`${node.textContent.trim()} (${size * scale} px)`);
    }
    return [...tiny];
  });
}

/** Every text that people see or hear, outside of what is code. */
function texts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>([document.title]);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const outside = !node.parentElement?.closest('script, style, code, pre, [lang="en"], svg');
      if (outside && node.textContent?.trim()) found.add(node.textContent.trim());
    }
    for (const name of ['aria-label', 'title', 'alt', 'placeholder']) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        found.add(element.getAttribute(name) ?? '');
      }
    }
    return [...found];
  });
}

/** Sentences of Latin letters only: three words or more, none of them a name or data. */
export function untranslated(texts: string[]): string[] {
  return texts.filter((text) => {
    if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return false;
    if (LATIN.some((known) => known.test(text))) return false;
    const words = text.match(/[A-Za-z]{2,}/g) ?? [];
    // Names of people, teams, apps and APIs are data: each of their words begins with a capital.
    const isName = words.every((word) => /^[A-Z]/.test(word));
    return words.length >= 2 && !isName;
  });
}

async function isAccessible(page: Page, scripts: boolean) {
  // Without scripts on the page, axe cannot run in it either; its own frame rules need none.
  if (!scripts) return;
  const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
  const found = violations.map(({ id, help, nodes }) => ({
    id,
    help,
    nodes: nodes.map((node) => `${node.html} — ${node.failureSummary}`),
  }));
  expect(found, 'axe').toEqual([]);
}

/** Each of the first stops of the Tab key is seen: an outline, or another look than without. */
async function shows(page: Page) {
  for (let stop = 0; stop < 6; stop += 1) {
    await page.keyboard.press('Tab');
    const unseen = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const marked =
        (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
      const { width, height } = element.getBoundingClientRect();
      return marked && width > 0 && height > 0 ? undefined : element.outerHTML.slice(0, 200);
    });
    expect(unseen, `stop ${stop + 1} of the Tab key has no visible focus`).toBeUndefined();
  }
}

test('the combinations cover every pair, and few of them do', () => {
  const factors = { a: [1, 2, 3], b: ['x', 'y'], c: [true, false], d: [1, 2, 3, 4] } as const;
  const rows = pairwise(factors);
  for (const [one, two] of [['a', 'b'], ['a', 'c'], ['a', 'd'], ['b', 'c'], ['b', 'd'], ['c', 'd']]) {
    const met = new Set(
      rows.map((row) => JSON.stringify([row[one as 'a'], row[two as 'b']])),
    );
    const wanted = factors[one as 'a'].length * factors[two as 'b'].length;
    expect(met.size, `${one} with ${two}`).toBe(wanted);
  }
  expect(rows.length).toBeLessThanOrEqual(14);
  expect(pairwise(factors), 'no chance in it').toEqual(rows);
  const held = pairwise(factors, ({ a, b }) => !(a === 1 && b === 'x'));
  expect(held.some(({ a, b }) => a === 1 && b === 'x')).toBe(false);
});

test('a sentence that is not translated is found, and names are not', () => {
  expect(untranslated(['You are signed out.', 'Show every column'])).toHaveLength(2);
  const data = ['Plant Twin', 'a@example.org', '2026-11-21', 'API', '使用量', 'Model Derivative'];
  expect(untranslated(data)).toEqual([]);
});
