-- One user's record: the same rules as memory/record.ts, kept in a hash. Times 0: none.
--   c:<incarnation>:<id>, l:<id>  holders: connectedAt|activeAt|idle|counts|renewedAt|endsAt|platform|device|id
--   r                             all the rest, packed, as reading many small fields costs more than all that is done here:
--     st since ls la v pl         what is shown: status, since, lastSeen, lastActive, version, platforms
--     cv wa wi mx msg             chosen status: version, while active, while inactive, end of the message, message (JSON)
--     ac ge lf ck                 was active, grace end, newest sign of life of who left, last checkpoint
--                                 (truth.codec.ts reads the first six and the message)
local HOLDER = '^(%d+)|(%d+)|(%d)|(%d)|(%d+)|(%d+)|([^|]*)|([^|]*)|(.*)$'
local HOLDER_FORMAT = '%d|%d|%d|%d|%d|%d|%s|%s|%s'
local RECORD = '^([^|]*)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|(%d+)|([^|]*)|([^|]*)|(%d+)|(%d)|(%d+)|(%d+)|(%d+)|(.*)$'
local RECORD_FORMAT = '%s|%d|%d|%d|%d|%s|%d|%s|%s|%d|%d|%d|%d|%d|%s'

-- `shown`: status, platforms and message as watchers know them; nil for a record that begins.
local function unpack_record(uid, packed)
  local st, since, ls, la, v, pl, cv, wa, wi, mx, ac, ge, lf, ck, msg = string.match(packed, RECORD)
  return {
    uid = uid, holds = {}, pending = {}, packed = packed, shown = { st = st, pl = pl, msg = msg },
    st = st, since = tonumber(since), ls = tonumber(ls), la = tonumber(la), v = tonumber(v), pl = pl,
    cv = tonumber(cv), wa = wa, wi = wi, mx = tonumber(mx), msg = msg,
    ac = tonumber(ac), ge = tonumber(ge), lf = tonumber(lf), ck = tonumber(ck),
  }
end

local function new_record(uid)
  return {
    uid = uid, holds = {}, pending = {}, st = 'OFFLINE', since = 0, ls = 0, la = 0, v = 0, pl = '',
    cv = 0, wa = '', wi = '', mx = 0, msg = '', ac = 0, ge = 0, lf = 0, ck = 0,
  }
end

local function pack_record(r)
  return string.format(RECORD_FORMAT, r.st, r.since, r.ls, r.la, r.v, r.pl, r.cv, r.wa, r.wi, r.mx, r.ac, r.ge, r.lf,
    r.ck, r.msg)
end

local function parse_holder(text)
  local connected, active, idle, counts, renewed, ends, platform, device, id = string.match(text, HOLDER)
  return {
    connected = tonumber(connected), active = tonumber(active), idle = idle == '1', counts = counts == '1',
    renewed = tonumber(renewed), ends = tonumber(ends), platform = platform, device = device, id = id,
  }
end

-- nil: there is none.
local function load_record(uid)
  local flat = redis.call('HGETALL', user_key(uid))
  if #flat == 0 then return nil end
  local record, holds
  holds = {}
  for i = 1, #flat, 2 do
    if flat[i] == 'r' then record = unpack_record(uid, flat[i + 1])
    else holds[flat[i]] = parse_holder(flat[i + 1]) end
  end
  record.holds = holds
  return record
end

