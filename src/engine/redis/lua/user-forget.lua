-- Forgets a deleted user; whoever watches is told that there is nothing any more. ARGV: user. Answer: 1
local uid = ARGV[1]
local record = load_record(uid)
for field, holder in pairs(record and record.holds or {}) do
  local incarnation = string.sub(field, 1, 2) == 'c:' and string.sub(field, 3, -2 - #holder.id)
  if incarnation then redis.call('HDEL', owned_key(incarnation), holder.id) end
end
if record and record.st ~= 'OFFLINE' then redis.call('HINCRBY', META, 'on', -1) end
drop_record(uid)
redis.call('HDEL', WAITING, uid)
redis.call('DEL', typing_key(uid))
for _, entry in ipairs(redis.call('LRANGE', JOURNAL, 0, -1)) do
  if string.sub(entry, 1, #uid + 1) == uid .. '|' then redis.call('LREM', JOURNAL, 0, entry) end
end
local version = next_version()
tell(uid, version, '[' .. whole(version) .. ']')
return 1
