import assert from 'node:assert/strict';

import { bundle, withoutPage } from '../zip.mjs';

const APP = 'com.example.app';

async function atTheForm(scene) {
  await scene.service.makeApp(APP, 'Example');
  await scene.signIn();
  await scene.open(APP, 'upload');
}

function zip(name, buffer) {
  return { name, mimeType: 'application/zip', buffer };
}

/** From now on the network is slow. */
async function slowDown({ context, page }) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 1_000_000,
  });
}

export const scenarios = {
  'a bundle is sent with all that is told of it': async (scene) => {
    const { page, service } = scene;
    await atTheForm(scene);
    await slowDown(scene);
    await page
      .getByLabel('Zip of the web files')
      .setInputFiles(zip('app-1.2.3.zip', bundle('x', 3_000_000)));
    assert.equal(await page.getByLabel('Version', { exact: true }).inputValue(), '1.2.3');
    await page.getByLabel('From native version').fill('2.0');
    await page.getByLabel('To native version').fill('3');
    await page.getByLabel('Release notes').fill('Größer & better');
    await page.getByLabel('Mandatory').check();
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.waitForFunction(() => {
      const bar = document.querySelector('progress');
      return bar && bar.value > 0 && bar.value < 100;
    });
    await page.getByText(/^Sent \d+ % of 3\.0 MB$/).waitFor();
    await scene.picture('progress');
    await page.getByText('Uploaded 1.2.3').waitFor();

    const { bundles } = await service.ask('GET', `/api/v1/apps/${APP}/bundles`);
    const { name, mandatory, releaseNotes, minUpdateVersion, maxAppVersion } = bundles[0];
    assert.deepEqual(
      { name, mandatory, releaseNotes, minUpdateVersion, maxAppVersion },
      {
        name: '1.2.3',
        mandatory: true,
        releaseNotes: 'Größer & better',
        minUpdateVersion: '2.0',
        maxAppVersion: '3',
      },
    );
    await page.getByRole('button', { name: 'Release 1.2.3…' }).click();
    await scene.confirm('Release');
    await scene.said('production: 1.2.3 goes to all of the devices');
    assert.equal((await service.check(APP, '1.0.0', 'a')).version, '1.2.3');
  },

  'the version is guessed from the name of the file': async (scene) => {
    await atTheForm(scene);
    const { page } = scene;
    const names = {
      'dist-1.2.3.zip': '1.2.3',
      'my-app_2.0.0-beta.1.zip': '2.0.0-beta.1',
      'v10.20.30.zip': '10.20.30',
      '1.0.0.zip': '1.0.0',
    };
    for (const [name, version] of Object.entries(names)) {
      await page.getByLabel('Zip of the web files').setInputFiles(zip(name, Buffer.from('x')));
      const guessed = await page.getByLabel('Version', { exact: true }).inputValue();
      assert.equal(guessed, version, name);
    }
  },

  'a bundle is dropped on the form': async (scene) => {
    await atTheForm(scene);
    const { page } = scene;
    const bytes = bundle('dropped').toString('base64');
    const transfer = await page.evaluateHandle((text) => {
      const content = Uint8Array.from(window.atob(text), (letter) => letter.charCodeAt(0));
      const dropped = new window.DataTransfer();
      dropped.items.add(new window.File([content], 'app-4.0.0.zip'));
      return dropped;
    }, bytes);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByText('Uploaded 4.0.0').waitFor();
  },

  'what devices would refuse is refused with advice': async (scene) => {
    const { page, service } = scene;
    await service.makeApp(APP, 'Example');
    await service.upload(APP, '1.0.0', bundle('one'));
    await scene.signIn();
    await scene.open(APP, 'upload');
    const cases = [
      ['a-2.0.0.zip', withoutPage(), 'index.html has to lie at the top'],
      ['a-2.0.0.zip', Buffer.from('no zip'), 'Make the zip with'],
      ['a-1.0.0.zip', bundle('other'), 'Choose a higher version'],
    ];
    for (const [name, bytes, advice] of cases) {
      await page.getByLabel('Zip of the web files').setInputFiles(zip(name, bytes));
      await page.getByRole('button', { name: 'Upload', exact: true }).click();
      await page.locator('main [role=alert]').getByText(advice).waitFor();
    }
    await scene.picture('refused');
    const { total } = await service.ask('GET', `/api/v1/apps/${APP}/bundles`);
    assert.equal(total, 1);
  },

  'an upload is cancelled': async (scene) => {
    const { page, service } = scene;
    await atTheForm(scene);
    await slowDown(scene);
    const file = zip('app-1.0.0.zip', bundle('x', 5_000_000));
    await page.getByLabel('Zip of the web files').setInputFiles(file);
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the upload' }).click();
    await page.locator('main [role=alert]').getByText('Cancelled').waitFor();
    const { total } = await service.ask('GET', `/api/v1/apps/${APP}/bundles`);
    assert.equal(total, 0);
  },

  'a service that is gone is told': async (scene) => {
    const { page, service } = scene;
    await atTheForm(scene);
    await service.stop();
    scene.provokes(/ERR_CONNECTION_REFUSED/);
    await page.getByLabel('Zip of the web files').setInputFiles(zip('a-1.0.0.zip', bundle('x')));
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.locator('main [role=alert]').getByText('Check that the service runs').waitFor();
  },
};
