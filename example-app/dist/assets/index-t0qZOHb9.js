(function () {
  let e = document.createElement(`link`).relList;
  if (e && e.supports && e.supports(`modulepreload`)) return;
  for (let e of document.querySelectorAll(`link[rel="modulepreload"]`)) n(e);
  new MutationObserver((e) => {
    for (let t of e)
      if (t.type === `childList`)
        for (let e of t.addedNodes) e.tagName === `LINK` && e.rel === `modulepreload` && n(e);
  }).observe(document, { childList: !0, subtree: !0 });
  function t(e) {
    let t = {};
    return (
      e.integrity && (t.integrity = e.integrity),
      e.referrerPolicy && (t.referrerPolicy = e.referrerPolicy),
      (t.credentials =
        e.crossOrigin === `use-credentials`
          ? `include`
          : e.crossOrigin === `anonymous`
            ? `omit`
            : `same-origin`),
      t
    );
  }
  function n(e) {
    if (e.ep) return;
    e.ep = !0;
    let n = t(e);
    fetch(e.href, n);
  }
})();
var e;
(function (e) {
  ((e.Unimplemented = `UNIMPLEMENTED`), (e.Unavailable = `UNAVAILABLE`));
})((e ||= {}));
var t = class extends Error {
    constructor(e, t, n) {
      (super(e), (this.message = e), (this.code = t), (this.data = n));
    }
  },
  n = (e) => (e?.androidBridge ? `android` : e?.webkit?.messageHandlers?.bridge ? `ios` : `web`),
  r = (r) => {
    let i = r.CapacitorCustomPlatform || null,
      a = r.Capacitor || {},
      o = (a.Plugins = a.Plugins || {}),
      s = () => (i === null ? n(r) : i.name),
      c = () => s() !== `web`,
      l = (e) => !!(f.get(e)?.platforms.has(s()) || u(e)),
      u = (e) => a.PluginHeaders?.find((t) => t.name === e),
      d = (e) => r.console.error(e),
      f = new Map();
    return (
      (a.convertFileSrc ||= (e) => e),
      (a.getPlatform = s),
      (a.handleError = d),
      (a.isNativePlatform = c),
      (a.isPluginAvailable = l),
      (a.registerPlugin = (n, r = {}) => {
        let c = f.get(n);
        if (c)
          return (
            console.warn(
              `Capacitor plugin "${n}" already registered. Cannot register plugins twice.`,
            ),
            c.proxy
          );
        let l = s(),
          d = u(n),
          p,
          m = async () => (
            !p && l in r
              ? (p = p = typeof r[l] == `function` ? await r[l]() : r[l])
              : i !== null &&
                !p &&
                `web` in r &&
                (p = p = typeof r.web == `function` ? await r.web() : r.web),
            p
          ),
          h = (r, i) => {
            if (d) {
              let e = d?.methods.find((e) => i === e.name);
              if (e)
                return e.rtype === `promise`
                  ? (e) => a.nativePromise(n, i.toString(), e)
                  : (e, t) => a.nativeCallback(n, i.toString(), e, t);
              if (r) return r[i]?.bind(r);
            } else if (r) return r[i]?.bind(r);
            else throw new t(`"${n}" plugin is not implemented on ${l}`, e.Unimplemented);
          },
          g = (r) => {
            let i,
              a = (...a) => {
                let o = m().then((o) => {
                  let s = h(o, r);
                  if (s) {
                    let e = s(...a);
                    return ((i = e?.remove), e);
                  }
                  throw new t(`"${n}.${r}()" is not implemented on ${l}`, e.Unimplemented);
                });
                return (r === `addListener` && (o.remove = async () => i()), o);
              };
            return (
              (a.toString = () => `${r.toString()}() { [capacitor code] }`),
              Object.defineProperty(a, 'name', { value: r, writable: !1, configurable: !1 }),
              a
            );
          },
          _ = g(`addListener`),
          v = g(`removeListener`),
          y = (e, t) => {
            let n = _({ eventName: e }, t),
              r = async () => {
                let r = await n;
                v({ eventName: e, callbackId: r }, t);
              },
              i = new Promise((e) => n.then(() => e({ remove: r })));
            return (
              (i.remove = async () => {
                (console.warn(`Using addListener() without 'await' is deprecated.`), await r());
              }),
              i
            );
          },
          b = new Proxy(
            {},
            {
              get(e, t) {
                switch (t) {
                  case `$$typeof`:
                    return;
                  case `toJSON`:
                    return () => ({});
                  case `addListener`:
                    return d ? y : _;
                  case `removeListener`:
                    return v;
                  default:
                    return g(t);
                }
              },
            },
          );
        return (
          (o[n] = b),
          f.set(n, {
            name: n,
            proxy: b,
            platforms: new Set([...Object.keys(r), ...(d ? [l] : [])]),
          }),
          b
        );
      }),
      (a.Exception = t),
      (a.DEBUG = !!a.DEBUG),
      (a.isLoggingEnabled = !!a.isLoggingEnabled),
      a
    );
  },
  i = ((e) => (e.Capacitor = r(e)))(
    typeof globalThis < `u`
      ? globalThis
      : typeof self < `u`
        ? self
        : typeof window < `u`
          ? window
          : typeof global < `u`
            ? global
            : {},
  ),
  a = i.registerPlugin,
  o = class {
    constructor() {
      ((this.listeners = {}), (this.retainedEventArguments = {}), (this.windowListeners = {}));
    }
    addListener(e, t) {
      let n = !1;
      (this.listeners[e] || ((this.listeners[e] = []), (n = !0)), this.listeners[e].push(t));
      let r = this.windowListeners[e];
      return (
        r && !r.registered && this.addWindowListener(r),
        n && this.sendRetainedArgumentsForEvent(e),
        Promise.resolve({ remove: async () => this.removeListener(e, t) })
      );
    }
    async removeAllListeners() {
      this.listeners = {};
      for (let e in this.windowListeners) this.removeWindowListener(this.windowListeners[e]);
      this.windowListeners = {};
    }
    notifyListeners(e, t, n) {
      let r = this.listeners[e];
      if (r) r.forEach((e) => e(t));
      else if (n) {
        let n = this.retainedEventArguments[e];
        ((n ||= []), n.push(t), (this.retainedEventArguments[e] = n));
      }
    }
    hasListeners(e) {
      return !!this.listeners[e]?.length;
    }
    registerWindowListener(e, t) {
      this.windowListeners[t] = {
        registered: !1,
        windowEventName: e,
        pluginEventName: t,
        handler: (e) => {
          this.notifyListeners(t, e);
        },
      };
    }
    unimplemented(t = `not implemented`) {
      return new i.Exception(t, e.Unimplemented);
    }
    unavailable(t = `not available`) {
      return new i.Exception(t, e.Unavailable);
    }
    async removeListener(e, t) {
      let n = this.listeners[e];
      if (!n) return;
      let r = n.indexOf(t);
      (r !== -1 && this.listeners[e].splice(r, 1),
        this.listeners[e].length || this.removeWindowListener(this.windowListeners[e]));
    }
    addWindowListener(e) {
      (window.addEventListener(e.windowEventName, e.handler), (e.registered = !0));
    }
    removeWindowListener(e) {
      e && (window.removeEventListener(e.windowEventName, e.handler), (e.registered = !1));
    }
    sendRetainedArgumentsForEvent(e) {
      let t = this.retainedEventArguments[e];
      t &&
        (delete this.retainedEventArguments[e],
        t.forEach((t) => {
          this.notifyListeners(e, t);
        }));
    }
  },
  s = (e) =>
    encodeURIComponent(e)
      .replace(/%(2[346B]|5E|60|7C)/g, decodeURIComponent)
      .replace(/[()]/g, escape),
  c = (e) => e.replace(/(%[\dA-F]{2})+/gi, decodeURIComponent),
  l = class extends o {
    async getCookies() {
      let e = document.cookie,
        t = {};
      return (
        e.split(`;`).forEach((e) => {
          if (e.length <= 0) return;
          let [n, r] = e.replace(/=/, `CAP_COOKIE`).split(`CAP_COOKIE`);
          ((n = c(n).trim()), (r = c(r).trim()), (t[n] = r));
        }),
        t
      );
    }
    async setCookie(e) {
      try {
        let t = s(e.key),
          n = s(e.value),
          r = e.expires ? `; expires=${e.expires.replace(`expires=`, ``)}` : ``,
          i = (e.path || `/`).replace(`path=`, ``),
          a = e.url != null && e.url.length > 0 ? `domain=${e.url}` : ``;
        document.cookie = `${t}=${n || ``}${r}; path=${i}; ${a};`;
      } catch (e) {
        return Promise.reject(e);
      }
    }
    async deleteCookie(e) {
      try {
        document.cookie = `${e.key}=; Max-Age=0`;
      } catch (e) {
        return Promise.reject(e);
      }
    }
    async clearCookies() {
      try {
        let e = document.cookie.split(`;`) || [];
        for (let t of e)
          document.cookie = t
            .replace(/^ +/, ``)
            .replace(/=.*/, `=;expires=${new Date().toUTCString()};path=/`);
      } catch (e) {
        return Promise.reject(e);
      }
    }
    async clearAllCookies() {
      try {
        await this.clearCookies();
      } catch (e) {
        return Promise.reject(e);
      }
    }
  };
