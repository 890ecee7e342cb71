/** A service and somebody in front of its page. */

import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';

import { Service } from './service.mjs';
import { axe, chromium, scratch, screenshots } from './settings.mjs';

const CHROMIUM = '/usr/bin/chromium';
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
/** The most that anything here takes on a machine that is busy with other things. */
const PATIENCE = 30_000;

export class Scene {
  #browser;
  #name;
  #data;
  /** What the page said that it should not have: errors, scripts, dialogs. */
  #complaints = [];
  #expected = [];

  static async open(name) {
    const scene = new Scene();
    scene.#name = name;
    scene.#data = await mkdtemp(join(scratch, 'service-'));
    scene.service = await Service.start(scene.#data);
    scene.#browser = await chromium.launch({ executablePath: CHROMIUM, args: QUIET });
    await scene.look();
    return scene;
  }

  /** A window, as large and as bright as is said. */
  async look(options = {}) {
    await this.context?.close();
    this.context = await this.#browser.newContext({
      viewport: { width: 1100, height: 800 },
      locale: 'en-GB',
      acceptDownloads: false,
      ...options,
    });
    this.context.setDefaultTimeout(PATIENCE);
    this.page = await this.context.newPage();
    this.page.on('pageerror', (error) => this.#complaints.push(`error: ${error.message}`));
    this.page.on('dialog', (dialog) => {
      this.#complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    this.page.on('console', (message) => this.#heard(message));
    this.page.on('request', (request) => this.#asked(request));
  }

  /** A refusal that is shown is in the console as well; anything else there isn't expected. */
  #heard(message) {
    const text = message.text();
    const isRefusal = text.startsWith('Failed to load resource: the server responded with');
    if (message.type() === 'error' && !isRefusal) this.#complaints.push(`console: ${text}`);
  }

  #asked(request) {
    if (!request.url().startsWith(`${this.service.url}/`)) {
      this.#complaints.push(`asked: ${request.url()}`);
    }
  }

  /** What the browser says where something is provoked. */
  provokes(...patterns) {
    this.#expected.push(...patterns);
  }

  /** Fails where the page did what no page of ours does. */
  mustBeClean() {
    const isUnexpected = (text) => !this.#expected.some((pattern) => pattern.test(text));
    const unexpected = this.#complaints.filter(isUnexpected);
    if (unexpected.length > 0) throw new Error(unexpected.join('\n'));
  }

  async goto(path = '') {
    await this.page.goto(`${this.service.url}/admin/${path}`);
    // Another part behind # alone loads nothing, and nobody could tell when it is shown.
    await this.page.reload();
    await this.settled();
  }

  async signIn(key = this.service.key) {
    await this.goto();
    await this.page.getByLabel('API key').fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.said('Signed in');
  }

  /** Nothing is being fetched for the view. */
  async settled() {
    await this.page.locator('main:not([aria-busy]) h1').waitFor();
  }

  async said(text) {
    await this.page.getByRole('status').filter({ hasText: text }).waitFor();
  }

  /** The open tab of an app. */
  async open(app, tab = 'channels') {
    await this.goto(`#/apps/${app}/${tab}`);
  }

  dialog() {
    return this.page.getByRole('dialog');
  }

  async confirm(action) {
    await this.dialog().getByRole('button', { name: action }).click();
  }

  async picture(what) {
    const name = `${this.#name}-${what}`.replaceAll(/[^\w-]+/g, '-');
    await this.page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
  }

  /** What keeps people out, in words; nothing where all is well. */
  async barriers() {
    // By the debugger: the page's own policy wouldn't let it in.
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      return window.axe.run(document, { runOnly: tags });
    });
    return found.violations.map(({ id, nodes }) => {
      const places = nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`);
      return `${id}: ${places.join('; ')}`;
    });
  }

  /** By how many pixels the page is wider than its window. */
  overhang() {
    return this.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
  }

  /** Ends the service, has `work` done with its folder, and starts it again. */
  async restart(work) {
    await this.service.stop();
    await work(this.#data);
    this.service = await Service.start(this.#data, this.service.key);
  }

  async close() {
    await this.#browser?.close();
    await this.service?.stop();
  }
}
