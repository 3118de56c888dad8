import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { differences, note } from '../kernel/audit/audit.log.js';
import { Changes } from '../kernel/changes/changes.service.js';
import { reachable } from '../kernel/database/database.js';
import type { User } from '../kernel/directory/directory.types.js';
import type { Pair } from './privacy.rules.js';
import { DEFAULT_POLICY } from './privacy.rules.js';
import type { Audience, OnlineAudience, PrivacySettings } from './privacy.types.js';

/** Subjects that one viewer asks about. */
export interface PairGroup {
  readonly viewerId: string;
  readonly subjectIds: readonly string[];
  /** Everything is wanted of each. Else only a row whose verdict is not that of an ordinary pair. */
  readonly whole: boolean;
}

/** Two people who never touched a setting and know nothing of each other: most pairs are. */
export const ORDINARY: Pair = {
  subject: { policy: DEFAULT_POLICY, stance: toStance(false, false, false, false), invisible: false },
  viewer: { policy: DEFAULT_POLICY, stance: toStance(false, false, false, false) },
};

/** Everything durable that an answer about a subject needs; read in one query. */
export interface PairRow {
  readonly subjectId: string;
  readonly viewerId: string;
  readonly user: User;
  readonly pair: Pair;
  /** Milliseconds since 1970. */
  readonly lastSeen: number | null;
  readonly lastActive: number | null;
}

/** The part of the settings that one statement replaces; null keeps a list. */
export interface SettingsChange {
  readonly lastSeen: Audience;
  readonly online: OnlineAudience;
  readonly coarseLastSeen: boolean;
  readonly typing: boolean;
  readonly alwaysUserIds: readonly string[] | null;
  readonly neverUserIds: readonly string[] | null;
}

type Stored = Omit<PrivacySettings, 'showLastSeen'>;

interface RawPair {
  subject_id: string;
  viewer_id: string;
  username: string;
  display_name: string;
  avatar_url: string | null;
  s_last_seen: Audience | null;
  s_online: OnlineAudience | null;
  s_coarse: boolean | null;
  s_typing: boolean | null;
  s_invisible: boolean;
  v_last_seen: Audience | null;
  v_online: OnlineAudience | null;
  v_coarse: boolean | null;
  v_typing: boolean | null;
  s_contact: boolean;
  s_always: boolean | null;
  s_never: boolean | null;
  s_blocked: boolean;
  v_contact: boolean;
  v_always: boolean | null;
  v_never: boolean | null;
  v_blocked: boolean;
  last_seen_at: Date | null;
  last_active_at: Date | null;
}

const PAIRS_SQL = `
  SELECT p.subject_id, p.viewer_id, u.username, u.display_name, u.avatar_url,
    sp.last_seen AS s_last_seen, sp.online AS s_online, sp.coarse_last_seen AS s_coarse, sp.typing AS s_typing,
    COALESCE(cs.status = 'INVISIBLE', false) AS s_invisible,
    vp.last_seen AS v_last_seen, vp.online AS v_online, vp.coarse_last_seen AS v_coarse, vp.typing AS v_typing,
    sc.owner_id IS NOT NULL AS s_contact, se.always AS s_always, se.never AS s_never,
    sb.owner_id IS NOT NULL AS s_blocked,
    vc.owner_id IS NOT NULL AS v_contact, ve.always AS v_always, ve.never AS v_never,
    vb.owner_id IS NOT NULL AS v_blocked,
    ls.last_seen_at, ls.last_active_at
  FROM (
    SELECT unnest(string_to_array(g.subject_ids, ' ')) AS subject_id, g.viewer_id, g.whole
    FROM unnest(string_to_array($1, ','), string_to_array($2, ','), string_to_array($3, ',')::boolean[])
      AS g (subject_ids, viewer_id, whole)
  ) AS p
  JOIN users u ON u.id = p.subject_id
  LEFT JOIN privacy_settings sp ON sp.user_id = p.subject_id
  LEFT JOIN privacy_settings vp ON vp.user_id = p.viewer_id
  LEFT JOIN contacts sc ON sc.owner_id = p.subject_id AND sc.contact_id = p.viewer_id
  LEFT JOIN contacts vc ON vc.owner_id = p.viewer_id AND vc.contact_id = p.subject_id
  LEFT JOIN privacy_exceptions se ON se.owner_id = p.subject_id AND se.other_id = p.viewer_id
  LEFT JOIN privacy_exceptions ve ON ve.owner_id = p.viewer_id AND ve.other_id = p.subject_id
  LEFT JOIN blocks sb ON sb.owner_id = p.subject_id AND sb.blocked_id = p.viewer_id
  LEFT JOIN blocks vb ON vb.owner_id = p.viewer_id AND vb.blocked_id = p.subject_id
  LEFT JOIN custom_statuses cs ON cs.user_id = p.subject_id
  LEFT JOIN last_seen ls ON ls.user_id = p.subject_id
  WHERE p.whole OR cs.status = 'INVISIBLE' OR sp.user_id IS NOT NULL OR vp.user_id IS NOT NULL
    OR se.owner_id IS NOT NULL OR ve.owner_id IS NOT NULL OR sb.owner_id IS NOT NULL OR vb.owner_id IS NOT NULL`;

