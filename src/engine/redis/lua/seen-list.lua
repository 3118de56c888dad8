-- ARGV: how many. Answer: user and value in turn, as they wait for Postgres; any of them when there are more
return redis.call('HRANDFIELD', WAITING, ARGV[1], 'WITHVALUES')
