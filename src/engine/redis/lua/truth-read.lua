-- ARGV: users. Answer: epoch, then a truth for each, '' without a record
local SHOWN = { 'v', 'st', 'since', 'ls', 'la', 'pl', 'msg' }
local answer = { EPOCH }
for i, uid in ipairs(ARGV) do
  local values = redis.call('HMGET', user_key(uid), unpack(SHOWN))
  local record = {}
  for at, name in ipairs(SHOWN) do record[name] = values[at] end
  answer[i + 1] = record.v and truth_of(record) or ''
end
return answer
