import { Injectable } from '@nestjs/common';

import type { Caller } from '../kernel/caller.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { Config } from '../kernel/config/config.js';
import { Directory } from '../kernel/directory/directory.service.js';
import { badInput, userNotFound } from '../kernel/errors.js';
import { checkId } from '../kernel/input.js';
import { Limits } from '../kernel/limits/limits.service.js';
import { checkInput, followShorthand } from './privacy.input.js';
import { PrivacyRepository, type SettingsChange } from './privacy.repository.js';
import type { Dossier, Dossiers, Look, PrivacyInput, PrivacySettings } from './privacy.types.js';
import { Verdicts } from './privacy.verdicts.js';

const BLOCKS_MAX = 10_000;

/** Who may know what of whom, and the settings it follows from. */
@Injectable()
export class PrivacyService {
  private readonly verdicts: Verdicts;

  constructor(
    private readonly repository: PrivacyRepository,
    directory: Directory,
    changes: Changes,
    private readonly limits: Limits,
    config: Config,
  ) {
    this.verdicts = new Verdicts(repository, directory, changes, config);
  }

  /** See Verdicts. */
  dossiers(looks: readonly Look[], keep = true): Promise<readonly Dossiers[]> {
    return this.verdicts.dossiers(looks, keep);
  }

  /** As `dossiers`, of many subjects for one viewer, by subject; without those who do not exist. */
  async dossiersFor(viewerId: string, subjectIds: Iterable<string>): Promise<Map<string, Dossier>> {
    const subjects = [...new Set(subjectIds)].map((userId) => ({ userId, away: false }));
    const [dossiers = []] = await this.dossiers([{ viewerId, subjects }]);
    const bySubject = new Map<string, Dossier>();
    subjects.forEach(({ userId }, at) => {
      const dossier = dossiers[at];
      if (dossier) bySubject.set(userId, dossier);
    });
    return bySubject;
  }

  async settings(userId: string): Promise<PrivacySettings> {
    return withShorthand(await this.repository.settingsOf(userId));
  }

  /** Refuses BAD_USER_INPUT: unknown audiences, lists over 1000 ids or with a bad one, a shorthand that disagrees. */
  async update(caller: Caller, input: PrivacyInput): Promise<PrivacySettings> {
    await this.limits.change(caller);
    const checked = checkInput(caller.userId, input);
    if (Object.values(checked).every((value) => value === null)) return this.settings(caller.userId);
    const stored = await this.repository.change(caller.userId, (before): SettingsChange => ({
      lastSeen: checked.lastSeen ?? followShorthand(before.lastSeen, checked.showLastSeen),
      online: checked.online ?? before.online,
      coarseLastSeen: checked.coarseLastSeen ?? before.coarseLastSeen,
      typing: checked.typing ?? before.typing,
      alwaysUserIds: checked.alwaysUserIds,
      neverUserIds: checked.neverUserIds,
    }));
    return withShorthand(stored);
  }

  /** Refuses BAD_USER_INPUT (oneself, over 10,000) and USER_NOT_FOUND. Twice is no change. */
  async block(caller: Caller, userId: string): Promise<PrivacySettings> {
    await this.limits.change(caller);
    if (checkId(userId, 'userId') === caller.userId) throw badInput('You cannot block yourself');
    const outcome = await this.repository.block(caller.userId, userId, BLOCKS_MAX);
    if (outcome === 'unknown') throw userNotFound();
    if (outcome === 'full') throw badInput(`You can block at most ${BLOCKS_MAX} users`);
    return this.settings(caller.userId);
  }

  async unblock(caller: Caller, userId: string): Promise<PrivacySettings> {
    await this.limits.change(caller);
    if (!(await this.repository.unblock(caller.userId, checkId(userId, 'userId')))) throw userNotFound();
    return this.settings(caller.userId);
  }
}

function withShorthand(stored: Omit<PrivacySettings, 'showLastSeen'>): PrivacySettings {
  return { ...stored, showLastSeen: stored.lastSeen !== 'NOBODY' };
}
