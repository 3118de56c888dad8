-- Takes or renews a lease.
-- ARGV: user, id, device ('' none), platform, 'active' | 'idle' | 'keep',
--   custom: version ('' not given), while active, while inactive, message, its end,
--   of one said again after the store lost it: renewed how long ago, active how long ago (-1 never)
-- Answer: 'UNKNOWN' (no chosen status) | 'OK', truth, epoch
local uid, id, activity = ARGV[1], ARGV[2], ARGV[5]
local record = load_record(uid)
if not record then
  if ARGV[6] == '' then return { 'UNKNOWN' } end
  record = new_record(uid)
end
adopt(record, ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10])
end_leases(record)

local before = record.holds['l:' .. id]
local renewed = NOW - (tonumber(ARGV[11]) or 0)
if ARGV[11] and (renewed + LEASE_MS <= NOW or before and before.renewed >= renewed) then
  return { 'OK', truth_of(record), EPOCH }
end
local active = activity == 'active' or activity == 'keep' and not before
local idle = activity == 'idle'
if activity == 'keep' then idle = before ~= nil and before.idle end
local active_at = active and NOW or before and before.active or 0
if ARGV[12] then active_at = ARGV[12] == '-1' and 0 or NOW - tonumber(ARGV[12]) end
put_holder(record, 'l:' .. id, {
  connected = before and before.connected or renewed,
  active = active_at,
  idle = idle, counts = true, renewed = renewed, ends = renewed + LEASE_MS,
  platform = ARGV[4], device = ARGV[3], id = id,
})
record.la = math.max(record.la, active_at)
checkpoint(record)
settle(record)
return { 'OK', truth_of(record), EPOCH }
