import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { folder, read, ROOT } from './project';

const GRADLE = '/usr/bin/gradle';

describe('the build of the Android half', () => {
  it('begins with a look at the native library', () => {
    expect(read('android/build.gradle')).toMatch(/^apply from: 'native-library\.gradle'$/m);
    expect(read('android/native-library.gradle')).toMatch(/^preBuild\.dependsOn check$/m);
  });

  it('looks for the library that is packaged, where it is packaged', () => {
    const check = read('android/native-library.gradle');
    const packaging = read('xtask/src/package/android.rs');
    const [, jniLibs] = /FOLDER: &str = "android\/(.*)"/.exec(packaging) ?? [];
    const [, library] = /LIBRARY: &str = "(.*)"/.exec(read('xtask/src/package.rs')) ?? [];
    expect(check).toContain(`file('${jniLibs}')`);
    expect(check).toContain(`'*/lib${library}.so'`);
  });
});

// Debian's Gradle has no plugin for Android: the look is taken in a project without one. Its start
// takes long, on a busy machine very long.
describe.skipIf(!fs.existsSync(GRADLE) && !process.env.LIVE_UPDATER_REQUIRE_TOOLS)(
  'where there is Gradle, a build',
  { timeout: 600_000 },
  () => {
    const scratch = folder();

    beforeAll(() => {
      const script = path.join(ROOT, 'android/native-library.gradle');
      write('settings.gradle', '');
      write('build.gradle', `task preBuild {}\napply from: '${script}'\n`);
    });

    afterAll(scratch.remove);

    it('without a library fails, and says what to do', async () => {
      await expect(build()).rejects.toThrow(
        /no native library in .*\/src\/main\/jniLibs: .*cargo xtask package android/,
      );
    });

    it('without a library goes on where that is wanted', async () => {
      expect(await build('-PliveUpdaterWithoutLibrary=true')).toMatch(/never be updated/);
    });

    it('with a library for one processor goes on', async () => {
      write('src/main/jniLibs/x86_64/liblive_updater_ffi.so', '');
      expect(await build()).not.toMatch(/never be updated/);
    });

    function write(name: string, text: string): void {
      const file = path.join(scratch.path, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, text);
    }

    async function build(...options: string[]): Promise<string> {
      const args = [
        '--offline',
        '--no-daemon',
        '--project-dir',
        scratch.path,
        ...options,
        'preBuild',
      ];
      const home = { GRADLE_USER_HOME: path.join(scratch.path, 'home') };
      const { stdout, stderr } = await promisify(execFile)(GRADLE, args, {
        env: { ...process.env, ...home },
      });
      return stdout + stderr;
    }
  },
);
