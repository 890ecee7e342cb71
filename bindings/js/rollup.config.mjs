import path from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const front = path.join(dist, 'esm/index.js');

/** For apps without a bundler (after @capacitor/core's capacitor.js), and for CommonJS. */
export default [
  {
    input: front,
    external: ['@capacitor/core'],
    output: outputs('plugin', 'capacitorLiveUpdater', {}),
  },
  {
    input: path.join(dist, 'esm/capgo/index.js'),
    // Both entries have to share one registered plugin.
    external: ['@capacitor/core', front],
    output: outputs('capgo', 'capacitorLiveUpdaterCapgo', { [front]: 'capacitorLiveUpdater' }),
  },
];

function outputs(file, name, globals) {
  const shared = { sourcemap: true, inlineDynamicImports: true };
  return [
    {
      ...shared,
      file: path.join(dist, `${file}.js`),
      format: 'iife',
      name,
      globals: { '@capacitor/core': 'capacitorExports', ...globals },
    },
    {
      ...shared,
      file: path.join(dist, `${file}.cjs.js`),
      format: 'cjs',
      paths: { [front]: './plugin.cjs.js' },
    },
  ];
}
