-- Takes or renews the holds of sockets, as their instance knows them; repeating it changes nothing.
-- ARGV: a hold each: which of KEYS, incarnation, id, user, device ('' none), platform, connected how long ago, active how
--   long ago (-1 never), '1' idle, 'attach' | '+' | '-' | '1' | '0' counts (the latter two only if the socket is new here),
--   custom: version ('' not given), while active, while inactive, its end, how many sockets the user may have ('' any
--   number; asked of a new one only), message
-- Answer: for each 'FENCED' | 'UNKNOWN' (no chosen status) | 'FULL' | '1' or '0' counts, epoch, what is shown, packed
local HOLD = '^(%d+)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(%d+)|(%-?%d+)|(%d)|([^|]*)|([^|]*)|([^|]*)|([^|]*)|(%d+)|(%d*)|(.*)$'

-- Mostly somebody is still here, as active as before, and nobody would notice anything: only times move on.
local function only_renews(record, before, holder, version)
  return before.counts and holder.counts and not before.idle and not holder.idle
    and before.platform == holder.platform and before.device == holder.device
    and (version == '' or tonumber(version) <= record.cv)
    and record.ac == 1 and record.st == record.wa and record.ge == 0
    and (record.mx == 0 or record.mx > NOW)
    and holder.active + IDLE_AFTER_MS > NOW and NOW - record.ck < CHECKPOINT_MS
end

local function sockets_of(record)
  local sockets = 0
  for _, held in pairs(record.holds) do if held.ends == 0 then sockets = sockets + 1 end end
  return sockets
end

local function hold(text)
  local shard, incarnation, id, uid, device, platform, connected, active, idle, counts, version, on, off, ends, limit, message =
    string.match(text, HOLD)
  enter(KEYS[tonumber(shard)])
  if is_fenced(incarnation) then return 'FENCED' end
  local field = 'c:' .. incarnation .. ':' .. id
  local active_ago = tonumber(active)
  local holder = {
    connected = NOW - tonumber(connected), active = active_ago >= 0 and NOW - active_ago or 0,
    idle = idle == '1', counts = counts ~= '0' and counts ~= '-', renewed = NOW, ends = 0, platform = platform, device = device, id = id,
  }

  local found = redis.call('HMGET', user_key(uid), 'r', field)
  local record = found[1] and unpack_record(uid, found[1])
  local before = found[2] and parse_holder(found[2])
  if before then
    holder.connected = before.connected
    if counts == '0' or counts == '1' then holder.counts = before.counts end
  end
  if record and before and only_renews(record, before, holder, version) then
    put_holder(record, field, holder)
    record.la = math.max(record.la, holder.active)
    save(record)
  else
    record = load_record(uid)
    if not record then
      if version == '' then return 'UNKNOWN' end
      record = new_record(uid)
    end
    if limit ~= '' and not before and sockets_of(record) >= tonumber(limit) then return 'FULL' end
    adopt(record, version, on, off, message, ends)
    end_leases(record)
    put_holder(record, field, holder)
    if not before then redis.call('HSET', owned_key(incarnation), id, uid) end
    record.la = math.max(record.la, holder.active)
    checkpoint(record)
    settle(record)
  end
  return (holder.counts and '1|' or '0|') .. EPOCH .. '|' .. record.packed
end

local answers = {}
for i, text in ipairs(ARGV) do answers[i] = hold(text) end
return answers
