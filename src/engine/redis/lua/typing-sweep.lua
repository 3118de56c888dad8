-- Ends what has ended. Any instance may. Answer: 1 when there is more to do at once, else 0
local CONVERSATIONS = 100
local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', whole(NOW), 'LIMIT', 0, CONVERSATIONS)
if #due > 0 then redis.call('ZREM', DUE, unpack(due)) end
for _, conversation in ipairs(due) do fold(conversation) end
return #due == CONVERSATIONS and 1 or 0
