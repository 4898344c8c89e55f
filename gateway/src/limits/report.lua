-- Takes calls that were admitted from buckets that replicas share. Gives for each the microseconds until it is full again.
--
-- KEYS[i]       bucket i: when it will be full again, in microseconds by the clock of this Redis (the "theoretical arrival
--               time" of GCRA)
-- ARGV[3i - 2]  of bucket i: calls that were admitted, at least one
-- ARGV[3i - 1]  of bucket i: microseconds until one call is given back
-- ARGV[3i]      of bucket i: microseconds that it may be ahead at most
--
-- Nothing is refused here: what was admitted too much by several replicas at once is a debt that time pays back.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local left = {}
for i, key in ipairs(KEYS) do
  local taken = tonumber(ARGV[3 * i - 2]) * tonumber(ARGV[3 * i - 1])
  local stored = tonumber(redis.call('GET', key) or nil) or now
  left[i] = math.min(math.max(stored - now, 0) + taken, tonumber(ARGV[3 * i]))
  redis.call('SET', key, string.format('%.0f', now + left[i]), 'PX', math.ceil(left[i] / 1000))
end
return left
