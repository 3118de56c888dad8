-- Starts or extends. ARGV: conversation, user, holder. Answer: until when, '1' when it was told
local conversation, uid, holder = ARGV[1], ARGV[2], ARGV[3]
fold(conversation)
local key, ends = conversation_key(conversation), NOW + TYPING_TTL_MS
redis.call('HSET', key, 'h:' .. uid .. '|' .. holder, whole(ends))
redis.call('ZADD', DUE, 'LT', whole(ends), conversation)
local told = tonumber(redis.call('HGET', key, 'p:' .. uid))
if told and NOW - told < TYPING_MIN_INTERVAL_MS then return { whole(ends), '0' } end
redis.call('HSET', key, 'p:' .. uid, whole(NOW))
tell(conversation, uid, ends)
return { whole(ends), '1' }
