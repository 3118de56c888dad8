-- Ends typing. ARGV: conversation, user, then a holder, or nothing for all of them. Answer: 1
local conversation, uid, holder = ARGV[1], ARGV[2], ARGV[3]
local key = conversation_key(conversation)
local own = 'h:' .. uid .. '|'
for _, field in ipairs(redis.call('HKEYS', key)) do
  if field == own .. (holder or '') or not holder and string.sub(field, 1, #own) == own then
    redis.call('HDEL', key, field)
  end
end
fold(conversation)
return 1
