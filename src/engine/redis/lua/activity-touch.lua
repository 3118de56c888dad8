-- Moves last active to now. ARGV: user. Answer: 1
local record = load_record(ARGV[1])
mark_active(ARGV[1], record)
if record then save(record) end
return 1
