-- Brings back a last seen that was lost with the store, of a user who has not come again.
-- ARGV: user, how long ago. Answer: 1 when it is waiting for Postgres again, else 0
if redis.call('EXISTS', user_key(ARGV[1])) == 1 then return 0 end
wait_for_storage(ARGV[1], NOW - tonumber(ARGV[2]), 0)
return 1
