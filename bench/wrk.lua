-- For wrk: sends what a file lists, if one is given, and prints what came of it as a line of JSON.
-- Each line of the file is the value of a header, a tab, and the body of a POST.

function init(arguments)
  local file, header = arguments[1], arguments[2]
  if not file then return end
  local lines = io.lines(file)
  function request()
    local value, body = lines():match("^(.-)\t(.*)$")
    wrk.headers[header] = value
    return wrk.format("POST", nil, nil, body)
  end
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '{"requests": %d, "seconds": %f, "failed": %d, "p50": %f, "p99": %f}\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(string.format(line, summary.requests, summary.duration / 1e6, failed, p50, p99))
end
