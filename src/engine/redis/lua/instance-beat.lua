-- Renews what an instance holds of shards, or joins them.
-- ARGV, for each of KEYS: incarnation, '1' to join, highest version the instance has seen, epoch it knows ('' none), an
--   epoch to begin with
-- Answer: for each 'OK' | 'FENCED', epoch, version, number of sockets owned, now, number of users shown, name of what this
--   server has been told since it began or took over ('' if that is not to be had)
local info = redis.pcall('INFO', 'replication')
local history = type(info) == 'string' and string.match(info, 'master_replid:(%x+)') or ''

return in_each(function(incarnation, join, highest, known, fresh)
  local seen = tonumber(highest)
  if EPOCH == '' then
    EPOCH = fresh
    redis.call('HSET', META, 'epoch', EPOCH, 'sweep', whole(NOW))
  end
  -- The store was emptied: the others need their time to come back.
  if known ~= '' and known ~= EPOCH then redis.call('HSET', META, 'guard', whole(NOW + NODE_TTL_MS)) end
  if seen > VERSION then
    VERSION = seen
    redis.call('HSET', META, 'v', whole(VERSION))
  end
  local lease = redis.call('ZSCORE', INSTANCES, incarnation)
  if lease and tonumber(lease) == 0 or not lease and join ~= '1' then return { 'FENCED', EPOCH, whole(VERSION), 0 } end
  redis.call('ZADD', INSTANCES, whole(NOW + NODE_TTL_MS), incarnation)
  local shown = redis.call('HGET', META, 'on') or '0'
  return { 'OK', EPOCH, whole(VERSION), redis.call('HLEN', owned_key(incarnation)), whole(NOW), shown, history }
end)
