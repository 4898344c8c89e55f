-- The newest records of one conversation, and from where on they are complete.
--
-- KEYS[1]  hash of the partition: base, position, floor (see rewind.lua)
-- KEYS[2]  the conversation's sorted set
-- ARGV[1]  sequence that the log will give next, as the caller knows it; its own projection has passed it
-- ARGV[2]  first sequence that the caller may see
-- ARGV[3]  entries wanted at most
-- ARGV[4]  '1': begin the projection anew where it is behind
--
-- Answers false where the projection is behind, else {base, position, lowest score or '', {record, score, ...} newest first}.
local log, recent = KEYS[1], KEYS[2]
local position = redis.call('HGET', log, 'position')
if not position or (tonumber(position) < tonumber(ARGV[1]) and ARGV[4] == '1') then
  -- Emptied, or a batch was lost on its way: nothing below is known. Whoever comes with an older batch skips it.
  redis.call('HSET', log, 'base', ARGV[1], 'position', ARGV[1])
  position = ARGV[1]
elseif tonumber(position) < tonumber(ARGV[1]) then
  return false
end
local base = redis.call('HGET', log, 'base') or position
local floor = redis.call('HGET', log, 'floor')
if floor and tonumber(floor) > tonumber(base) then
  base = floor
end
local from = base
if tonumber(ARGV[2]) > tonumber(from) then
  from = ARGV[2]
end
local lowest = redis.call('ZRANGE', recent, 0, 0, 'WITHSCORES')
local entries = redis.call('ZREVRANGEBYSCORE', recent, '+inf', from, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
return {base, position, lowest[2] or '', entries}
