import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { filesBelow, read } from './project';

/** Methods that Capacitor itself gives every plugin. */
const CAPACITORS_OWN = ['addListener', 'removeAllListeners'];

describe('the methods', () => {
  it('of Kotlin are those of TypeScript', () => {
    expect(kotlinMethods()).toEqual(typescriptMethods());
  });

  it('of Swift are those of TypeScript', () => {
    expect(swiftMethods()).toEqual(typescriptMethods());
  });

  it('that Swift names are there', () => {
    const source = swiftSource();
    const missing = swiftMethods().filter(
      (name) => !new RegExp(`@objc\\s+func\\s+${name}\\s*\\(_ call: CAPPluginCall\\)`).test(source),
    );
    expect(missing).toEqual([]);
  });
});

describe('the name', () => {
  it('is the same for JavaScript, Kotlin and Swift', () => {
    expect(read('bindings/js/src/index.ts')).toContain(`>('LiveUpdater', {`);
    expect(kotlinSource()).toMatch(/^@CapacitorPlugin\(\s*name = "LiveUpdater"/m);
    expect(swiftSource()).toMatch(/let jsName = "LiveUpdater"/);
  });

  it('of the Swift class is the first one that the Capacitor CLI sees', () => {
    // `cap sync` takes the first @objc(…) of every Swift file below ios/.
    const named = filesBelow('ios', '.swift', '.m').flatMap((file) =>
      [...read(file).matchAll(/@objc\((\w+)\)/g)].map(([, name]) => name),
    );
    expect(named).toEqual(['LiveUpdaterPlugin']);
  });
});

/** Members of the interface, without Capacitor's own. */
function typescriptMethods(): string[] {
  const source = ts.createSourceFile(
    'definitions.ts',
    read('bindings/js/src/definitions.ts'),
    ts.ScriptTarget.Latest,
  );
  const plugin = source.statements
    .filter(ts.isInterfaceDeclaration)
    .find(({ name }) => name.text === 'LiveUpdaterPlugin');
  const names = (plugin?.members ?? []).filter(ts.isMethodSignature).map(({ name }) => {
    return (name as ts.Identifier).text;
  });
  return names.filter((name) => !CAPACITORS_OWN.includes(name)).sort();
}

function kotlinMethods(): string[] {
  const methods = kotlinSource().matchAll(
    /@PluginMethod\b(?:\([^)]*\))?\s+(?:\w+\s+)*?fun\s+`?(\w+)`?\s*\(/g,
  );
  return [...methods].map(([, name]) => name).sort();
}

function swiftMethods(): string[] {
  const methods = swiftSource().matchAll(/CAPPluginMethod\(\s*name:\s*"(\w+)"/g);
  return [...methods].map(([, name]) => name).sort();
}

function kotlinSource(): string {
  return plugin('android/src/main', 'LiveUpdaterPlugin.kt');
}

function swiftSource(): string {
  return plugin('ios/Sources', 'LiveUpdaterPlugin.swift');
}

/** The text of the platform's plugin class, without comments. */
function plugin(folder: string, name: string): string {
  const [file] = filesBelow(folder, `/${name}`);
  if (!file) {
    throw new Error(`there is no ${name} below ${folder}`);
  }
  return read(file)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
}
