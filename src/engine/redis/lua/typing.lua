-- Put in front of every typing script, after the settings.
-- KEYS: the shard's ZSET conversation -> when to look again; of several, where a script looks into several. The
-- conversations have the same hash tag: HASH h:<user>|<holder> -> until when, p:<user> -> when it was last told
local PREFIX, DUE
local function enter(key) PREFIX, DUE = string.sub(key, 1, -2), key end
enter(KEYS[1])
local clock = redis.call('TIME')
local NOW = clock[1] * 1000 + math.floor(clock[2] / 1000)

local function whole(number) return string.format('%d', number) end
local function conversation_key(conversation) return PREFIX .. 'c:' .. conversation end

-- until 0: the end.
local function tell(conversation, uid, ends)
  redis.call(PUBLISH, PREFIX .. 'e:' .. conversation, '[' .. cjson.encode(uid) .. ',' .. whole(ends) .. ']')
end

-- Who types: user -> until when. Takes out what is over, and with the last holder of a user tells the end.
local function fold(conversation)
  local key = conversation_key(conversation)
  local flat = redis.call('HGETALL', key)
  local typists, told = {}, {}
  for i = 1, #flat, 2 do
    local kind, rest, value = string.sub(flat[i], 1, 1), string.sub(flat[i], 3), tonumber(flat[i + 1])
    if kind == 'p' then
      told[rest] = true
    elseif value <= NOW then
      redis.call('HDEL', key, flat[i])
    else
      local uid = string.match(rest, '^[^|]*')
      typists[uid] = math.max(typists[uid] or 0, value)
    end
  end
  for uid in pairs(told) do
    if not typists[uid] then
      redis.call('HDEL', key, 'p:' .. uid)
      tell(conversation, uid, 0)
    end
  end
  for _, ends in pairs(typists) do redis.call('ZADD', DUE, 'LT', whole(ends), conversation) end
  if next(typists) == nil then redis.call('ZREM', DUE, conversation) end
  return typists
end
