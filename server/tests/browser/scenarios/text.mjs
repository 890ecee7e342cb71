import assert from 'node:assert/strict';

import { bundle } from '../zip.mjs';

const APP = 'com.example.app';
const MARKUP = `<img src=x onerror="alert(1)"><script>alert(2)</script><b>bold</b>`;
const VIEWS = ['channels', 'bundles', 'upload', 'figures', 'activity', 'settings'];

async function everywhere({ service }) {
  await service.makeApp(APP, MARKUP);
  await service.ask('POST', '/api/v1/keys', { name: MARKUP, permission: 'read' });
  const made = await service.upload(APP, '1.0.0', bundle('one'), {
    releaseNotes: MARKUP,
    comment: MARKUP,
    link: 'javascript:alert(3)',
  });
  await service.ask('PUT', `/api/v1/apps/${APP}/channels/beta`, {});
  await service.release(APP, 'production', '1.0.0');
  // Devices may say what they like.
  await service.report(APP, MARKUP, false, MARKUP);
  await service.report(APP, `${MARKUP} 2`, true, 'b');
  await service.check(APP, MARKUP, 'c');
  return made;
}

export const scenarios = {
  'markup in every field is shown as text and runs nothing': async (scene) => {
    const { page } = scene;
    await everywhere(scene);
    await scene.signIn();
    await page.getByRole('link', { name: MARKUP }).waitFor();
    await mustBeText(page, 'apps');
    for (const view of VIEWS) {
      await scene.open(APP, view);
      await page.getByRole('heading', { level: 1, name: MARKUP }).waitFor();
      if (view === 'figures') {
        await page.getByText('As a table').first().click();
        await page.getByRole('table', { name: 'Devices by version' }).waitFor();
      }
      await mustBeText(page, view);
    }
    await scene.goto('#/keys');
    await page.getByText(MARKUP, { exact: true }).waitFor();
    await mustBeText(page, 'keys');
    await page.getByRole('button', { name: `Revoke ${MARKUP}` }).click();
    await scene.dialog().waitFor();
    await mustBeText(page, 'a dialog');
    await scene.picture('key');
  },

  'a link that is a script is no link': async (scene) => {
    const { page } = scene;
    await everywhere(scene);
    await scene.signIn();
    await scene.open(APP, 'bundles');
    await page.getByText('javascript:alert(3)').waitFor();
    const links = await page.evaluate(() => [...document.links].map((one) => one.protocol));
    assert.ok(!links.includes('javascript:'));
  },

  'markup in the address shows nothing of it': async (scene) => {
    const { page } = scene;
    await scene.signIn();
    await scene.goto(`#/apps/${encodeURIComponent(MARKUP)}`);
    await page.getByText('App not found').waitFor();
    await mustBeText(page, 'an unknown app');
  },

  'the policy lets in no script, style or frame of others': async (scene) => {
    const { page, service } = scene;
    scene.provokes(
      /requires 'TrustedHTML'/,
      /Content Security Policy/,
      /example\.com\/style\.css$/,
    );
    const answer = await page.goto(`${service.url}/admin/`);
    const policy = answer.headers()['content-security-policy'];
    const parts = ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"];
    for (const part of parts) assert.ok(policy.includes(part), policy);
    assert.ok(!policy.includes('unsafe'), policy);
    const refused = await page.evaluate(() => {
      try {
        document.body.innerHTML = '<p>markup</p>';
        return 'nothing';
      } catch (error) {
        return error.name;
      }
    });
    assert.equal(refused, 'TypeError');
    const ran = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) =>
            resolve(event.effectiveDirective),
          );
          const script = document.createElement('link');
          script.rel = 'stylesheet';
          script.href = 'https://example.com/style.css';
          document.head.append(script);
        }),
    );
    assert.equal(ran, 'style-src-elem');
  },
};

async function mustBeText(page, where) {
  const found = await page.evaluate(() =>
    [...document.querySelectorAll('main img, main script, main b, dialog img, dialog b')].map(
      (one) => one.outerHTML,
    ),
  );
  assert.deepEqual(found, [], where);
}