a(`CapacitorCookies`, { web: () => new l() });
var u = async (e) =>
    new Promise((t, n) => {
      let r = new FileReader();
      ((r.onload = () => {
        let e = r.result;
        t(e.indexOf(`,`) >= 0 ? e.split(`,`)[1] : e);
      }),
        (r.onerror = (e) => n(e)),
        r.readAsDataURL(e));
    }),
  d = (e = {}) => {
    let t = Object.keys(e);
    return Object.keys(e)
      .map((e) => e.toLocaleLowerCase())
      .reduce((n, r, i) => ((n[r] = e[t[i]]), n), {});
  },
  f = (e, t = !0) =>
    e
      ? Object.entries(e)
          .reduce((e, n) => {
            let [r, i] = n,
              a,
              o;
            return (
              Array.isArray(i)
                ? ((o = ``),
                  i.forEach((e) => {
                    ((a = t ? encodeURIComponent(e) : e), (o += `${r}=${a}&`));
                  }),
                  o.slice(0, -1))
                : ((a = t ? encodeURIComponent(i) : i), (o = `${r}=${a}`)),
              `${e}&${o}`
            );
          }, ``)
          .substr(1)
      : null,
  p = (e, t = {}) => {
    let n = Object.assign({ method: e.method || `GET`, headers: e.headers }, t),
      r = d(e.headers)[`content-type`] || ``;
    if (typeof e.data == `string`) n.body = e.data;
    else if (r.includes(`application/x-www-form-urlencoded`)) {
      let t = new URLSearchParams();
      for (let [n, r] of Object.entries(e.data || {})) t.set(n, r);
      n.body = t.toString();
    } else if (r.includes(`multipart/form-data`) || e.data instanceof FormData) {
      let t = new FormData();
      if (e.data instanceof FormData)
        e.data.forEach((e, n) => {
          t.append(n, e);
        });
      else for (let n of Object.keys(e.data)) t.append(n, e.data[n]);
      n.body = t;
      let r = new Headers(n.headers);
      (r.delete(`content-type`), (n.headers = r));
    } else
      (r.includes(`application/json`) || typeof e.data == `object`) &&
        (n.body = JSON.stringify(e.data));
    return n;
  },
  m = class extends o {
    async request(e) {
      let t = p(e, e.webFetchExtra),
        n = f(e.params, e.shouldEncodeUrlParams),
        r = n ? `${e.url}?${n}` : e.url,
        i = await fetch(r, t),
        a = i.headers.get(`content-type`) || ``,
        { responseType: o = `text` } = i.ok ? e : {};
      a.includes(`application/json`) && (o = `json`);
      let s, c;
      switch (o) {
        case `arraybuffer`:
        case `blob`:
          ((c = await i.blob()), (s = await u(c)));
          break;
        case `json`:
          s = await i.json();
          break;
        default:
          s = await i.text();
      }
      let l = {};
      return (
        i.headers.forEach((e, t) => {
          l[t] = e;
        }),
        { data: s, headers: l, status: i.status, url: i.url }
      );
    }
    async get(e) {
      return this.request(Object.assign(Object.assign({}, e), { method: `GET` }));
    }
    async post(e) {
      return this.request(Object.assign(Object.assign({}, e), { method: `POST` }));
    }
    async put(e) {
      return this.request(Object.assign(Object.assign({}, e), { method: `PUT` }));
    }
    async patch(e) {
      return this.request(Object.assign(Object.assign({}, e), { method: `PATCH` }));
    }
    async delete(e) {
      return this.request(Object.assign(Object.assign({}, e), { method: `DELETE` }));
    }
  };
