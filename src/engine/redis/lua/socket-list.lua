-- ARGV: incarnation. Answer: socket and user in turn, as the store has them for it
return redis.call('HGETALL', owned_key(ARGV[1]))
