-- Sends the requests of a file, one after the other and then again from the first, and prints what came of them as JSON.
-- The file holds, for each request, its length in bytes on a line and then its bytes.
local requests = {}
local next_request = 0
local threads = {}
refused = 0

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  for length in file:lines() do
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  -- What an answer of 200 says that is a refusal all the same. To look at answers costs wrk time, so nobody does who need not.
  if arguments[2] then
    response = function(_, _, body)
      if body:find(arguments[2], 1, true) then refused = refused + 1 end
    end
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local errors, said = summary.errors, 0
  for _, thread in ipairs(threads) do said = said + thread:get("refused") end
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "p50": %.0f, "p99": %.0f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status + said, errors.connect + errors.read + errors.write + errors.timeout
  ))
end
