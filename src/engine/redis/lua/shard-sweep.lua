-- Ends what has ended, in each of KEYS. Any instance may, at any time; the work of one call is bounded, over all of them.
-- Answer: for each 1 when there is more to do at once, else 0
local FENCES, SOCKETS, USERS = 4, 200, 200
local left = FENCES * SOCKETS + USERS -- whom this call may still look at
local more

-- Takes the sockets of a dead instance, some at a time. Grace counts from here, last seen from its last beat.
local function fence(incarnation, lease_end)
  if lease_end > 0 then
    redis.call('ZADD', INSTANCES, 0, incarnation)
    redis.call('HSET', META, 'd:' .. incarnation, whole(lease_end - NODE_TTL_MS))
  end
  local last_beat = tonumber(redis.call('HGET', META, 'd:' .. incarnation)) or NOW
  local owned = redis.call('HSCAN', owned_key(incarnation), 0, 'COUNT', SOCKETS)[2]
  left = left - #owned / 2
  local touched = {}
  for i = 1, #owned, 2 do
    local id, uid = owned[i], owned[i + 1]
    redis.call('HDEL', owned_key(incarnation), id)
    local record = touched[uid] or load_record(uid)
    local field = 'c:' .. incarnation .. ':' .. id
    local holder = record and record.holds[field]
    if holder then
      touched[uid] = record
      drop_holder(record, field)
      if holder.counts then depart(record, math.max(last_beat, holder.connected), NOW + OFFLINE_GRACE_MS) end
    end
  end
  for _, record in pairs(touched) do settle(record) end
  if redis.call('HLEN', owned_key(incarnation)) > 0 then
    more = 1
    return
  end
  redis.call('ZREM', INSTANCES, incarnation)
  redis.call('HDEL', META, 'd:' .. incarnation)
end

return in_each(function()
  if STALLED then redis.call('HSET', META, 'guard', whole(NOW + NODE_TTL_MS)) end
  redis.call('HSET', META, 'sweep', whole(NOW))
  redis.call('ZREMRANGEBYSCORE', CHANGED, '-inf', '(' .. whole(MICROS - CHANGES_KEPT_MS * 1000))
  if left <= 0 then return 1 end

  more = 0
  if not GUARDED then
    local dead = redis.call('ZRANGEBYSCORE', INSTANCES, '-inf', whole(NOW), 'WITHSCORES', 'LIMIT', 0, FENCES)
    for i = 1, #dead, 2 do fence(dead[i], tonumber(dead[i + 1])) end
  end

  local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', whole(NOW), 'LIMIT', 0, USERS)
  if #due > 0 then redis.call('ZREM', DUE, unpack(due)) end
  for _, uid in ipairs(due) do
    local record = load_record(uid)
    if record then settle(record) end
  end
  left = left - #due
  if #due == USERS then more = 1 end
  return more
end)
