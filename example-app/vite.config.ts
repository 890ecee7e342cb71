import { readFileSync } from 'node:fs';

import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

export default defineConfig({
  // A bundle may lie in any folder of the device.
  base: './',
  define: {
    'import.meta.env.VITE_BUNDLE_VERSION': JSON.stringify(
      process.env.VITE_BUNDLE_VERSION ?? version,
    ),
    'import.meta.env.VITE_FAULT': JSON.stringify(process.env.VITE_FAULT ?? ''),
  },
  // The plugin lies one folder up, with modules of its own; the app must have one Capacitor.
  resolve: { dedupe: ['@capacitor/core'] },
  server: { fs: { allow: ['..'] } },
  plugins: process.env.VITE_FAULT?.endsWith('-worker') ? [worker(process.env.VITE_FAULT)] : [],
});

/** Puts the worker of a fault into the bundle; other bundles come without one. */
function worker(fault: string): Plugin {
  return {
    name: 'worker-of-a-fault',
    generateBundle() {
      const source = readFileSync(`faults/${fault}.js`, 'utf8');
      this.emitFile({ type: 'asset', fileName: `${fault}.js`, source });
    },
  };
}
