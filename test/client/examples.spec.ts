import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';

import { buildSchema, parse, validate } from 'graphql';
import ts from 'typescript';
import { expect, it } from 'vitest';

import { formatLastSeen, formatTyping } from '../../client/src/index.js';
import { allPages, codeOf, ROOT, theCodeOf } from '../support/pages.js';

const PAGE = 'docs/clients.md';
const FOLDER = join(ROOT, 'client/examples');
/** What the page has around its shorter examples. */
const AROUND = `
  declare const client: import('@lamplight/client').LamplightClient;
  declare const presence: import('@lamplight/client').Presence;
  declare const people: readonly { displayName: string }[];
  declare const url: string;
  declare const token: import('@lamplight/client').TokenSource;
  declare function askYourBackEnd(): Promise<string>;
  declare function render(...what: readonly unknown[]): void;
`;
const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  jsx: ts.JsxEmit.ReactJSX,
  types: ['vite/client'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  paths: {
    '@lamplight/client': [join(ROOT, 'client/src/index.ts')],
    '@lamplight/client/react': [join(ROOT, 'client/src/react/index.ts')],
  },
};

/** What the compiler says about files that are nowhere but here, one line each. */
function complaints(files: ReadonlyMap<string, string>): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...more) => {
    const text = files.get(name);
    return text === undefined ? getSourceFile(name, version, ...more) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], OPTIONS, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

it('every example for front ends is what the package takes', async () => {
  const files = new Map([[join(FOLDER, 'around.d.ts'), AROUND]]);
  for (const opening of ['ts', 'tsx main.tsx'])
    for (const [i, code] of (await codeOf(PAGE, opening)).entries())
      files.set(join(FOLDER, `${opening.split(' ')[0]}-${i}.tsx`), code);
  files.set(join(FOLDER, 'readme.tsx'), await theCodeOf('client/README.md', 'tsx'));
  expect(files.size).toBeGreaterThan(5);
  // So that silence is known to mean something; compiled only once, as it takes a while.
  const wrong = join(FOLDER, 'wrong.tsx');
  files.set(wrong, `client.presences.watch('bob');\nimport { nothing } from '@lamplight/client';`);
  const found = complaints(files);
  expect(found.filter((complaint) => !complaint.startsWith(wrong))).toEqual([]);
  expect(found).toHaveLength(2);
}, 60_000);

it('words come out as the page says', async () => {
  const people = ['Alice', 'Bob', 'Carol', 'Dave'].map((displayName) => ({ displayName }));
  const presence = { status: 'OFFLINE', lastSeen: new Date(Date.now() - 310_000).toISOString(), lastSeenBucket: null };
  const said = (await codeOf(PAGE, 'ts')).flatMap((code) => [...code.matchAll(/^(format\w+\(.+\)); \/\/ (.+)$/gm)]);
  expect(said).toHaveLength(4);
  for (const [, call = '', words] of said)
    expect(runInNewContext(call, { formatTyping, formatLastSeen, people, presence })).toBe(words);
});

it('every operation in the documents is one that the schema has', async () => {
  const schema = buildSchema(readFileSync(join(ROOT, 'schema.gql'), 'utf8'));
  const operations = (await Promise.all((await allPages()).map((page) => codeOf(page, 'graphql')))).flat();
  expect(operations.length).toBeGreaterThan(0);
  for (const operation of operations) expect(validate(schema, parse(operation))).toEqual([]);
});
