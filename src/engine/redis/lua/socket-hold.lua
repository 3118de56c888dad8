-- Takes or renews the hold of a socket, as its instance knows it; repeating it changes nothing.
-- ARGV: incarnation, id, user, device ('' none), platform, connected how long ago, active how long ago (-1 never),
--   '1' idle, 'attach' | '+' | '-' | '1' | '0' counts (the latter two only if the socket is new here),
--   custom: version ('' not given), while active, while inactive, message, its end
-- Answer: 'FENCED' | 'UNKNOWN' (no chosen status) | 'OK', truth, '1' counts, epoch
local incarnation, id, uid = ARGV[1], ARGV[2], ARGV[3]
if is_fenced(incarnation) then return { 'FENCED' } end
local record = load_record(uid)
if not record then
  if ARGV[10] == '' then return { 'UNKNOWN' } end
  record = new_record(uid)
end
adopt(record, ARGV[10], ARGV[11], ARGV[12], ARGV[13], ARGV[14])
end_leases(record)

local field = 'c:' .. incarnation .. ':' .. id
local before = record.holds[field]
local active_ago = tonumber(ARGV[7])
local counts = ARGV[9] == 'attach' or ARGV[9] == '+' or ARGV[9] == '1' and not before
if ARGV[9] == '1' or ARGV[9] == '0' then counts = counts or before ~= nil and before.counts end
local holder = {
  connected = before and before.connected or NOW - tonumber(ARGV[6]),
  active = active_ago >= 0 and NOW - active_ago or 0,
  idle = ARGV[8] == '1',
  counts = counts,
  renewed = NOW, ends = 0, platform = ARGV[5], device = ARGV[4], id = id,
}
put_holder(record, field, holder)
if not before then redis.call('HSET', owned_key(incarnation), id, uid) end
record.la = math.max(record.la, holder.active)
checkpoint(record)
settle(record)
return { 'OK', truth_of(record), holder.counts and '1' or '0', EPOCH }