-- Written by `save`.
local function put_holder(record, field, h)
  record.holds[field] = h
  local pending = record.pending
  pending[#pending + 1] = field
  pending[#pending + 1] = string.format(HOLDER_FORMAT, h.connected, h.active, h.idle and 1 or 0, h.counts and 1 or 0,
    h.renewed, h.ends, h.platform, h.device, h.id)
end

local function drop_holder(record, field)
  record.holds[field] = nil
  redis.call('HDEL', user_key(record.uid), field)
end

-- A chosen status applies if it is newer, or when none is known. Version '': not given.
local function adopt(record, version, active, inactive, message, ends)
  if version == '' or record.shown and tonumber(version) <= record.cv then return end
  record.cv, record.wa, record.wi = tonumber(version), active, inactive
  record.msg, record.mx = message, tonumber(ends)
end

-- The last to go decides about grace; a lease that ends by itself brings none and shortens none.
local function depart(record, left_at, grace_end)
  record.lf = math.max(record.lf, left_at)
  record.ge = grace_end
end

local function in_grace(record)
  return record.ge > 0 and (NOW < record.ge or GUARDED)
end

local function end_leases(record)
  if GUARDED then return end
  for field, holder in pairs(record.holds) do
    if holder.ends > 0 and holder.ends <= NOW then
      drop_holder(record, field)
      record.lf = math.max(record.lf, holder.renewed)
    end
  end
end

-- Times only grow, so one entry a user says everything.
local function wait_for_storage(uid, last_seen, last_active)
  local before = redis.call('HGET', WAITING, uid)
  if before then
    local seen, active = string.match(before, '^(%d+)|(%d+)$')
    last_seen, last_active = math.max(last_seen, tonumber(seen)), math.max(last_active, tonumber(active))
  end
  redis.call('HSET', WAITING, uid, whole(last_seen) .. '|' .. whole(last_active))
end

-- What watchers and callers are given, a JSON array. The epoch tells a watcher at once that the store was emptied.
local function truth_of(r)
  return string.format('[%d,"%s",%d,%d,%d,"%s",%s,"%s"]', r.v, r.st, r.since, r.ls, r.la, r.pl,
    r.msg == '' and 'null' or r.msg, EPOCH)
end

local function tell(uid, version, payload)
  redis.call('ZADD', CHANGED, whole(version), uid)
  redis.call(PUBLISH, channel(uid), payload)
end

local function look_again(uid, due)
  redis.call('ZADD', DUE, 'LT', whole(GUARDED and math.max(due, NOW + 1000) or due), uid)
end

local function is_vacant(record)
  return next(record.holds) == nil and not in_grace(record)
end

local function drop_record(uid)
  redis.call('DEL', user_key(uid))
  redis.call('ZREM', DUE, uid)
end

-- Status, platforms and the earliest time at which they may change by themselves.
local function face_of(record)
  local due, active_until, platforms = math.huge, 0, {}
  record.present = false
  for _, holder in pairs(record.holds) do
    if holder.ends > 0 then due = math.min(due, holder.ends) end
    if holder.counts then
      record.present = true
      platforms[holder.platform] = true
      if not holder.idle then active_until = math.max(active_until, holder.active + IDLE_AFTER_MS) end
    end
  end
  local active = active_until > NOW
  if record.present then
    record.ac = active and 1 or 0
    -- The user turns idle with the last of them.
    if active then due = math.min(due, active_until) end
    local names = {}
    for platform in pairs(platforms) do names[#names + 1] = platform end
    table.sort(names)
    return active and record.wa or record.wi, table.concat(names, ' '), due
  end
  if not in_grace(record) then return 'OFFLINE', '', due end
  due = math.min(due, record.ge)
  -- Grace only prolongs what is shown: who is shown OFFLINE comes back with a holder, never by a changed status.
  if record.st == 'OFFLINE' then return 'OFFLINE', '', due end
  return record.ac == 1 and record.wa or record.wi, record.pl, due
end

-- Status to how often somebody was turned to it in this call, for whoever counts.
local TURNED = {}

-- Notes a transition for operators; CAUSE is the script's. Trimmed now and then, as each trim costs a command.
local function note(record, status)
  TURNED[status] = (TURNED[status] or 0) + 1
  if record.st == 'OFFLINE' then redis.call('HINCRBY', META, 'on', 1)
  elseif status == 'OFFLINE' then redis.call('HINCRBY', META, 'on', -1) end
  local entry = string.format('%s|%d|%s|%s|%s', record.uid, NOW, record.st, status, CAUSE)
  if redis.call('LPUSH', JOURNAL, entry) >= 2 * JOURNAL_MAX then redis.call('LTRIM', JOURNAL, 0, JOURNAL_MAX - 1) end
end

local function turn(record, status)
  note(record, status)
  record.st = status
  if status ~= 'OFFLINE' then
    record.since = NOW
    return
  end
  -- Who is here and turns OFFLINE has become invisible at this moment.
  record.ls = math.max(record.ls, record.present and NOW or record.lf)
  record.since = record.ls
  wait_for_storage(record.uid, record.ls, record.la)
end

local function save(record)
  local pending, packed = record.pending, pack_record(record)
  if packed ~= record.packed then
    pending[#pending + 1] = 'r'
    pending[#pending + 1] = packed
    record.packed = packed
  end
  if #pending > 0 then redis.call('HSET', user_key(record.uid), unpack(pending)) end
  record.pending = {}
end

-- Brings the record to what is true now, and tells whoever watches when others are shown something else.
local function settle(record)
  end_leases(record)
  if record.mx > 0 and record.mx <= NOW then record.msg, record.mx = '', 0 end
  local status, platforms, due = face_of(record)
  if status == 'OFFLINE' then platforms = '' end
  if record.mx > 0 then due = math.min(due, record.mx) end
  if record.ge > 0 and not in_grace(record) then record.ge = 0 end
  if status ~= record.st then turn(record, status) end
  record.pl = platforms
  local shown = record.shown
  if not shown or shown.st ~= status or shown.pl ~= platforms or shown.msg ~= record.msg then
    record.v = next_version()
    tell(record.uid, record.v, truth_of(record))
  end
  if is_vacant(record) then
    -- Nothing is left to wait for: the record goes once it is stored, at once when there is nothing to store.
    if record.la > 0 then wait_for_storage(record.uid, 0, record.la) end
    if redis.call('HEXISTS', WAITING, record.uid) == 0 then return drop_record(record.uid) end
  end
  if due < math.huge then look_again(record.uid, due) end
  save(record)
end

local function mark_active(uid, record)
  if record then record.la = NOW end
  -- While the user is shown, the last seen to come carries it.
  if not record or record.st == 'OFFLINE' then wait_for_storage(uid, 0, NOW) end
end

local function checkpoint(record)
  if record.st == 'OFFLINE' or record.la == 0 or NOW - record.ck < CHECKPOINT_MS then return end
  if record.ck > 0 then wait_for_storage(record.uid, 0, record.la) end
  record.ck = NOW
end

-- Conversations to be ended when no holder that counts is left; takes them out.
local function take_typing(uid)
  local noted = redis.call('ZRANGEBYSCORE', typing_key(uid), '(' .. whole(NOW), '+inf')
  redis.call('DEL', typing_key(uid))
  return noted
end
