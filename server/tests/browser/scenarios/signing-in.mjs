import assert from 'node:assert/strict';

export const scenarios = {
  'the root leads to the page': async ({ page, service }) => {
    await page.goto(service.url);
    await page.getByLabel('API key').waitFor();
    assert.equal(page.url(), `${service.url}/admin/`);
  },

  'a wrong key is told and may be tried again': async (scene) => {
    const { page, service } = scene;
    await scene.goto();
    await page.getByLabel('API key').fill('lu_nonsense');
    await page.keyboard.press('Enter');
    const alert = page.locator('main [role=alert]');
    await alert.getByText('does not know this key').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'key');
    await page.getByLabel('API key').fill(service.key);
    await page.keyboard.press('Enter');
    await scene.said('Signed in with the key first');
  },

  'the key stays in the tab and goes with signing out': async (scene) => {
    const { page, service, context } = scene;
    await scene.signIn();
    const kept = () =>
      page.evaluate(() => [Object.values(sessionStorage), Object.values(localStorage)]);
    assert.deepEqual(await kept(), [[service.key], []]);
    assert.deepEqual(await context.cookies(), []);
    await page.reload();
    await page.getByRole('heading', { name: 'Apps' }).waitFor();

    const other = await context.newPage();
    await other.goto(`${service.url}/admin/`);
    await other.getByLabel('API key').waitFor();
    await other.close();

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key').waitFor();
    assert.deepEqual(await kept(), [[], []]);
  },

  'a key that was revoked leads back to the door': async (scene) => {
    const { page, service } = scene;
    const made = await service.ask('POST', '/api/v1/keys', { name: 'short', permission: 'read' });
    await scene.signIn(made.key);
    await service.ask('DELETE', `/api/v1/keys/${made.id}`);
    await page.reload();
    await page.getByText('may have been revoked').waitFor();
    await page.getByLabel('API key').waitFor();
  },

  'who may only look is offered nothing else': async (scene) => {
    const { page, service } = scene;
    await service.makeApp('com.example.app', 'Example');
    const made = await service.ask('POST', '/api/v1/keys', { name: 'eyes', permission: 'read' });
    await scene.signIn(made.key);
    assert.equal(await page.getByRole('button', { name: 'New app' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'API keys' }).count(), 0);
    await scene.open('com.example.app');
    assert.equal(await page.getByRole('link', { name: 'Upload' }).count(), 0);
    assert.equal(await page.locator('main').getByRole('button', { name: /…$/ }).count(), 0);
  },
};
