-- KEYS[1] the bucket; ARGV[1] what one request costs, ARGV[2] how far ahead of now it may be; both in microseconds.
-- On the server's clock: instances need not agree about the time.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local whole_at = tonumber(redis.call('GET', KEYS[1]) or now)
if whole_at < now then whole_at = now end
local after = whole_at + ARGV[1]
if now + ARGV[2] < after then
    return {0, whole_at - now}
end
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', math.ceil((after - now) / 1000))
return {1, after - now}