a(`CapacitorHttp`, { web: () => new m() });
var h;
(function (e) {
  ((e.Dark = `DARK`), (e.Light = `LIGHT`), (e.Default = `DEFAULT`));
})((h ||= {}));
var g;
(function (e) {
  ((e.StatusBar = `StatusBar`), (e.NavigationBar = `NavigationBar`));
})((g ||= {}));
var _ = class extends o {
  async setStyle() {
    this.unavailable(`not available for web`);
  }
  async setAnimation() {
    this.unavailable(`not available for web`);
  }
  async show() {
    this.unavailable(`not available for web`);
  }
  async hide() {
    this.unavailable(`not available for web`);
  }
};
a(`SystemBars`, { web: () => new _() });
function v(e) {
  return {
    notifyAppReady: async () => e.notifyAppReady(await y()),
    getLatest: (t) => e.getLatest(t),
    download: (t) => e.download(t),
    sync: () => e.sync(),
    next: (t) => e.next(t),
    set: (t) => e.set(t),
    reload: () => e.reload(),
    reset: (t) => e.reset(t),
    current: () => e.current(),
    getNextBundle: async () => (await e.getNextBundle()).bundle ?? null,
    list: () => e.list(),
    getFailedUpdate: async () => {
      let { bundle: t } = await e.getFailedUpdate();
      return t ? { bundle: t } : null;
    },
    getBuiltinVersion: () => e.getBuiltinVersion(),
    delete: (t) => e.delete(t),
    verify: (t) => e.verify(t),
    setBundleError: async (t) => ({ rolledBack: (await e.setBundleError(t)).rolledBack ?? null }),
    clearBlocked: (t) => e.clearBlocked(t),
    setChannel: (t) => e.setChannel(t),
    getChannel: () => e.getChannel(),
    getDeviceId: () => e.getDeviceId(),
    setCustomId: (t) => e.setCustomId(t),
    cancel: () => e.cancel(),
    flush: () => e.flush(),
    state: () => e.state(),
    isAutoUpdateEnabled: () => e.isAutoUpdateEnabled(),
    getPluginVersion: () => e.getPluginVersion(),
    addListener: (t, n) => e.addListener(t, n),
    removeAllListeners: () => e.removeAllListeners(),
  };
}
async function y() {
  let e = typeof window > `u` ? void 0 : window.__liveUpdaterLaunch;
  return e ? { launchToken: await e.token } : {};
}
var b = `modulepreload`,
  x = function (e, t) {
    return new URL(e, t).href;
  },
  S = {},
  C = function (e) {
    return e.pathname.endsWith(`.css`);
  },
  w = function (e, t, n) {
    if (t in e) return e[t];
    let r = n();
    if (!r) {
      e[t] = void 0;
      return;
    }
    let i = r.then(
      () => {
        e[t] = void 0;
      },
      (n) => {
        throw ((e[t] = void 0), n);
      },
    );
    return ((e[t] = i), i);
  },
  T = function (e, t, n) {
    let r = Promise.resolve();
    if (t && t.length > 0) {
      let e,
        i = document.querySelector(`meta[property=csp-nonce]`),
        a = i?.nonce || i?.getAttribute(`nonce`);
      function o(e) {
        return Promise.all(
          e.map((e) =>
            Promise.resolve(e).then(
              (e) => ({ status: `fulfilled`, value: e }),
              (e) => ({ status: `rejected`, reason: e }),
            ),
          ),
        );
      }
      function s(e) {
        return import.meta.resolve ? new URL(import.meta.resolve(e)) : new URL(e, import.meta.url);
      }
      r = o(
        t
          .map((t) => {
            t = x(t, n);
            let r = s(t),
              i = C(r);
            return w(S, r.href, () => {
              if (e === void 0) {
                e = { all: new Set(), styles: new Set() };
                let t = document.getElementsByTagName(`link`);
                for (let n = t.length - 1; n >= 0; n--) {
                  let r = t[n];
                  (e.all.add(r.href), r.rel === `stylesheet` && e.styles.add(r.href));
                }
              }
              if ((i ? e.styles : e.all).has(r.href)) return;
              let t = document.createElement(`link`);
              if (
                ((t.rel = i ? `stylesheet` : b),
                i || (t.as = `script`),
                (t.crossOrigin = ``),
                (t.href = r.href),
                a && t.setAttribute(`nonce`, a),
                document.head.appendChild(t),
                i)
              )
                return new Promise((e, n) => {
                  let i = (a) => {
                    (t.removeEventListener(`load`, i),
                      t.removeEventListener(`error`, i),
                      a.type === `error` ? n(Error(`Unable to preload CSS for ${r}`)) : e(a));
                  };
                  (t.addEventListener(`load`, i), t.addEventListener(`error`, i));
                });
            });
          })
          .filter((e) => e !== void 0),
      );
    }
    function i(e) {
      let t = new Event(`vite:preloadError`, { cancelable: !0 });
      if (((t.payload = e), window.dispatchEvent(t), !t.defaultPrevented)) throw e;
    }
    return r.then((t) => {
      for (let e of t || []) e.status === `rejected` && i(e.reason);
      return e().catch(i);
    });
  },
  E = v(
    a(`LiveUpdater`, {
      web: () =>
        T(
          async () => {
            let { LiveUpdaterWeb: e } = await import(`./web-CrL9XZIs.js`);
            return { LiveUpdaterWeb: e };
          },
          [],
          import.meta.url,
        ).then(({ LiveUpdaterWeb: e }) => new e()),
    }),
  ),
  D = `example:stale-ready`;
