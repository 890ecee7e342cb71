/** One app: its name, its tabs, and what is on the open one. */

import { ask } from '../api.js';
import { element, link } from '../dom.js';
import { href } from '../route.js';
import { session } from '../session.js';
import { activityView } from './activity.js';
import { bundlesView } from './bundles.js';
import { channelsView } from './channels.js';
import { figuresView } from './figures.js';
import { historyView } from './history.js';
import { settingsView } from './settings.js';
import { uploadView } from './upload.js';

const TABS = [
  { name: 'channels', title: 'Channels', view: channelsView, permission: 'read' },
  { name: 'bundles', title: 'Bundles', view: bundlesView, permission: 'read' },
  { name: 'upload', title: 'Upload', view: uploadView, permission: 'upload' },
  { name: 'figures', title: 'Figures', view: figuresView, permission: 'read' },
  { name: 'activity', title: 'Activity', view: activityView, permission: 'read' },
  { name: 'settings', title: 'Settings', view: settingsView, permission: 'read' },
];

/** `reload` shows the view anew, after something was changed. */
export async function appView([id, name, ...rest], query, reload) {
  const tabs = TABS.filter((tab) => session.may(tab.permission));
  const tab = tabs.find((tab) => tab.name === name) ?? tabs[0];
  const app = await ask('GET', ['apps', id]);
  const context = { app, query, reload };
  const content =
    tab.name === 'channels' && rest.length > 0
      ? await historyView(context, rest[0])
      : await tab.view(context);
  const item = (other) =>
    element(
      'li',
      {},
      link(other.title, href('apps', id, other.name), {
        'aria-current': other === tab ? 'page' : null,
      }),
    );
  return [
    element('p', { class: 'crumb' }, link('Apps', '#/'), ' / ', element('code', {}, app.appId)),
    element('h1', {}, app.name),
    element('nav', { 'aria-label': 'App', class: 'tabs' }, element('ul', {}, tabs.map(item))),
    ...[content].flat(),
  ];
}
