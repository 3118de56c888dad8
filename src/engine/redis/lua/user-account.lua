-- All that is kept of one user, for an operator. Times 0: none.
-- ARGV: user, at most how many transitions
-- Answer: now, truth ('' no record), 'version|while active|while inactive', 'grace end|newest sign of
--   life of who left', when to look again ('' never), what waits for Postgres ('' nothing); then a list of holders as
--   they are kept, and one of transitions 'user|at|from|to|cause', newest first
local uid, limit = ARGV[1], tonumber(ARGV[2])
local record, flat = load_record(uid), redis.call('HGETALL', user_key(uid))
local holders, transitions = {}, {}
for i = 1, #flat, 2 do
  if string.sub(flat[i], 2, 2) == ':' then holders[#holders + 1] = string.sub(flat[i], 1, 1) .. '|' .. flat[i + 1] end
end
local mine = uid .. '|'
for _, entry in ipairs(redis.call('LRANGE', JOURNAL, 0, -1)) do
  if #transitions < limit and string.sub(entry, 1, #mine) == mine then transitions[#transitions + 1] = entry end
end
local chosen = record and string.format('%d|%s|%s', record.cv, record.wa, record.wi) or ''
local left = record and string.format('%d|%d', record.ge, record.lf) or '0|0'
return { whole(NOW), record and truth_of(record) or '', chosen, left, redis.call('ZSCORE', DUE, uid) or '',
  redis.call('HGET', WAITING, uid) or '', holders, transitions }
