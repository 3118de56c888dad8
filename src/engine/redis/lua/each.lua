-- For what is done in each of KEYS alike, with as many of ARGV for one as for another: what `work` answers in each.
local function in_each(work)
  local answers, width = {}, #ARGV / #KEYS
  for i, key in ipairs(KEYS) do
    enter(key)
    answers[i] = work(unpack(ARGV, (i - 1) * width + 1, i * width))
  end
  return answers
end
