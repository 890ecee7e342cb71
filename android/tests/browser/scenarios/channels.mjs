/** A server of Capgo's kind decides which channel a device is on. */

import assert from 'node:assert/strict';
import { createServer } from 'node:http';

export const scenarios = {
  async 'the server tells the channels, and agrees to the choice of one'(scene) {
    const server = await ChannelServer.start({
      'GET /channel_self': [{ id: 7, name: 'beta', public: false, allow_self_set: true }],
      'PUT /channel_self': { channel: 'production', status: 'default' },
      'POST /channel_self': { status: 'ok' },
    });
    try {
      const phone = await phoneOf(scene, server);
      assert.deepEqual(await phone.call('listChannels'), {
        channels: [{ id: '7', name: 'beta', public: false, allowSelfSet: true }],
      });
      assert.deepEqual(await phone.call('getChannel'), { channel: 'production' });
      assert.deepEqual(await phone.call('setChannel', { channel: 'beta' }), { channel: 'beta' });
      assert.deepEqual(server.heard, [
        'GET /channel_self',
        'PUT /channel_self',
        'POST /channel_self',
      ]);
    } finally {
      server.stop();
    }
  },

  async 'a choice is forgotten without the server'(scene) {
    const server = await ChannelServer.start({ 'POST /channel_self': { status: 'ok' } });
    const phone = await phoneOf(scene, server);
    await phone.call('setChannel', { channel: 'beta' });
    server.stop();
    assert.deepEqual(await phone.call('unsetChannel'), { channel: '' });
    assert.ok(!JSON.stringify(await phone.call('state')).includes('beta'));
  },

  async 'a refusal of the server comes with its code'(scene) {
    const refusal = { error: 'channel_self_set_not_allowed', message: 'no' };
    const server = await ChannelServer.start({
      'GET /channel_self': refusal,
      'POST /channel_self': refusal,
    });
    try {
      const phone = await phoneOf(scene, server);
      for (const [method, options] of [['setChannel', { channel: 'inner' }], ['listChannels']]) {
        const { code, message, data } = await phone.call(method, options);
        assert.equal(code, 'invalid_request', method);
        assert.match(message, /channel_self_set_not_allowed/);
        assert.deepEqual(data, { retryable: false });
      }
    } finally {
      server.stop();
    }
  },
};

async function phoneOf(scene, server) {
  const config = {
    source: 'capgo',
    updateUrl: `${server.url}/updates`,
    channelUrl: `${server.url}/channel_self`,
    trust: { mode: 'unsigned' },
  };
  const phone = await scene.phone({ config });
  await phone.start();
  await phone.shows('1.0.0', 'Ready: 1.0.0');
  return phone;
}

class ChannelServer {
  /** What was asked for: method and path. */
  heard = [];
  #server;

  static async start(answers) {
    const server = new ChannelServer();
    server.#server = createServer((request, response) => {
      const what = `${request.method} ${request.url.split('?')[0]}`;
      server.heard.push(what);
      request.resume().on('end', () => {
        const answer = answers[what];
        response.writeHead(answer === undefined ? 404 : 200, {
          'content-type': 'application/json',
        });
        response.end(JSON.stringify(answer ?? {}));
      });
    });
    await new Promise((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${server.#server.address().port}`;
    return server;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
