import { demoTest as test, expect, total, card, onCard, signOut } from './support/test.ts';

test.use({ javaScriptEnabled: false });

test('without JavaScript: sign-in, figures, table and ranges work', async ({ page, demo }) => {
  await page.context().clearCookies();
  await page.goto('/overview');
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('E-mail').fill(demo.admin.email);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The e-mail or the password is wrong');
  await expect(page.getByRole('alert'), 'focused by the browser itself').toBeFocused();
  await expect(page.getByLabel('E-mail')).toHaveValue(demo.admin.email);
  await page.getByLabel('Password').fill(demo.admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/overview$/);

  await expect(page.getByTestId('team-card')).toHaveCount(4);
  await expect(card(page, 'platform')).toBeVisible();
  expect(await onCard(page, 'platform', 'Total')).toBeGreaterThan(0n);
  const month = await total(page);
  expect(month).toBeGreaterThan(0n);
  await expect(page.locator('.plot__svg--wide .layer-0 path').first()).toBeVisible();
  expect(await page.locator('#by-api tbody tr').count()).toBeGreaterThan(3);
  await page.getByText('Show every column as a table').click();
  await expect(page.locator('#by-bucket tbody tr')).toHaveCount(28);
  await expect(page.locator('#by-bucket')).toBeVisible();

  await page.getByTestId('ranges').getByRole('link', { name: '7 days' }).click();
  await expect(page).toHaveURL(/\/overview\?range=7d$/);
  expect(await total(page)).toBeLessThan(month);
  await page.getByTestId('metrics').getByRole('link', { name: 'Events' }).click();
  await expect(page).toHaveURL(/\/overview\?range=7d&metric=events$/);
  await expect(page.locator('#by-api caption')).toContainText('Events by API');

  await signOut(page);
  await expect(page).toHaveURL(/\/login/);
  await expect(page.getByText('You are signed out.')).toBeVisible();
});

test('controls that need JavaScript are not offered without it', async ({ page }) => {
  await page.goto('/overview');
  await expect(page.getByTestId('overlay')).toHaveCount(0);
  for (const button of await page.getByTestId('legend').getByRole('button').all()) {
    await expect(button).toBeDisabled();
  }
});

test('without JavaScript dates are picked by a form, and filters taken away by links', async ({
  page,
}) => {
  await page.goto('/overview?metric=events&api=!webhooks');
  const picker = page.getByTestId('picker');
  await picker.locator('summary').click();
  await picker.getByLabel('From').fill('2026-01-01');
  await picker.getByLabel('To').fill('2026-01-05');
  await picker.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/\?from=2026-01-01&to=2026-01-05&metric=events&api=(!|%21)webhooks$/);
  await expect(page.getByTestId('notices')).toHaveText('');
  await page.getByTestId('filters').getByRole('link').click();
  await expect(page).toHaveURL('/overview?from=2026-01-01&to=2026-01-05&metric=events');
});
