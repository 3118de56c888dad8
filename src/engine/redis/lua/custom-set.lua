-- Applies a chosen status if it is newer.
-- ARGV: user, '1' counts as activity, version, while active, while inactive, message, its end
-- Answer: truth, '' without a record
local uid = ARGV[1]
local record = load_record(uid)
if ARGV[2] == '1' then mark_active(uid, record) end
if not record then return '' end
adopt(record, ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7])
settle(record)
return truth_of(record)
