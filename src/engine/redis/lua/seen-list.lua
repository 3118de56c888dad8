-- ARGV, for each of KEYS: how many
-- Answer: for each user and value in turn, as they wait for Postgres; any of them when there are more
return in_each(function(limit) return redis.call('HRANDFIELD', WAITING, limit, 'WITHVALUES') end)
