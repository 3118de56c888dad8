-- Removes what was stored and has not moved since; records that waited for it only are dropped.
-- ARGV: user and value in turn. Answer: 1
for i = 1, #ARGV, 2 do
  local uid = ARGV[i]
  local present = redis.call('HGET', WAITING, uid)
  if present == ARGV[i + 1] then redis.call('HDEL', WAITING, uid) end
  if not present or present == ARGV[i + 1] then
    local record = load_record(uid)
    if record and is_vacant(record) then drop_record(uid) end
  end
end
return 1
