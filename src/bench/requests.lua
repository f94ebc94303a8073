-- Sends the requests of a file, in turn: a line is "METHOD <tab> path <tab> body". They are put together before the
-- clock starts. At the end one line for Load.java to read.
local requests, at = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, body = line:match("^(%u+)\t([^\t]+)\t(.*)$")
    local headers = body ~= "" and { ["Content-Type"] = method == "POST" and "application/json" or "text/plain" } or {}
    requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT requests=%d micros=%d p50=%d p99=%d failed=%d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
