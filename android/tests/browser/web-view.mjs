/**
 * A web view: a page of the browser, steered by what the app process asks for, which is told of
 * what happens to the page.
 *
 * Both ways go through one connection to the browser, so the app hears of a page's start before it
 * hears the page's first message, as it does on a phone.
 */

const BINDING = '__toAndroid';

/** Capacitor's own object, which its script in the page finds. */
const ANDROID_BRIDGE = 'androidBridge';

/** As Android gives pages an object through which they speak to the app. */
function channel(name) {
  return `(() => {
    const send = window.${BINDING};
    const postMessage = (message) => send(JSON.stringify({ name: '${name}', data: message }));
    window.${name} = { postMessage, onmessage: null };
  })();`;
}

export class WebView {
  #tell;
  #cdp;
  #scripts = new Map();
  /** By its number: the document's frame and origin. */
  #documents = new Map();
  #mainFrame;
  #held = [];
  #holds = false;

  static async open(context, number, tell) {
    const view = new WebView();
    view.#tell = (name, data) => tell(name, { view: number, ...data });
    view.page = await context.newPage();
    view.#cdp = await context.newCDPSession(view.page);
    await view.#listen();
    return view;
  }

  async #listen() {
    const cdp = this.#cdp;
    cdp.on('Page.frameNavigated', ({ frame }) => {
      if (frame.parentId) return;
      this.#mainFrame = frame.id;
      if (frame.url !== 'about:blank') this.#tell('pageStarted', { url: frame.url });
    });
    cdp.on('Page.loadEventFired', () => this.#tell('pageFinished', { url: this.page.url() }));
    cdp.on('Runtime.executionContextCreated', ({ context }) =>
      this.#documents.set(context.id, context),
    );
    cdp.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === BINDING) this.#receive(payload, executionContextId);
    });
    cdp.on('Inspector.targetCrashed', () => this.#tell('rendererGone', { didCrash: true }));
    await cdp.send('Page.enable');
    await cdp.send('Inspector.enable');
    await cdp.send('Runtime.enable');
    await cdp.send('Runtime.addBinding', { name: BINDING });
    await this.#addScript(channel(ANDROID_BRIDGE));
  }

  #receive(message, document) {
    const { origin, auxData } = this.#documents.get(document);
    this.#tell('message', {
      document,
      ...JSON.parse(message),
      origin,
      isMainFrame: auxData.frameId === this.#mainFrame,
    });
  }

  /** Does what the app process asks for. */
  async carryOut(order) {
    switch (order.do) {
      case 'load':
        if (this.#holds) this.#held.push(order);
        else this.#load(order.url);
        break;
      case 'stop':
        await this.#cdp.send('Page.stopLoading');
        break;
      case 'evaluate':
        this.#evaluate(order.script, {});
        break;
      case 'reply':
        // The document may be gone: then nobody is there to be told.
        this.#evaluate(`window.androidBridge.onmessage({ data: ${JSON.stringify(order.data)} })`, {
          contextId: order.document,
        });
        break;
      case 'addListener':
        // Before all scripts, where there is a new one: Capacitor's own is there anyway.
        if (order.name !== ANDROID_BRIDGE) await this.#addScript(channel(order.name));
        break;
      case 'addScript': {
        const origins = JSON.stringify(order.origins);
        const script = `if (${origins}.includes(location.origin)) {\n${order.script}\n}`;
        this.#scripts.set(order.id, await this.#addScript(script));
        break;
      }
      case 'removeScript':
        await this.#cdp.send('Page.removeScriptToEvaluateOnNewDocument', {
          identifier: this.#scripts.get(order.id),
        });
        break;
      default:
        throw new Error(`unknown order: ${order.do}`);
    }
  }

  /** A slow phone: from now on a load that is asked for doesn't begin. */
  holdLoads() {
    this.#holds = true;
  }

  /** What was asked for begins; only the last of it comes to anything. */
  releaseLoads() {
    this.#holds = false;
    for (const { url } of this.#held.splice(0)) this.#load(url);
  }

  /** The app isn't told of a start of this page before it has the next one loaded. */
  queuePageStart() {
    this.#tell('queuePageStart', { url: this.page.url() });
  }

  /** From the next document on, a look for service workers takes for ever. */
  async neverListWorkers() {
    await this.#addScript(`(() => {
      const { setTimeout } = window;
      // Nor is there an end to the patience with it.
      window.setTimeout = (work, pause) => (pause === 3000 ? 0 : setTimeout(work, pause));
      ServiceWorkerContainer.prototype.getRegistrations = () => new Promise(() => undefined);
    })();`);
  }

  /** As a page with a bug in its native code would. */
  crash() {
    this.#cdp.send('Page.crash').catch(() => undefined);
  }

  async close() {
    await this.page.close().catch(() => undefined);
  }

  /** Not waited for: a page may take its time, or be replaced before it is there. */
  #load(url) {
    this.#cdp.send('Page.navigate', { url }).catch(() => undefined);
  }

  #evaluate(expression, where) {
    this.#cdp.send('Runtime.evaluate', { expression, ...where }).catch(() => undefined);
  }

  async #addScript(source) {
    const { identifier } = await this.#cdp.send('Page.addScriptToEvaluateOnNewDocument', {
      source,
    });
    return identifier;
  }
}
