-- Forgets a deleted user; whoever watches is told that there is nothing any more.
-- ARGV: user, for how long somebody new has had the id (left out: nobody has). Answer: 1, or 0: all there is is theirs
local uid = ARGV[1]
local record = load_record(uid)

local function times_of()
  if not record then
    local seen, active = string.match(redis.call('HGET', WAITING, uid) or '', '^(%d+)|(%d+)$')
    return { tonumber(seen) or 0, tonumber(active) or 0 }
  end
  local times = { record.since, record.ls, record.la }
  for _, holder in pairs(record.holds) do times[#times + 1] = holder.connected end
  return times
end

if ARGV[2] then
  local born, oldest = NOW - tonumber(ARGV[2]), math.huge
  for _, time in ipairs(times_of()) do if time > 0 then oldest = math.min(oldest, time) end end
  if oldest >= born and oldest < math.huge then return 0 end
end

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
