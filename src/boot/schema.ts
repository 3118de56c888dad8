import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { MigrationInterface } from 'typeorm';

import { auditEntities } from '../kernel/audit/audit.entities.js';
import { changesEntities } from '../kernel/changes/changes.entities.js';
import type { Schema } from '../kernel/database/database.options.js';
import { directoryEntities } from '../kernel/directory/directory.entities.js';
import { presenceEntities } from '../presence/presence.entities.js';
import { privacyEntities } from '../privacy/privacy.entities.js';

type Migration = new () => MigrationInterface;

const FOLDER = join(import.meta.dirname, '../../migrations');

/** Every table and every migration there is. A new file in `migrations` is found by itself. */
export async function schema(): Promise<Schema> {
  const files = (await readdir(FOLDER)).filter((name) => /^\d{13}-[a-z0-9-]+\.(js|ts)$/.test(name)).sort();
  const modules = await Promise.all(files.map(load));
  return {
    entities: [...directoryEntities, ...changesEntities, ...auditEntities, ...privacyEntities, ...presenceEntities],
    migrations: modules.flatMap((module) => Object.values(module).filter(isMigration)),
  };
}

async function load(name: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(FOLDER, name)).href)) as Record<string, unknown>;
}

const isMigration = (value: unknown): value is Migration => typeof value === 'function';
