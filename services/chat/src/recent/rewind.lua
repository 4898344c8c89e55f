-- The log has lost its end: the projection got further than the log now goes. It goes on where the log does.
--
-- KEYS[1]  hash of the partition: base, position, floor
-- ARGV[1]  position that was found to lie behind the end of the log
-- ARGV[2]  sequence that the log gives next
--
-- What was taken in of the lost end stays in the sets, with sequences that the log gives a second time. `floor` is above all of
-- them, and nothing below it is complete. Answers 1, or 0 where somebody else was first.
local log = KEYS[1]
local position = redis.call('HGET', log, 'position')
if position ~= ARGV[1] then
  return 0
end
local floor = tonumber(redis.call('HGET', log, 'floor') or nil)
if not floor or floor < tonumber(position) then
  redis.call('HSET', log, 'floor', position)
end
redis.call('HSET', log, 'base', ARGV[2], 'position', ARGV[2])
return 1
