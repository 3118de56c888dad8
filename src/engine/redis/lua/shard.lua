-- Put in front of every presence script, after the settings.
-- KEYS: the meta hash of the shard; of several, where a script may look into several. Every other key of a shard differs
-- from it in what follows the hash tag only, so that all of them are in one slot; they are named from it here, once.
local META                      -- HASH epoch, v, sweep, guard, on (users shown), d:<incarnation>
local INSTANCES                 -- ZSET incarnation -> lease end, 0: fenced
local DUE                       -- ZSET user -> when to look again
local CHANGED                   -- ZSET user -> version, of the last minute
local WAITING                   -- HASH user -> lastSeen|lastActive
local JOURNAL                   -- LIST user|at|from|to|cause, newest first, of the last transitions in the shard
local PREFIX, EPOCH, VERSION, STALLED, GUARDED
local function user_key(uid) return PREFIX .. 'u:' .. uid end
local function typing_key(uid) return PREFIX .. 't:' .. uid end
local function owned_key(incarnation) return PREFIX .. 'o:' .. incarnation end
local function channel(uid) return PREFIX .. 'e:' .. uid end

local clock = redis.call('TIME')
local MICROS = clock[1] * 1000000 + clock[2]
local NOW = math.floor(MICROS / 1000)

-- All that follows is about this shard.
local function enter(key)
  if META == key then return end
  META, PREFIX = key, string.sub(key, 1, -2)
  INSTANCES, DUE, CHANGED, WAITING, JOURNAL = PREFIX .. 'n', PREFIX .. 'd', PREFIX .. 'l', PREFIX .. 'q', PREFIX .. 'j'
  local meta = redis.call('HMGET', META, 'epoch', 'v', 'sweep', 'guard')
  local swept = tonumber(meta[3]) or 0
  EPOCH, VERSION = meta[1] or '', tonumber(meta[2]) or 0
  -- After a stall nobody could renew anything: until all had the time to, nobody is declared gone by silence.
  STALLED = swept > 0 and (NOW < swept or NOW - swept > STALL_MS)
  GUARDED = STALLED or NOW < (tonumber(meta[4]) or 0)
end
enter(KEYS[1])

-- Lua's own way to print numbers loses digits of a version.
local function whole(number) return string.format('%d', number) end

-- Grows by the clock, so that it goes on growing when everything here was lost.
local function next_version()
  VERSION = math.max(VERSION + 1, MICROS)
  redis.call('HSET', META, 'v', whole(VERSION))
  return VERSION
end

-- Incarnations that were fenced, or never joined this store, own nothing any more.
local function is_fenced(incarnation)
  local lease = redis.call('ZSCORE', INSTANCES, incarnation)
  return not lease or tonumber(lease) == 0
end
