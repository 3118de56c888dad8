import { type Calls, type Driver, NotOnThisWire, type Place, Refused, type View } from './driver.js';
import { partial, statusOf, viewOf } from './partial.js';

interface StatusBody {
  readonly user_id: string;
  readonly status: string;
  readonly last_seen?: string;
}

interface Listed {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly avatar: string | null;
  readonly status: string;
}

/** The REST API with fetch. It has no connections. */
export const rest: Driver = {
  name: 'rest',
  calls: (place, userId) => callsOf(place, userId),
  connect: () => Promise.reject(new NotOnThisWire('a connection over REST')),
};

function callsOf(place: Place, userId: string): Calls {
  const ask = (method: string, path: string, body?: object) => request(place, userId, method, path, body);
  const see = async (id: string): Promise<View> => {
    const { data } = (await ask('GET', `/api/v1/users/${encodeURIComponent(id)}/status`)) as { data: StatusBody };
    return ofBody(data);
  };
  return partial('REST', {
    see,
    seeAll: async (ids) => {
      const answer = (await ask('GET', `/api/v1/users/status?user_ids=${ids.map(encodeURIComponent).join(',')}`)) as {
        data: StatusBody[];
      };
      const views = new Map(answer.data.map((body) => [body.user_id, ofBody(body)]));
      return ids.map((id) => views.get(id) ?? null);
    },
    whoIsOnline: async ({ excludeUserId } = {}) => {
      const query = typeof excludeUserId === 'string' ? `?excludeUserId=${encodeURIComponent(excludeUserId)}` : '';
      const { data, count } = (await ask('GET', `/api/online-users${query}`)) as { data: Listed[]; count: number };
      return { nodes: data.map(ofListed), totalCount: count, endCursor: null };
    },
    choose: async ({ status, message, clearMessage }) => {
      if (message !== undefined || clearMessage !== undefined) throw new NotOnThisWire('a message over REST');
      await ask('PUT', '/api/user/custom-status', { customStatus: status });
      return see(userId);
    },
  });
}

function ofBody({ user_id, status, last_seen }: StatusBody): View {
  return viewOf(user_id, statusOf(status), { lastSeen: last_seen ?? null });
}

function ofListed({ id, name, username, avatar, status }: Listed): View {
  return viewOf(id, statusOf(status), { user: { id, username, displayName: name, avatarUrl: avatar } });
}

async function request(place: Place, userId: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${place.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${place.token(userId)}`, 'content-type': 'application/json' },
    body: body ? JSON.stringify(body) : null,
  });
  const text = await answer.text();
  const json = JSON.parse(text) as { error?: { code: string; message: string } };
  if (!answer.ok) throw new Refused(json.error?.code ?? 'NO CODE', json.error?.message ?? '', text);
  return json;
}
