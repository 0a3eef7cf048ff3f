-- wrk's side of bench.ts: one request, again and again, and the figures as one line of JSON.
init = function()
  wrk.method = os.getenv("LOAD_METHOD")
  wrk.body = os.getenv("LOAD_BODY")
  if wrk.body == "" then wrk.body = nil end
  for name, value in string.gmatch(os.getenv("LOAD_HEADERS"), "([^:\n]+): ([^\n]+)") do wrk.headers[name] = value end
end

done = function(summary, latency)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write
  io.write(string.format('\n{"answers":%d,"perSecond":%d,"p50":%d,"p99":%d,"failed":%d}\n', summary.requests,
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99), errors))
end
