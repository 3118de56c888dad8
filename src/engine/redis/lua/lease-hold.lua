-- Takes or renews a lease.
-- ARGV: user, id, device ('' none), platform, 'active' | 'idle' | 'keep',
--   custom: version ('' not given), while active, while inactive, message, its end
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
local active = activity == 'active' or activity == 'keep' and not before
local idle = activity == 'idle'
if activity == 'keep' then idle = before ~= nil and before.idle end
put_holder(record, 'l:' .. id, {
  connected = before and before.connected or NOW,
  active = active and NOW or before and before.active or 0,
  idle = idle, counts = true, renewed = NOW, ends = NOW + LEASE_MS,
  platform = ARGV[4], device = ARGV[3], id = id,
})
if active then record.la = NOW end
checkpoint(record)
settle(record)
return { 'OK', truth_of(record), EPOCH }
