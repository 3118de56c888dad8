-- KEYS: the meta hashes of shards. ARGV: for each the ids of those of its users who are asked for, with spaces between.
-- Answer: for each shard its epoch, then what is shown of each of its users, packed as in record.lua, '' without a record
local answer = {}
for i, meta in ipairs(KEYS) do
  local users = string.sub(meta, 1, -2) .. 'u:'
  answer[#answer + 1] = redis.call('HGET', meta, 'epoch') or ''
  for uid in string.gmatch(ARGV[i], '[^ ]+') do answer[#answer + 1] = redis.call('HGET', users .. uid, 'r') or '' end
end
return answer
