-- Tells a truth again, for whoever knows a newer one that this store has lost.
-- ARGV: user, the version that somebody knows. Answer: 1 when it was told, else 0
local uid, known = ARGV[1], tonumber(ARGV[2])
local record = load_record(uid)
if not record or record.v >= known then return 0 end
VERSION = math.max(VERSION, known)
record.v = next_version()
tell(uid, record.v, truth_of(record))
save(record)
return 1
