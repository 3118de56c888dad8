-- KEYS: the meta hashes of shards. ARGV: for each how many of its users are asked for, then their ids.
-- Answer: for each shard its epoch, then what is shown of each of its users, packed as in record.lua, '' without a record
local answer, at = {}, 1
for _, meta in ipairs(KEYS) do
  local users = string.sub(meta, 1, -2) .. 'u:'
  answer[#answer + 1] = redis.call('HGET', meta, 'epoch') or ''
  local last = at + tonumber(ARGV[at])
  for i = at + 1, last do answer[#answer + 1] = redis.call('HGET', users .. ARGV[i], 'r') or '' end
  at = last + 1
end
return answer
