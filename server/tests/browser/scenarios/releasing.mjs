import assert from 'node:assert/strict';

import { bundle } from '../zip.mjs';

const APP = 'com.example.app';

async function twoVersions({ service }) {
  await service.makeApp(APP, 'Example');
  await service.upload(APP, '1.0.0', bundle('one'));
  await service.upload(APP, '1.1.0', bundle('two'));
}

async function rolling(scene) {
  await twoVersions(scene);
  await scene.service.release(APP, 'production', '1.0.0');
  await scene.service.release(APP, 'production', '1.1.0', 10);
  await scene.signIn();
  await scene.open(APP);
}

async function given({ service }) {
  const { releases } = await service.channel(APP, 'production');
  return releases.map(({ version, state, percent }) => `${version} ${state} ${percent}`);
}

export const scenarios = {
  'a bundle goes to a tenth, to half, to all, and back': async (scene) => {
    const { page } = scene;
    await twoVersions(scene);
    await scene.service.release(APP, 'production', '1.0.0');
    await scene.signIn();
    await scene.open(APP, 'bundles');
    await page.getByRole('button', { name: 'Release 1.1.0…' }).click();
    await scene.dialog().getByLabel('Percent of the devices').fill('10');
    await scene.dialog().getByText('10 % of the devices on production get 1.1.0').waitFor();
    await scene.confirm('Release');
    await scene.said('production: 1.1.0 goes to 10 % of the devices');
    assert.deepEqual(await given(scene), ['1.1.0 rollout 10', '1.0.0 full 100']);

    await scene.open(APP);
    const slider = page.getByRole('slider', { name: 'Share' });
    await slider.fill('50');
    assert.deepEqual(await given(scene), ['1.1.0 rollout 10', '1.0.0 full 100']);
    await page.getByRole('button', { name: 'Set to 50 %' }).click();
    await scene.said('production: 50 % of the devices');
    assert.deepEqual(await given(scene), ['1.1.0 rollout 50', '1.0.0 full 100']);

    await page.getByRole('button', { name: 'Pause the rollout on production' }).click();
    await scene.said('production: paused');
    assert.deepEqual(await given(scene), ['1.1.0 paused 50', '1.0.0 full 100']);
    const resume = page.getByRole('button', { name: 'Resume the rollout on production' });
    await resume.waitFor();
    const focused = await page.evaluate(() => document.activeElement.textContent);
    assert.equal(focused, 'Resume', 'the focus stays where it was');
    await resume.click();
    await scene.said('production: resumed');

    await page.getByRole('button', { name: 'Promote the rollout on production…' }).click();
    await scene.confirm('Give 1.1.0 to all');
    await scene.said('production: all devices get 1.1.0');
    assert.deepEqual(await given(scene), ['1.1.0 full 100']);

    await page.getByRole('button', { name: 'Roll back production…' }).click();
    await scene.dialog().getByText('all devices on production get 1.0.0').waitFor();
    await scene.picture('dialog');
    await scene.confirm('Go back to 1.0.0');
    await scene.said('production: all devices get 1.0.0 again');
    assert.deepEqual(await given(scene), ['1.0.0 full 100']);

    await page.getByRole('link', { name: 'History of production' }).click();
    await page.getByRole('table', { name: 'Releases on production' }).waitFor();
    assert.equal(await page.getByRole('row').count(), 4);
  },

  'who thinks better of it changes nothing': async (scene) => {
    const { page } = scene;
    await rolling(scene);
    const before = await given(scene);
    await page.getByRole('button', { name: 'Roll back production…' }).click();
    await scene.dialog().getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Promote the rollout on production…' }).click();
    await page.keyboard.press('Escape');
    await scene.dialog().waitFor({ state: 'detached' });
    const focused = await page.evaluate(() => document.activeElement.id);
    assert.match(focused, /^promote-/, 'the focus is back');
    assert.deepEqual(await given(scene), before);
  },

  'going back while something rolls out takes that away': async (scene) => {
    const { page } = scene;
    await rolling(scene);
    await page.getByRole('button', { name: 'Roll back production…' }).click();
    await scene.confirm('Go back to 1.0.0');
    await scene.said('get 1.0.0 again');
    assert.deepEqual(await given(scene), ['1.0.0 full 100']);
  },

  'a first release can only be taken back to the app': async (scene) => {
    const { page } = scene;
    await twoVersions(scene);
    await scene.service.release(APP, 'production', '1.0.0');
    await scene.signIn();
    await scene.open(APP);
    await page.getByRole('button', { name: 'Roll back production…' }).click();
    await scene.dialog().getByText('gave nothing else before').waitFor();
    await scene.confirm("Go back to the app's own files");
    await scene.said('production: all devices get');
    assert.deepEqual(await given(scene), ['builtin full 100']);
  },

  'a rollout that paused by itself says why': async (scene) => {
    const { page, service } = scene;
    await twoVersions(scene);
    await service.ask('PUT', `/api/v1/apps/${APP}/channels/production`, {
      autoPause: { failures: 10, minReports: 5 },
    });
    await service.release(APP, 'production', '1.1.0', 20);
    for (let device = 0; device < 5; device += 1) {
      await service.report(APP, '1.1.0', device > 1, `device-${device}`);
    }
    await service.report(APP, '1.1.0', false, 'device-6');
    await scene.signIn();
    await scene.open(APP);
    await page.getByText('It paused by itself: 3 of 6 reports are failures').waitFor();
  },

  'a rollout that another one has replaced is not changed': async (scene) => {
    const { page, service } = scene;
    await rolling(scene);
    await service.upload(APP, '1.2.0', bundle('three'));
    await service.release(APP, 'production', '1.2.0', 1);
    await page.getByRole('slider').fill('100');
    await page.getByRole('button', { name: 'Set to 100 %' }).click();
    await page.getByRole('alert').getByText('Another release rolls out by now').waitFor();
    await page.getByText('Reload the page').waitFor();
    assert.deepEqual(await given(scene), ['1.2.0 rollout 1', '1.0.0 full 100']);
  },
};
