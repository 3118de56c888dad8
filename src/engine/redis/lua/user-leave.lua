-- Leaves without grace: drops leases and detaches sockets.
-- ARGV: user, then a device, or nothing for all of them
-- Answer: truth ('' no record), ids of the sockets detached, conversations in which typing has to be ended, number of
--   leases dropped
local uid, device = ARGV[1], ARGV[2]
local record = load_record(uid)
if not record then return { '', {}, take_typing(uid), 0 } end
end_leases(record)

local detached, dropped = {}, 0
-- Fields are set while others are still to be visited, which a Lua table allows: none is added.
for field, holder in pairs(record.holds) do
  if device == nil or holder.device == device then
    if holder.counts then depart(record, NOW, 0) end
    if holder.ends > 0 then
      drop_holder(record, field)
      dropped = dropped + 1
    else
      holder.counts = false
      put_holder(record, field, holder)
      detached[#detached + 1] = holder.id
    end
  end
end
face_of(record)
if not record.present then record.ge = 0 end
settle(record)
return { truth_of(record), detached, record.present and {} or take_typing(uid), dropped }
