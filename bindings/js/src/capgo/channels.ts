import type * as ours from '../definitions';
import type { LiveUpdaterError } from '../errors';
import { given, invalidRequest, optionsOf } from '../requests';
import type { CapacitorUpdaterPlugin, ChannelPrivateEvent } from './definitions';
import type { Listeners } from './listeners';

type ChannelMethods = Pick<
  CapacitorUpdaterPlugin,
  'setChannel' | 'unsetChannel' | 'getChannel' | 'listChannels'
>;

/** Answers Capgo's methods for channels; `refused` hears of those that devices can't choose. */
export function channelMethods(
  updater: ours.LiveUpdaterPlugin,
  refused: Listeners<ChannelPrivateEvent>,
): ChannelMethods {
  return {
    setChannel: async (options) => {
      const { channel, triggerAutoUpdate } = given('setChannel', options);
      const triggers = isTrue('setChannel', triggerAutoUpdate);
      if (channel === undefined || channel === null) {
        throw invalidRequest('setChannel needs a `channel`; unsetChannel does without.');
      }
      await choose(updater, channel, refused);
      await look(updater, triggers);
      return { status: 'ok' };
    },
    unsetChannel: async (options) => {
      const { triggerAutoUpdate } = optionsOf('unsetChannel', options) ?? {};
      const triggers = isTrue('unsetChannel', triggerAutoUpdate);
      await updater.unsetChannel();
      await look(updater, triggers);
    },
    getChannel: async () => ({ channel: (await updater.getChannel()).channel }),
    listChannels: async () => ({
      channels: (await updater.listChannels()).channels.map((channel) => ({
        id: channel.id === '' ? NaN : Number(channel.id),
        name: channel.name,
        public: channel.public,
        allow_self_set: channel.allowSelfSet,
      })),
    }),
  };
}

async function choose(
  updater: ours.LiveUpdaterPlugin,
  channel: string,
  refused: Listeners<ChannelPrivateEvent>,
): Promise<void> {
  try {
    await updater.setChannel({ channel });
  } catch (problem) {
    const { code, message } = problem as LiveUpdaterError;
    if (code === 'invalid_request' && PRIVATE.test(message)) {
      refused.tell({ channel, message });
    }
    throw problem;
  }
}

/** The codes of servers for a channel that devices can't choose; the message has them. */
const PRIVATE = /channel_self_set_not_allowed|cannot_update_via_private_channel/;

/** Looks for an update, where the app does so by itself. Nobody waits for it: events tell. */
async function look(updater: ours.LiveUpdaterPlugin, isWanted: boolean): Promise<void> {
  if (isWanted && (await updater.isAutoUpdateEnabled()).enabled) {
    updater.sync().catch(() => undefined);
  }
}

function isTrue(method: string, triggerAutoUpdate: unknown): boolean {
  if (triggerAutoUpdate === undefined || triggerAutoUpdate === null) {
    return false;
  }
  if (typeof triggerAutoUpdate !== 'boolean') {
    throw invalidRequest(`The \`triggerAutoUpdate\` of ${method} must be a boolean.`);
  }
  return triggerAutoUpdate;
}
