-- Ends what has ended, in each of KEYS. Any instance may. Answer: for each 1 when there is more to do at once, else 0
local left = 100 -- conversations that one call looks at
return in_each(function()
  if left == 0 then return 1 end
  local due = redis.call('ZRANGEBYSCORE', DUE, '-inf', whole(NOW), 'LIMIT', 0, left)
  if #due > 0 then redis.call('ZREM', DUE, unpack(due)) end
  for _, conversation in ipairs(due) do fold(conversation) end
  left = left - #due
  return left == 0 and 1 or 0
end)
