-- ARGV: conversation. Answer: now, then user and until when in turn, a user once for each holder
local answer = { whole(NOW) }
local flat = redis.call('HGETALL', conversation_key(ARGV[1]))
for i = 1, #flat, 2 do
  if string.sub(flat[i], 1, 2) == 'h:' then
    answer[#answer + 1] = string.match(flat[i], '^h:([^|]*)')
    answer[#answer + 1] = flat[i + 1]
  end
end
return answer
