-- Takes one try from all of these buckets, or from none. Gives the milliseconds to wait, 0 where it was taken.
--
-- KEYS[i]       bucket i: when it will be full again, in milliseconds (the "theoretical arrival time" of GCRA)
-- ARGV[1]       now
-- ARGV[3i - 1]  of bucket i: milliseconds until one try is given back
-- ARGV[3i]      of bucket i: milliseconds until all are
-- ARGV[3i + 1]  of bucket i: 0 refuses when empty, -1 never does, n does while bucket n is empty too
--
-- throttle/local.rs does the same; a test compares them.
local now = tonumber(ARGV[1])
local full_at, waits = {}, {}
for i, key in ipairs(KEYS) do
  local interval, period = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  -- A quota that was larger yesterday, or a clock that was ahead, keeps nobody out for longer than the period.
  local stored = math.min(tonumber(redis.call('GET', key) or nil) or now, now + period)
  full_at[i] = math.max(stored, now) + interval
  waits[i] = full_at[i] - period - now
end

local wait = 0
for i = 1, #KEYS do
  local enforced = tonumber(ARGV[3 * i + 1])
  if enforced == 0 or (enforced > 0 and waits[enforced] > 0) then
    wait = math.max(wait, waits[i])
  end
end
if wait > 0 then
  return wait
end

for i, key in ipairs(KEYS) do
  local at = math.min(full_at[i], now + tonumber(ARGV[3 * i]))
  redis.call('SET', key, string.format('%.0f', at), 'PX', string.format('%.0f', at - now))
end
return 0
