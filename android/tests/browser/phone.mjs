/** A phone with the example app installed: its disk, its browser, and the app's process. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { press } from './server.mjs';
import { apps, chromium, classPath, library, nativeBridge } from './settings.mjs';
import { until } from './until.mjs';
import { WebView } from './web-view.mjs';

const CHROMIUM = '/usr/bin/chromium';

/** Nothing of the browser's own may speak to anybody. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const ALL_FEATURES = ['DOCUMENT_START_SCRIPT', 'WEB_MESSAGE_LISTENER'];

const PLUGINS = ['io.github.liveupdater.LiveUpdaterPlugin', 'io.github.liveupdater.rig.Blocker'];

const MAIN = 'io.github.liveupdater.rig.HostKt';

export class Phone {
  /** How earlier processes of the app ended, as the system remembers, the newest first. */
  exits = [];
  /** The number of the app's process, where it isn't to be the one that it has here. */
  pid;
  /** The version code of the app that is installed. */
  versionCode = 1;
  /** Android's API level. */
  sdk = 36;
  /** What the web view was asked for, in this order. */
  asked = [];
  #folder;
  #webViewFeatures;
  #front;
  #browser;
  #context;
  #process;
  #log;
  #files;
  #views = new Map();
  #newest;
  #work = Promise.resolve();
  #waiting = new Map();
  #orders = 0;

  /**
   * Installs the app whose builtin files are version 1.0.0.
   *
   * `config` is added to the plugin's configuration, `app` to Capacitor's. `webViewFeatures` are
   * those of AndroidX that the web view has.
   */
  static async install(
    folder,
    server,
    { config = {}, app = {}, webViewFeatures = ALL_FEATURES } = {},
  ) {
    const phone = new Phone();
    phone.#folder = folder;
    phone.#webViewFeatures = webViewFeatures;
    const assets = join(folder, 'assets');
    await cp(join(apps, '1.0.0'), join(assets, 'public'), { recursive: true });
    await copyFile(nativeBridge, join(assets, 'native-bridge.js'));
    const plugins = PLUGINS.map((classpath) => ({ pkg: 'any', classpath }));
    await writeFile(join(assets, 'capacitor.plugins.json'), JSON.stringify(plugins));
    const trust = { mode: 'bundle', keys: [{ key: await press.publicKey() }] };
    const LiveUpdater = {
      version: '1.0.0',
      updateUrl: server?.url,
      autoUpdate: 'off',
      trust,
      ...config,
    };
    const capacitor = {
      appId: 'com.example.app',
      plugins: { LiveUpdater },
      ...app,
      server: { androidScheme: 'http', ...app.server },
    };
    await writeFile(join(assets, 'capacitor.config.json'), JSON.stringify(capacitor));
    await phone.#turnOn();
    return phone;
  }

  async #turnOn() {
    this.#log = createWriteStream(join(this.#folder, 'log.txt'));
    // The app's origin is http://localhost on every phone, whatever the port of its process.
    this.#front = createServer((incoming, answer) => this.#passOn(incoming, answer));
    this.#front.listen(0, '127.0.0.1');
    await once(this.#front, 'listening');
    const rule = `--host-resolver-rules=MAP localhost:80 127.0.0.1:${this.#front.address().port}`;
    this.#browser = await chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, rule] });
    this.#context = await this.#browser.newContext({ viewport: { width: 412, height: 800 } });
  }

  #passOn(incoming, answer) {
    const options = {
      port: this.#files,
      host: '127.0.0.1',
      method: incoming.method,
      path: incoming.url,
    };
    const passed = request({ ...options, headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  }

  /** A person taps on the app. `withLibrary: false`: the core's library is missing. */
  async start({ withLibrary = true, isShown = true } = {}) {
    const { exits, pid, sdk, versionCode } = this;
    const facts = {
      root: this.#folder,
      webViewFeatures: this.#webViewFeatures,
      exits,
      pid,
      sdk,
      versionCode,
    };
    const flags = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto'];
    const path = `-Djna.library.path=${withLibrary ? library : this.#folder}`;
    // Cargo names its folders there, and the library would be found in one of them.
    const env = { ...process.env, LD_LIBRARY_PATH: undefined };
    this.#process = spawn('java', [...flags, path, '-cp', classPath, MAIN, JSON.stringify(facts)], {
      env,
    });
    this.#log.write(`== process ${this.#process.pid}\n`);
    this.#process.stderr.on('data', (data) => this.#log.write(data));
    this.#process.stdin.on('error', () => undefined);
    this.#files = await this.#listening();
    await this.tell('create');
    await this.tell('start');
    if (isShown) await this.tell('resume');
  }

  /** Waits for the process, and listens to it from then on. Gives its port. */
  #listening() {
    const process = this.#process;
    return new Promise((resolve, reject) => {
      process.once('exit', (code, signal) => {
        const ended = new Error(`the app ended: ${code ?? signal}`);
        reject(ended);
        for (const { giveUp } of this.#waiting.values()) giveUp(ended);
        this.#waiting.clear();
      });
      createInterface({ input: process.stdout }).on('line', (line) => {
        const order = JSON.parse(line);
        if (order.do === 'listening') resolve(order.port);
        else this.#take(order);
      });
    });
  }

  /** One after the other: scripts have to be there before the page. */
  #take(order) {
    if (order.do === 'done') {
      this.#waiting.get(order.id)?.goOn();
      this.#waiting.delete(order.id);
      return;
    }
    this.asked.push(order);
    this.#work = this.#work
      .then(() => this.#carryOut(order))
      .catch((error) => this.#log.write(`rig: ${error}\n`));
  }

  async #carryOut(order) {
    if (order.do === 'open') {
      const tell = (name, data) => this.#send({ do: name, ...data });
      this.#newest = await WebView.open(this.#context, order.view, tell);
      this.#views.set(order.view, this.#newest);
    } else if (order.do === 'close') {
      await this.#views.get(order.view)?.close();
      this.#views.delete(order.view);
    } else {
      await this.#views.get(order.view)?.carryOut(order);
    }
  }

  /** Tells the app of its life, and waits until it has dealt with it. */
  async tell(name) {
    const id = this.#send({ do: name });
    await new Promise((goOn, giveUp) => this.#waiting.set(id, { goOn, giveUp }));
  }

  #send(order) {
    this.#orders += 1;
    this.#process.stdin.write(`${JSON.stringify({ id: this.#orders, ...order })}\n`);
    return this.#orders;
  }

  /** The system ends the process, and the pages with it. Gives its number. */
  async kill() {
    const { pid = this.#process.pid } = this;
    const ended = this.hasEnded();
    this.#process.kill('SIGKILL');
    await ended;
    await this.#closeViews();
    return pid;
  }

  /** Waits until the process has ended by itself. */
  async hasEnded() {
    const process = this.#process;
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    return process.pid;
  }

  async #closeViews() {
    await this.#work;
    await Promise.all([...this.#views.values()].map((view) => view.close()));
    this.#views.clear();
    this.#newest = undefined;
  }

  async restart(options) {
    await this.kill();
    await this.start(options);
  }

  async turnOff() {
    if (this.#process && this.#process.exitCode === null && this.#process.signalCode === null)
      await this.kill();
    await this.#browser.close();
    this.#front.close();
    this.#front.closeAllConnections();
    this.#log.end();
  }

  /** The newest web view: the one that people see. */
  get webView() {
    if (!this.#newest) throw new Error('no web view yet');
    return this.#newest;
  }

  get page() {
    return this.webView.page;
  }

  text(selector) {
    return this.page.textContent(selector, { timeout: 1000 });
  }

  /** Waits until the page shows these files, and that text as its status where it is given. */
  async shows(version, status) {
    const what = status ? `${version}, ${status}` : version;
    let seen;
    try {
      await until(`the page shows ${what}`, async () => {
        seen = `${await this.text('#bundle-version')}, ${await this.text('#status')}`;
        return status ? seen === what : seen.startsWith(`${version}, `);
      });
    } catch (error) {
      throw new Error(`the page shows ${seen}, not ${what}`, { cause: error });
    }
  }

  /** Waits until the page's list of events has this line. */
  async lists(line) {
    await until(`the list has ${line}`, async () => (await this.text('#log')).includes(line));
  }

  press(button) {
    return this.page.click(`#${button}`, { timeout: 10_000 });
  }

  /** Checks for `version`, downloads it, and has it as next. */
  async fetches(version) {
    await this.press('check');
    await until(
      'the check',
      async () => (await this.text('#status')) === `Update available: ${version}`,
    );
    await this.press('download');
    await until(
      'the download',
      async () => (await this.text('#status')) === `Downloaded: ${version}`,
    );
  }

  /** Updates to `version`, and waits until it is ready. */
  async updatesTo(version) {
    await this.fetches(version);
    await this.press('apply');
    await this.shows(version, `Ready: ${version}`);
  }

  /** Calls a method of the plugin from the page: what it resolves with, or `{ code, … }`. */
  call(method, options) {
    return this.page.evaluate(
      ([name, given]) =>
        window.Capacitor.nativePromise('LiveUpdater', name, given).catch(
          ({ code, message, data }) => ({
            code,
            message,
            data,
          }),
        ),
      [method, options],
    );
  }

  /** What is stored for Capacitor's next start. */
  async storedPath() {
    const text = await readFile(join(this.#folder, 'shared_prefs/CapWebViewSettings'), 'utf8');
    return /^serverBasePath=(.*)$/m.exec(text)?.[1];
  }

  async log() {
    return readFile(join(this.#folder, 'log.txt'), 'utf8');
  }
}
