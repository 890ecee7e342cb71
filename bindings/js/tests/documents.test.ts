import fs from 'node:fs';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { folder, json, read, ROOT, run } from './project';

const scratch = folder();
afterAll(scratch.remove);

describe('docs/errors.md', () => {
  it('has a row for each code that the types name, and for no other', () => {
    const [, table] = read('docs/errors.md').split('\n## Codes\n');
    const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
    const [, union] = read('bindings/js/src/errors.ts').split('type ErrorCode =');
    const typed = [...union.split(';')[0].matchAll(/'(\w+)'/g)].map(([, code]) => code);
    expect(typed).toEqual([...documented, 'internal', 'UNIMPLEMENTED', 'UNAVAILABLE']);
  });
});

describe('README.md', () => {
  it('says what the sources say', async () => {
    await docgen();
    expect(fs.readFileSync(path.join(scratch.path, 'README.md'), 'utf8')).toBe(read('README.md'));
  });

  it('says of every method on which platforms it works, and since when', async () => {
    const { api } = (await docgen()) as { api: { methods: Method[] } };
    expect(api.methods.length).toBeGreaterThan(30);
    for (const { name, docs, tags } of api.methods) {
      expect(
        tags.map((tag) => tag.name),
        name,
      ).toContain('since');
      if (!['addListener', 'removeAllListeners'].includes(name)) {
        expect(docs, name).toMatch(/^Platforms: Android, iOS(, web)?\.$/m);
      }
    }
  });
});

describe('the typed configuration', () => {
  it('has the keys and defaults of docs/configuration.md', async () => {
    const { pluginConfigs } = (await docgen()) as { pluginConfigs: { properties: Property[] }[] };
    const typed = Object.fromEntries(
      pluginConfigs[0].properties.map(({ name, tags }) => [
        name,
        tags.find((tag) => tag.name === 'default')?.text ?? 'none',
      ]),
    );
    expect(typed).toEqual({
      ...documentedDefaults(),
      // What the plugin knows better than the core.
      appId: "the Capacitor configuration's appId",
      version: "the app's version",
      autoUpdate: '"resume"',
      trust: 'none',
    });
  });
});

interface Tag {
  name: string;
  text: string;
}

interface Method {
  name: string;
  docs: string;
  tags: Tag[];
}

interface Property {
  name: string;
  tags: Tag[];
}

let made: Promise<unknown> | undefined;

function docgen(): Promise<unknown> {
  return (made ??= runDocgen());
}

/** Runs docgen as the script does, on a copy of the README. */
async function runDocgen(): Promise<unknown> {
  const readme = path.join(scratch.path, 'README.md');
  const output = path.join(scratch.path, 'docs.json');
  fs.copyFileSync(path.join(ROOT, 'README.md'), readme);
  const { name, scripts } = json<{ name: string; scripts: { docgen: string } }>('package.json');
  const [program, ...args] = scripts.docgen
    .replace('README.md', readme)
    .replace('dist/docs.json', output)
    .split(' ');
  expect(program).toBe('docgen');
  await run('node_modules/@capacitor/docgen/bin/docgen', args, {
    cwd: ROOT,
    // As npm sets it for scripts.
    env: { npm_package_name: name },
  });
  return JSON.parse(fs.readFileSync(output, 'utf8'));
}

/** Keys and defaults of the first table, without those that an app has no use for. */
function documentedDefaults(): Record<string, string> {
  const [, table] = read('docs/configuration.md').split('\n## Keys\n');
  const rows = table.split('\n## ')[0].matchAll(/^\| `(\w+)` \|(.*)\|$/gm);
  const defaults = [...rows].map(([, key, rest]) => [
    key,
    rest.split('|')[3].trim().replaceAll('`', ''),
  ]);
  return Object.fromEntries(defaults.filter(([key]) => !['platform', 'deviceId'].includes(key)));
}
