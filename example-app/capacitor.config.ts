/// <reference types="capacitor-live-updater" />

import { existsSync, readFileSync } from 'node:fs';

import type { CapacitorConfig } from '@capacitor/cli';

/** Where `live-updater mock` listens, as the device sees it. */
const updateUrl = process.env.UPDATE_URL ?? 'http://127.0.0.1:8080';
const { protocol, hostname } = new URL(updateUrl);

/** What `live-updater keygen --out keys` and `live-updater mock --tls ca.pem` write. */
const publicKey = 'keys/live-updater.public.pem';
const ownCa = 'ca.pem';

const config: CapacitorConfig = {
  appId: 'com.example.liveupdater',
  appName: 'Live Updater Example',
  webDir: 'dist',
  plugins: {
    LiveUpdater: {
      version: '1.0.0',
      updateUrl,
      // The buttons do it here. An app leaves this out, and is updated by itself.
      autoUpdate: 'off',
      trust: existsSync(publicKey)
        ? { mode: 'bundle', keys: [{ key: readFileSync(publicKey, 'utf8') }] }
        : { mode: 'unsigned' },
      ...(protocol === 'http:' ? { dangerousInsecureHosts: [hostname] } : {}),
      ...(existsSync(ownCa) ? { rootCertificates: [readFileSync(ownCa, 'utf8')] } : {}),
    },
  },
};

export default config;
