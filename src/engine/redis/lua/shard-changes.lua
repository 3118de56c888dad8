-- Who has changed since a version, for whoever may have missed being told.
-- ARGV, for each of KEYS: version, at most how many
-- Answer: for each 'GAP' (too long ago: look at everybody) | 'OK', epoch, version of the shard, then user and version in
--   turn
return in_each(function(version, limit)
  local since = tonumber(version)
  if since < MICROS - CHANGES_KEPT_MS * 1000 and VERSION > since then return { 'GAP', EPOCH, whole(VERSION) } end
  local answer = redis.call('ZRANGEBYSCORE', CHANGED, '(' .. whole(since), '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
  table.insert(answer, 1, whole(VERSION))
  table.insert(answer, 1, EPOCH)
  table.insert(answer, 1, 'OK')
  return answer
end)
