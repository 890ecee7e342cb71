/** An app that has been around: bundles, devices, reports, over as many days as are wanted. */

import { join } from 'node:path';

import { bundle } from './zip.mjs';

export const APP = 'com.example.app';

const DAY = 24 * 60 * 60 * 1000;
/** How many bundles are uploaded; older ones are rows of the database alone. */
const UPLOADED = 12;
/** How many versions devices run on a day. */
const AT_ONCE = 6;
const DEVICES = 1_000;

/** The newest version rolls out to a quarter, and paused by itself. */
export async function fill(scene, { bundles, days }) {
  const { service } = scene;
  await service.makeApp(APP, 'Example');
  await service.makeApp('com.example.other', 'Another one');
  await service.ask('PATCH', `/api/v1/apps/${APP}`, { keepBundles: bundles });
  await service.ask('PUT', `/api/v1/apps/${APP}/channels/beta`, { selfSet: true });
  const versions = Array.from({ length: bundles }, (_, number) => versionOf(number));
  const old = versions.slice(0, -UPLOADED);
  if (old.length > 0) await scene.restart((data) => inDatabase(data, keepOld(old)));
  for (const [number, version] of versions.slice(-UPLOADED).entries()) {
    await scene.service.upload(APP, version, bundle(version, 2_000 + 997 * number), {
      releaseNotes:
        number % 2 === 0 ? 'The list is quicker.\nThe menu has another order.' : undefined,
      minAppVersion: number % 3 === 0 ? '2.0' : undefined,
      mandatory: String(number % 5 === 4),
    });
  }
  await steer(scene.service, versions);
  await scene.restart((data) => inDatabase(data, remember(versions, days)));
}

function versionOf(number) {
  return `1.${Math.floor(number / 10)}.${number % 10}`;
}

async function steer(service, versions) {
  const [before, last, newest] = versions.slice(-3);
  await service.release(APP, 'production', before);
  await service.release(APP, 'production', last);
  await service.release(APP, 'production', newest, 25);
  await service.release(APP, 'beta', newest);
  for (let device = 0; device < 24; device += 1) {
    await service.report(APP, newest, device > 3, `device-${device}`);
  }
  await service.report(APP, newest, false, 'device-24');
}

/** What lies long ago can't be said to a service, only be written into its database. */
async function inDatabase(data, work) {
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(join(data, 'service.db'));
  database.exec('BEGIN');
  work((table, row) => {
    const names = Object.keys(row);
    const places = names.map(() => '?').join(', ');
    const insert = `INSERT OR REPLACE INTO ${table} (${names.join(', ')}) VALUES (${places})`;
    database.prepare(insert).run(...Object.values(row));
  });
  database.exec('COMMIT');
  database.close();
}

function keepOld(versions) {
  return (insert) =>
    versions.forEach((version, index) =>
      insert('bundles', {
        id: index + 1,
        app: APP,
        version,
        checksum: String(index).padStart(64, '0'),
        size: 1_000_000 + index,
        file: `${String(index).padStart(64, '0')}.zip`,
        mandatory: 0,
        created_by: 'first',
        created_at: Date.now() - DAY,
        updated_at: Date.now() - DAY,
      }),
    );
}

function remember(versions, days) {
  return (insert) => {
    for (let day = 0; day < days; day += 1) insertDay(insert, versions, day, days);
    for (let number = 0; number < DEVICES; number += 1) {
      insert('devices', {
        app: APP,
        device: `d-${number}`,
        version: versions[Math.max(0, versions.length - 1 - (number % AT_ONCE))],
        channel: 'production',
        platform: 'ios',
        app_version: '2.1',
        first_seen: Date.now(),
        last_seen: Date.now(),
      });
    }
  };
}

function insertDay(insert, versions, day, days) {
  const newest = Math.ceil(((versions.length - 1) * (day + 1)) / days);
  const date = Math.floor(Date.now() / DAY) - days + 1 + day;
  for (let age = 0; age < AT_ONCE && age <= newest; age += 1) {
    const version = versions[newest - age];
    const devices = Math.round(((1 + 0.1 * Math.sin(day / 5)) * DEVICES) / 2 ** (age + 1));
    insert('adoption', { app: APP, day: date, version, devices });
    const failures = (day + age) % 9 === 0 ? 3 : 0;
    for (let number = 0; number < 4 + failures; number += 1) {
      const id = `${day}-${age}-${number}`;
      insert('confirmations', {
        id,
        app: APP,
        version,
        platform: 'ios',
        device: id,
        success: number < failures ? 0 : 1,
        received_at: date * DAY + 1,
      });
    }
  }
}
