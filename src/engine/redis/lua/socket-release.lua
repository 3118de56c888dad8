-- Gives the hold of a socket back. Unknown sockets are no error.
-- ARGV: incarnation, id, user, silent for how long, grace (-1: none), when the last sign of life was by this clock
-- Answer: 'FENCED' | 'OK', the status that was shown before ('' no record), then conversations in which typing has to be ended
local incarnation, id, uid, silent, grace = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
-- A call may have waited in a server that stood still, which its age does not know; a clock may have been set.
local CLOCK_SET_MS = 60000
if is_fenced(incarnation) then return { 'FENCED' } end
redis.call('HDEL', owned_key(incarnation), id)
local record = load_record(uid)
if not record then return { 'OK', '', unpack(take_typing(uid)) } end

local shown = record.st
local field = 'c:' .. incarnation .. ':' .. id
local holder = record.holds[field]
if holder then
  drop_holder(record, field)
  local left_at, known = NOW - silent, tonumber(ARGV[6])
  if known < left_at and left_at - known < CLOCK_SET_MS then left_at = known end
  left_at = math.max(left_at, holder.connected)
  -- A detached socket went when it was detached.
  if holder.counts then depart(record, left_at, grace < 0 and 0 or left_at + grace) end
end
settle(record)
if record.present then return { 'OK', shown } end
return { 'OK', shown, unpack(take_typing(uid)) }
