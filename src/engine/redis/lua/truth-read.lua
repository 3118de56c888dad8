-- ARGV: users. Answer: epoch, then a truth for each, '' without a record
local answer = { EPOCH }
for i, uid in ipairs(ARGV) do
  local packed = redis.call('HGET', user_key(uid), 'r')
  answer[i + 1] = packed and truth_of(unpack_record(uid, packed)) or ''
end
return answer
