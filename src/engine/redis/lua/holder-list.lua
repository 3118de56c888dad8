-- ARGV: user. Answer: now, then the holders as they are kept
local answer = { whole(NOW) }
local flat = redis.call('HGETALL', user_key(ARGV[1]))
for i = 1, #flat, 2 do
  if string.sub(flat[i], 2, 2) == ':' then answer[#answer + 1] = string.sub(flat[i], 1, 1) .. '|' .. flat[i + 1] end
end
return answer