const SETTINGS_SQL = `
  SELECT s.last_seen, s.online, s.coarse_last_seen, s.typing,
    ARRAY(SELECT e.other_id FROM privacy_exceptions e WHERE e.owner_id = $1 AND e.always ORDER BY 1) AS always_ids,
    ARRAY(SELECT e.other_id FROM privacy_exceptions e WHERE e.owner_id = $1 AND e.never ORDER BY 1) AS never_ids,
    ARRAY(SELECT b.blocked_id FROM blocks b WHERE b.owner_id = $1 ORDER BY 1) AS blocked_ids
  FROM (SELECT 1) AS one LEFT JOIN privacy_settings s ON s.user_id = $1`;

@Injectable()
export class PrivacyRepository {
  constructor(
    private readonly database: DataSource,
    private readonly changes: Changes,
  ) {}

  /**
   * The rows of those pairs whose subject exists, in no order. Where a group is not asked for as a whole, the caller has
   * to know that its subjects exist.
   */
  async pairs(groups: readonly PairGroup[]): Promise<PairRow[]> {
    // Ids hold neither. The driver would look at every element of an array for what has to be escaped.
    const columns = [
      groups.map((group) => group.subjectIds.join(' ')).join(','),
      groups.map((group) => group.viewerId).join(','),
      groups.map((group) => group.whole).join(','),
    ];
    const rows = await reachable(() => this.database.query<RawPair[]>(PAIRS_SQL, columns));
    return rows.map(toPairRow);
  }

  settingsOf(userId: string): Promise<Stored> {
    return reachable(() => this.readSettings(this.database.manager, userId));
  }

  /** Reads the settings, lets `decide` make the new ones of them, and stores those, in one transaction. */
  change(userId: string, decide: (before: Stored) => SettingsChange): Promise<Stored> {
    return reachable(() =>
      this.changes.commit(async (manager) => {
        // Two changes of one user follow one another: each decides from what the other left.
        await manager.query('SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE', [userId]);
        const before = await this.readSettings(manager, userId);
        const change = decide(before);
        await manager.query(
          `INSERT INTO privacy_settings (user_id, last_seen, online, coarse_last_seen, typing)
           VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (user_id) DO UPDATE SET last_seen = EXCLUDED.last_seen, online = EXCLUDED.online,
             coarse_last_seen = EXCLUDED.coarse_last_seen, typing = EXCLUDED.typing`,
          [userId, change.lastSeen, change.online, change.coarseLastSeen, change.typing],
        );
        if (change.alwaysUserIds) await this.replaceList(manager, userId, 'always', change.alwaysUserIds);
        if (change.neverUserIds) await this.replaceList(manager, userId, 'never', change.neverUserIds);
        const result = await this.readSettings(manager, userId);
        const fields = differences(countsOf(before), countsOf(result));
        await note(manager, { actorId: userId, action: 'privacy', subjectId: userId, fields });
        return { result, changes: [{ kind: 'privacy', userId }] };
      }),
    );
  }

