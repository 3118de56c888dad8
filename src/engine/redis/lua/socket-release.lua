-- Gives the hold of a socket back. Unknown sockets are no error.
-- ARGV: incarnation, id, user, silent for how long, grace (-1: none)
-- Answer: 'FENCED' | 'OK', the status that is shown ('' no record), then conversations in which typing has to be ended
local incarnation, id, uid, silent, grace = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if is_fenced(incarnation) then return { 'FENCED' } end
redis.call('HDEL', owned_key(incarnation), id)
local record = load_record(uid)
if not record then return { 'OK', '', unpack(take_typing(uid)) } end

local field = 'c:' .. incarnation .. ':' .. id
local holder = record.holds[field]
if holder then
  drop_holder(record, field)
  local left_at = math.max(NOW - silent, holder.connected)
  -- A detached socket went when it was detached.
  if holder.counts then depart(record, left_at, grace < 0 and 0 or left_at + grace) end
end
settle(record)
if record.present then return { 'OK', record.st } end
return { 'OK', record.st, unpack(take_typing(uid)) }
