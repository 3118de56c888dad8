-- An instance that has given back its sockets goes, so that nobody waits for its lease to end.
-- ARGV: incarnation. Answer: 1 when it had nothing left and is gone, else 0: its lease will end.
if redis.call('HLEN', owned_key(ARGV[1])) > 0 then return 0 end
redis.call('ZREM', INSTANCES, ARGV[1])
return 1
