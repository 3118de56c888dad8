-- Removes what was stored and has not moved since; records that waited for it only are dropped.
-- ARGV: user and value in turn. Answer: 1

-- Whose grace has just run out is still to be shown OFFLINE by a sweep.
local function is_settled(uid)
  local due = redis.call('ZSCORE', DUE, uid)
  return not due or tonumber(due) > NOW
end

for i = 1, #ARGV, 2 do
  local uid = ARGV[i]
  local present = redis.call('HGET', WAITING, uid)
  if present == ARGV[i + 1] then redis.call('HDEL', WAITING, uid) end
  if not present or present == ARGV[i + 1] then
    local record = load_record(uid)
    if record and is_vacant(record) and is_settled(uid) then drop_record(uid) end
  end
end
return 1
