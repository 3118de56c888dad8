-- Gives a lease back. Unknown leases are no error.
-- ARGV: user, id, silent for how long, grace (-1: none)
-- Answer: conversations in which typing has to be ended
local uid, id, silent, grace = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local record = load_record(uid)
if not record then return take_typing(uid) end
local holder = record.holds['l:' .. id]
if holder then
  drop_holder(record, 'l:' .. id)
  local left_at = math.max(NOW - silent, holder.connected)
  depart(record, left_at, grace < 0 and 0 or left_at + grace)
end
settle(record)
return record.present and {} or take_typing(uid)
