import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The folder that holds the package. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

export function read(file: string): string {
  return fs.readFileSync(path.join(ROOT, file), 'utf8');
}

export function json<T>(file: string): T {
  return JSON.parse(read(file)) as T;
}

/** Runs a program of the packages that are installed, with this Node.js. */
export function run(script: string, args: string[], options: RunOptions): Promise<Output> {
  return promisify(execFile)(process.execPath, [script, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    maxBuffer: 1 << 26,
  }).catch((error: Output & Error) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  });
}

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
}

export interface Output {
  stdout: string;
  stderr: string;
}

/** A new folder, and how to delete it. */
export function folder(): { path: string; remove: () => void } {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'live-updater-js-'));
  return { path: made, remove: () => fs.rmSync(made, { recursive: true, force: true }) };
}

/** All files below a folder whose names end so, with the folder in front. */
export function filesBelow(directory: string, ...endings: string[]): string[] {
  const below = path.join(ROOT, directory);
  if (!fs.existsSync(below)) {
    throw new Error(`there is no folder ${directory}`);
  }
  return fs
    .readdirSync(below, { recursive: true, encoding: 'utf8' })
    .filter((file) => endings.some((ending) => file.endsWith(ending)))
    .map((file) => path.join(directory, file));
}
