-- Gives one try back to each of these buckets.
--
-- KEYS[i]      bucket i, as in take.lua
-- ARGV[1]      now
-- ARGV[i + 1]  of bucket i: milliseconds until one try is given back
local now = tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  local at = (tonumber(redis.call('GET', key) or nil) or now) - tonumber(ARGV[i + 1])
  if at > now then
    redis.call('SET', key, string.format('%.0f', at), 'PX', string.format('%.0f', at - now))
  else
    redis.call('DEL', key)
  end
end
