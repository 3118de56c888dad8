-- Notes that a user types somewhere, for as long as typing lasts. ARGV: user, conversation. Answer: 1
-- Beyond the bound the oldest are left to their own end.
local NOTED = 200
local key = typing_key(ARGV[1])
redis.call('ZADD', key, whole(NOW + TYPING_TTL_MS), ARGV[2])
redis.call('ZREMRANGEBYRANK', key, 0, -1 - NOTED)
redis.call('PEXPIRE', key, TYPING_TTL_MS)
return 1