  /** Blocks, unless the other does not exist or `max` are blocked already. */
  block(ownerId: string, blockedId: string, max: number): Promise<'blocked' | 'unknown' | 'full'> {
    return reachable(() =>
      this.changes.commit(async (manager) => {
        await manager.query('SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE', [ownerId]);
        const [facts] = await manager.query<{ known: boolean; already: boolean; count: number }[]>(
          `SELECT EXISTS (SELECT 1 FROM users WHERE id = $2) AS known,
             EXISTS (SELECT 1 FROM blocks WHERE owner_id = $1 AND blocked_id = $2) AS already,
             (SELECT count(*)::int FROM blocks WHERE owner_id = $1) AS count`,
          [ownerId, blockedId],
        );
        if (!facts?.known) return { result: 'unknown', changes: [] };
        if (facts.already) return { result: 'blocked', changes: [] };
        if (facts.count >= max) return { result: 'full', changes: [] };
        await manager.query('INSERT INTO blocks (owner_id, blocked_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
          ownerId,
          blockedId,
        ]);
        await note(manager, { actorId: ownerId, action: 'block', subjectId: blockedId });
        return { result: 'blocked', changes: [{ kind: 'block', userId: ownerId, otherId: blockedId }] };
      }),
    );
  }

  /** False when there is no such user. Unblocking whom one has not blocked changes nothing. */
  unblock(ownerId: string, blockedId: string): Promise<boolean> {
    return reachable(() =>
      this.changes.commit(async (manager) => {
        const [facts] = await manager.query<{ known: boolean; blocked: boolean }[]>(
          `SELECT EXISTS (SELECT 1 FROM users WHERE id = $2) AS known,
             EXISTS (SELECT 1 FROM blocks WHERE owner_id = $1 AND blocked_id = $2) AS blocked`,
          [ownerId, blockedId],
        );
        if (!facts?.blocked) return { result: facts?.known ?? false, changes: [] };
        await manager.query('DELETE FROM blocks WHERE owner_id = $1 AND blocked_id = $2', [ownerId, blockedId]);
        await note(manager, { actorId: ownerId, action: 'unblock', subjectId: blockedId });
        return { result: true, changes: [{ kind: 'block', userId: ownerId, otherId: blockedId }] };
      }),
    );
  }

  private async readSettings(manager: EntityManager, userId: string): Promise<Stored> {
    const [row] = await manager.query<
      {
        last_seen: Audience | null;
        online: OnlineAudience | null;
        coarse_last_seen: boolean | null;
        typing: boolean | null;
        always_ids: string[];
        never_ids: string[];
        blocked_ids: string[];
      }[]
    >(SETTINGS_SQL, [userId]);
    return {
      ...toPolicy(row?.last_seen, row?.online, row?.coarse_last_seen, row?.typing),
      alwaysUserIds: row?.always_ids ?? [],
      neverUserIds: row?.never_ids ?? [],
      blockedUserIds: row?.blocked_ids ?? [],
    };
  }

  private async replaceList(
    manager: EntityManager,
    ownerId: string,
    list: 'always' | 'never',
    ids: readonly string[],
  ): Promise<void> {
    const [always, never] = list === 'always' ? ['true', 'false'] : ['false', 'true'];
    await manager.query(`UPDATE privacy_exceptions SET ${list} = false WHERE owner_id = $1 AND ${list}`, [ownerId]);
    // Ids that nobody has are ignored; the key share keeps those that exist from being deleted meanwhile.
    await manager.query(
      `INSERT INTO privacy_exceptions (owner_id, other_id, always, never)
       SELECT $1, u.id, ${always}, ${never} FROM users u WHERE u.id = ANY($2) AND u.id <> $1 FOR KEY SHARE
       ON CONFLICT (owner_id, other_id) DO UPDATE SET ${list} = true`,
      [ownerId, ids],
    );
    await manager.query('DELETE FROM privacy_exceptions WHERE owner_id = $1 AND NOT always AND NOT never', [ownerId]);
  }
}

function toPairRow(row: RawPair): PairRow {
  return {
    subjectId: row.subject_id,
    viewerId: row.viewer_id,
    user: {
      id: row.subject_id,
      username: row.username,
      displayName: row.display_name,
      avatarUrl: row.avatar_url,
    },
    pair: {
      subject: {
        policy: toPolicy(row.s_last_seen, row.s_online, row.s_coarse, row.s_typing),
        stance: toStance(row.s_contact, row.s_always, row.s_never, row.s_blocked),
        invisible: row.s_invisible,
      },
      viewer: {
        policy: toPolicy(row.v_last_seen, row.v_online, row.v_coarse, row.v_typing),
        stance: toStance(row.v_contact, row.v_always, row.v_never, row.v_blocked),
      },
    },
    lastSeen: row.last_seen_at?.getTime() ?? null,
    lastActive: row.last_active_at?.getTime() ?? null,
  };
}

/** Settings in a few words: of the lists, which may be long, only how long they are. */
function countsOf(stored: Stored) {
  const { lastSeen, online, coarseLastSeen, typing, alwaysUserIds, neverUserIds } = stored;
  return { lastSeen, online, coarseLastSeen, typing, always: alwaysUserIds.length, never: neverUserIds.length };
}

function toPolicy(
  lastSeen: Audience | null | undefined,
  online: OnlineAudience | null | undefined,
  coarseLastSeen: boolean | null | undefined,
  typing: boolean | null | undefined,
) {
  return {
    lastSeen: lastSeen ?? DEFAULT_POLICY.lastSeen,
    online: online ?? DEFAULT_POLICY.online,
    coarseLastSeen: coarseLastSeen ?? DEFAULT_POLICY.coarseLastSeen,
    typing: typing ?? DEFAULT_POLICY.typing,
  };
}

function toStance(contact: boolean, always: boolean | null, never: boolean | null, blocked: boolean) {
  return { contact, always: always ?? false, never: never ?? false, blocked };
}
