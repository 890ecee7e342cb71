import assert from 'node:assert/strict';

import { bundle } from '../zip.mjs';

const APP = 'com.example.app';

export const scenarios = {
  'an app begins with what to do next': async (scene) => {
    const { page, service } = scene;
    await scene.signIn();
    await page.getByText('There is no app yet').waitFor();
    await page.getByText(`--server ${service.url}`).waitFor();
    await scene.picture('no-apps');
    await page.getByRole('button', { name: 'New app…' }).click();
    await scene.dialog().getByLabel('App id').fill(APP);
    await scene.dialog().getByLabel('Name').fill('Example');
    await scene.confirm('Make the app');
    await page.getByRole('heading', { level: 1, name: 'Example' }).waitFor();
    await page.getByText('Upload a bundle, then release it').waitFor();
    const shown = await page.getByRole('region', { name: 'the configuration' }).textContent();
    const { LiveUpdater } = JSON.parse(shown).plugins;
    assert.deepEqual([LiveUpdater.appId, LiveUpdater.updateUrl], [APP, service.url]);
  },

  'an app that is there already is told in the dialog': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await page.getByRole('button', { name: 'New app…' }).click();
    await scene.dialog().getByLabel('App id').fill(APP);
    await scene.confirm('Make the app');
    await scene.dialog().getByRole('alert').getByText('already exists').waitFor();
    await page.keyboard.press('Escape');
  },

  'a channel is made, changed and deleted': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await scene.open(APP);
    await page.getByRole('button', { name: 'New channel…' }).click();
    await scene.dialog().getByLabel('Name').fill('beta testers');
    await scene.confirm('Make the channel');
    await scene.said('Made the channel beta testers');
    await page.getByRole('button', { name: 'Settings of beta testers…' }).click();
    await scene.dialog().getByLabel('Devices may choose it').check();
    await scene.dialog().getByLabel('Platforms').fill('ios, android');
    await scene.dialog().getByLabel('percent of failures').fill('');
    await scene.confirm('Save');
    await scene.said('Saved the settings of beta testers');
    const changed = await service.channel(APP, 'beta testers');
    assert.deepEqual(
      [changed.selfSet, changed.platforms, changed.autoPause.failures],
      [true, ['ios', 'android'], null],
    );
    await page.getByRole('button', { name: 'Settings of beta testers…' }).click();
    await scene.confirm('Delete the channel…');
    await scene.confirm('Delete beta testers');
    await scene.said('Deleted the channel beta testers');
    assert.equal(await service.channel(APP, 'beta testers'), undefined);
  },

  'a bundle that a channel gives is not deleted': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await service.upload(APP, '1.0.0', bundle('one'));
    await service.upload(APP, '1.1.0', bundle('two'));
    await service.release(APP, 'production', '1.1.0');
    await scene.signIn();
    await scene.open(APP, 'bundles');
    await page.getByRole('button', { name: 'Delete 1.1.0…' }).click();
    await scene.confirm('Delete 1.1.0');
    const alert = scene.dialog().getByRole('alert');
    await alert.getByText('Release another version there, then delete this one.').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete 1.0.0…' }).click();
    await scene.confirm('Delete 1.0.0');
    await scene.said('Deleted 1.0.0');
    const { bundles } = await service.ask('GET', `/api/v1/apps/${APP}/bundles`);
    assert.deepEqual(
      bundles.map(({ name }) => name),
      ['1.1.0'],
    );
  },

  'a key is shown once, works, and is revoked': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'New key…' }).click();
    await scene.dialog().getByLabel('Name').fill('ci');
    await scene.dialog().getByLabel('App').selectOption(APP);
    await scene.confirm('Make the key');
    const secret = await page.locator('#secret').textContent();
    const caller = () => service.ask('GET', '/api/v1/caller', undefined, secret);
    assert.deepEqual([(await caller()).permission, (await caller()).appId], ['upload', APP]);
    await scene.confirm('I have it');
    await scene.said('Made the key ci');
    assert.ok(!(await page.content()).includes(secret), 'it is gone from the page');
    await page.getByRole('button', { name: 'Revoke ci…' }).click();
    await scene.confirm('Revoke ci');
    await scene.said('Revoked the key ci');
    await assert.rejects(caller(), /401/);
  },

  'devices have to send a token, and need none again': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await scene.open(APP, 'settings');
    await page.getByRole('button', { name: 'Ask for a token…' }).click();
    const token = await page.locator('#token').textContent();
    await scene.confirm('Ask devices for it');
    await scene.said('Devices have to send the new token');
    await assert.rejects(service.check(APP, '1.0.0', 'a'), /401/);
    await service.check(APP, '1.0.0', 'a', `Bearer ${token}`);
    await page.getByRole('button', { name: 'Ask for none…' }).click();
    await scene.confirm('Ask for none');
    await scene.said('Devices need no token');
    await service.check(APP, '1.0.0', 'a');
  },

  'an app gets another name, and who did it is listed': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await scene.signIn();
    await scene.open(APP, 'settings');
    await page.getByLabel('Name').fill('Another');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { level: 1, name: 'Another' }).waitFor();
    await scene.open(APP, 'activity');
    const row = page.getByRole('row').filter({ hasText: 'app.change' });
    assert.equal(await row.getByRole('cell').last().textContent(), 'first');
  },
};
