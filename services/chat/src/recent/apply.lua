-- Takes one batch of one partition of the log into the projection.
--
-- KEYS[1]      hash of the partition: base, position
-- KEYS[2i]     of item i: the conversation's sorted set
-- KEYS[2i + 1] of item i: the finished send (unused for a marker)
-- ARGV[1..5]   start and stop of the batch, entries kept of a conversation, seconds that a set lives, seconds that a send lives
-- ARGV[2i + 4] of item i: its sequence
-- ARGV[2i + 5] of item i: its record; empty for the marker that says "here the conversation begins"
--
-- `position` is the sequence that comes next. From `base` to it, no message is missing in a set but those that were cut off at
-- its low end; the lowest entry of a set shows where that is, also where the set has expired and begun anew.
local log = KEYS[1]
local start, stop = tonumber(ARGV[1]), tonumber(ARGV[2])
local position = tonumber(redis.call('HGET', log, 'position') or nil)
if position and position >= stop then
  return 0
end
local from = start
if position and position >= start then
  from = position
else
  redis.call('HSET', log, 'base', ARGV[1])
end

local applied = 0
local touched = {}
for i = 1, (#KEYS - 1) / 2 do
  local recent, send = KEYS[2 * i], KEYS[2 * i + 1]
  local sequence, record = ARGV[2 * i + 4], ARGV[2 * i + 5]
  if tonumber(sequence) >= from then
    local counts = true
    if record ~= '' then
      -- A pending send has no number. A lower number is the first record of this message, which counts.
      local first = tonumber(redis.call('GET', send) or nil)
      counts = not first or first >= tonumber(sequence)
      if counts then
        redis.call('SET', send, sequence, 'EX', ARGV[5])
      end
    end
    if counts then
      redis.call('ZADD', recent, sequence, record)
      touched[recent] = true
      applied = applied + 1
    end
  end
end
for recent in pairs(touched) do
  redis.call('ZREMRANGEBYRANK', recent, 0, -(tonumber(ARGV[3]) + 1))
  redis.call('EXPIRE', recent, ARGV[4])
end
redis.call('HSET', log, 'position', ARGV[2])
return applied