async function O() {}
var k = V(`running`),
  A = V(`status`),
  j = V(`progress`),
  M = V(`log`);
function N(e) {
  ((V(`bundle-version`).textContent = e), (document.title = `Live Updater Example ${e}`));
}
function P(e) {
  k.textContent = e;
}
function F(e) {
  A.textContent = e;
}
function I(e) {
  j.value = e;
}
function L(e) {
  let t = document.createElement(`li`);
  ((t.textContent = e), M.prepend(t));
}
function R(e, t = !0) {
  B(e).disabled = !t;
}
function z(e, t) {
  let n = B(e);
  n.addEventListener(`click`, () => {
    (n.setAttribute(`aria-busy`, `true`),
      n.dataset.running !== `true` &&
        ((n.dataset.running = `true`),
        t().finally(() => {
          (delete n.dataset.running, n.removeAttribute(`aria-busy`));
        })));
  });
}
function B(e) {
  return V(e);
}
function V(e) {
  let t = document.getElementById(e);
  if (!t) throw Error(`index.html has no #${e}`);
  return t;
}
H();
async function H() {
  (N(`1.0.0`),
    await O(),
    await K(),
    z(`check`, () => J(U)),
    z(`download`, () => J(W)),
    z(`apply`, () => J(G)),
    z(`reset`, () => J(() => E.reset())),
    await J(async () => {
      let { bundle: e } = await E.notifyAppReady();
      F(`Ready: ${e.version}`);
    }),
    await J(q),
    (document.documentElement.dataset.started = `true`));
}
async function U() {
  F(`Asking the server …`);
  let e = await E.getLatest();
  switch ((R(`download`, e.status === `updateAvailable`), e.status)) {
    case `updateAvailable`:
      F(`Update available: ${e.release?.version}`);
      break;
    case `blocked`:
      F(`Blocked: ${e.reason}`);
      break;
    default:
      F(e.status);
  }
}
async function W() {
  (I(0), F(`Downloading …`));
  let e = await E.download();
  (await E.next({ id: e.id }), R(`apply`), R(`download`, !1), F(`Downloaded: ${e.version}`));
}
async function G() {
  (F(`Applying …`), await E.reload());
}
async function K() {
  let e =
    (e) =>
    ({ bundle: t }) =>
      L(`${e} ${t.version}`);
  await Promise.all([
    E.addListener(`download`, ({ percent: e }) => I(e)),
    E.addListener(`downloadComplete`, e(`downloadComplete`)),
    E.addListener(`downloadFailed`, ({ bundle: e, error: t }) =>
      L(`downloadFailed ${e.version}: ${t.code}`),
    ),
    E.addListener(`updateAvailable`, e(`updateAvailable`)),
    E.addListener(`noNeedUpdate`, e(`noNeedUpdate`)),
    E.addListener(`setNext`, e(`setNext`)),
    E.addListener(`set`, e(`set`)),
    E.addListener(`appReady`, e(`appReady`)),
    E.addListener(`appReloaded`, e(`appReloaded`)),
    E.addListener(`updateFailed`, ({ bundle: e, reason: t }) =>
      L(`updateFailed ${e.version}: ${t}`),
    ),
  ]);
}
async function q() {
  let { bundle: e, native: t } = await E.current();
  P(`${e.id}, version ${e.version}, in app ${t}`);
  let n = await E.getFailedUpdate();
  n && L(`${n.bundle.version} was taken back`);
  let r = localStorage.getItem(D);
  (r && L(`the page before this one was refused: ${r}`),
    R(`apply`, (await E.getNextBundle()) !== null));
}
async function J(e) {
  try {
    await e();
  } catch (e) {
    let { code: t, message: n } = e;
    (F(`Failed: ${t}`), L(`${t}: ${n}`));
  }
}
export { o as t };
