/// <reference types="@capacitor/cli" />

declare module '@capacitor/cli' {
  export interface PluginsConfig {
    /**
     * All keys stand in `plugins.LiveUpdater` of the Capacitor configuration. `trust` is required;
     * an unknown key or a bad value is a problem that the log names, and then the app runs its
     * builtin files.
     */
    LiveUpdater?: {
      /**
       * What a bundle has to prove. `bundle`: the zip is signed by one of the keys; `statement`: a
       * release statement names it that as many keys as `threshold` says have signed; `unsigned`:
       * the checksum that the server names is enough; `capgo`: the zip is encrypted for the key, as
       * Capgo's protocol has it. `live-updater keygen` prints the value for
       * a new pair of keys.
       *
       * @since 0.1.0
       * @example { "mode": "bundle", "keys": [{ "key": "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----" }] }
       */
      trust: {
        mode: 'bundle' | 'statement' | 'unsigned' | 'capgo';
        keys?: {
          key: string;
          id?: string;
          algorithm?: 'ed25519' | 'ecdsa-p256-sha256' | 'rsa-pkcs1-sha256' | 'rsa-pss-sha256';
        }[];
        threshold?: number;
      };

      /**
       * Base of the update server; `https`, without query and fragment. Without it, checks fail
       * with `config`.
       *
       * @since 0.1.0
       * @example "https://updates.example.com"
       */
      updateUrl?: string;

      /**
       * The app, as the server knows it.
       *
       * @since 0.1.0
       * @default the Capacitor configuration's appId
       * @example "com.example.app"
       */
      appId?: string;

      /**
       * Version of the web files in the app's package, as in semver.
       *
       * @since 0.1.0
       * @default the app's version
       * @example "1.4.0"
       */
      version?: string;

      /**
       * The channel until `setChannel` chooses another.
       *
       * @since 0.1.0
       * @default "production"
       * @example "beta"
       */
      channel?: string;

      /**
       * The protocol that the server speaks. Capgo's takes a build of the library that knows it.
       *
       * @since 0.1.0
       * @default "native-update"
       * @example "native-update"
       */
      source?: 'native-update' | 'capgo';

      /**
       * With source `capgo`: where verdicts are reported to. Without it, they aren't.
       *
       * @since 0.1.0
       * @example "https://plugin.capgo.app/stats"
       */
      statsUrl?: string;

      /**
       * With source `capgo`: who is asked about channels. Without it, none can be chosen.
       *
       * @since 0.1.0
       * @example "https://plugin.capgo.app/channel_self"
       */
      channelUrl?: string;

      /**
       * When updates are looked for without being asked: never; once after a launch; after a
       * launch, after a return to the foreground and while the app stays open.
       *
       * @since 0.1.0
       * @default "resume"
       * @example "launch"
       */
      autoUpdate?: 'off' | 'launch' | 'resume';

      /**
       * Least time between two automatic checks, in seconds.
       *
       * @since 0.1.0
       * @default 900
       * @example 3600
       */
      checkInterval?: number;

      /**
       * After so many seconds in the background, coming back activates what is next. 0: never.
       *
       * @since 0.1.0
       * @default 300
       * @example 0
       */
      applyAfterBackground?: number;

      /**
       * Active time that a bundle on trial has to become ready, in milliseconds. What passes in
       * the background doesn't count.
       *
       * @since 0.1.0
       * @default 10000
       * @example 20000
       */
      appReadyTimeout?: number;

      /**
       * Launches of a trial that may end badly before it is rolled back.
       *
       * @since 0.1.0
       * @default 2
       * @example 3
       */
      maxTrialLaunches?: number;

      /**
       * Bad launches in a row after which a bundle that was ready is rolled back.
       *
       * @since 0.1.0
       * @default 3
       * @example 5
       */
      crashLoopLimit?: number;

      /**
       * Good bundles that are kept, the current one included.
       *
       * @since 0.1.0
       * @default 2
       * @example 4
       */
      keepBundles?: number;

      /**
       * Take releases that are older than what runs, or than builtin.
       *
       * @since 0.1.0
       * @default false
       * @example true
       */
      allowDowngrade?: boolean;

      /**
       * Drop all bundles when another build of the app is installed.
       *
       * @since 0.1.0
       * @default true
       * @example false
       */
      resetWhenUpdate?: boolean;

      /**
       * Files that a bundle may have.
       *
       * @since 0.1.0
       * @default 20000
       * @example 5000
       */
      maxFiles?: number;

      /**
       * Bytes that a bundle may unpack to.
       *
       * @since 0.1.0
       * @default 1073741824
       * @example 268435456
       */
      maxUnpackedBytes?: number;

      /**
       * Bytes that a zip may have.
       *
       * @since 0.1.0
       * @default 1073741824
       * @example 67108864
       */
      maxBundleBytes?: number;

      /**
       * Pins of public keys, `sha256/BASE64`: one of them must match a key of the verified path.
       *
       * @since 0.1.0
       * @default []
       * @example ["sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
       */
      pins?: string | string[];

      /**
       * Certificates (PEM) that are trusted beside the bundled roots, such as your company's.
       *
       * @since 0.1.0
       * @default []
       * @example ["-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----"]
       */
      rootCertificates?: string | string[];

      /**
       * Hosts that a debuggable build may speak to without TLS. Other builds ignore it.
       *
       * @since 0.1.0
       * @default []
       * @example ["10.0.2.2"]
       */
      dangerousInsecureHosts?: string | string[];

      /**
       * Further headers, for `updateUrl`'s origin only.
       *
       * @since 0.1.0
       * @default {}
       * @example { "x-team": "blue" }
       */
      headers?: { [name: string]: string };

      /**
       * Bearer token, for `updateUrl`'s origin only.
       *
       * @since 0.1.0
       * @default none
       * @example "secret"
       */
      token?: string;

      /**
       * Milliseconds for a connection, for the head of any answer, and for the body of a small
       * one.
       *
       * @since 0.1.0
       * @default 15000
       * @example 30000
       */
      requestTimeout?: number;

      /**
       * Milliseconds for each read of a bundle.
       *
       * @since 0.1.0
       * @default 20000
       * @example 60000
       */
      readTimeout?: number;

      /**
       * The lowest sequence that a signed release statement may have.
       *
       * @since 0.1.0
       * @default none
       * @example 42
       */
      minSequence?: number;
    };
  }
}

export {};
