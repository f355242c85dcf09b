#include "tests/tools/testing/live_run.h"

#include <fstream>
#include <iterator>
#include <regex>

#include "capture/capture_files.h"
#include "tests/tools/testing/sample_calls.h"
#include "tools/jsonl_output.h"
#include "tools/pipeline.h"

namespace mpsdscope::testing {

LiveRun::LiveRun(LiveRunOptions run_options) : options(std::move(run_options)) {
  LogFileOptions log = options.rotation;
  log.path = path(options.log);
  std::vector<std::unique_ptr<LiveOutput>> outputs;
  outputs.push_back(open_live_log(log, {"simulated"}, now).value());
  recorder = std::make_unique<Recorder>(rules, std::chrono::seconds(60), std::move(outputs), now);
  secrets = std::make_unique<SecretsFile>(
      LiveFile::open(path("keys.log"), LiveFile::Existing::append, "the key log").value());
  if (options.save) {
    capture = std::make_unique<SavedCapture>(
        LiveFile::open(path(options.capture), LiveFile::Existing::empty, "the capture").value(),
        "test");
  }
  tap = std::make_unique<LiveTap>(
      LiveTapOptions{
          rules, options.all, options.limits, options.workers, capture.get(), secrets.get(), {}},
      *recorder);
}

Endpoint LiveRun::v4(std::uint8_t last, std::uint16_t port) {
  return {IpAddress::from_bytes(std::vector<std::uint8_t>{192, 0, 2, last}), port};
}

Endpoint LiveRun::v6(std::uint8_t last, std::uint16_t port) {
  std::vector<std::uint8_t> address{0x20, 0x01, 0x0d, 0xb8};
  address.resize(16);
  address.back() = last;
  return {IpAddress::from_bytes(address), port};
}

std::unique_ptr<ConnectionTap> LiveRun::connect(unsigned worker) {
  return connect(v4(1, static_cast<std::uint16_t>(50'000 + connections_)), v4(2, 80), worker);
}

std::unique_ptr<ConnectionTap> LiveRun::connect(const Endpoint& client, const Endpoint& server,
                                                unsigned worker, bool tls) {
  TapConnection connection;
  connection.conn = ++connections_;
  connection.client = client;
  connection.server = server;
  connection.tls = tls;
  connection.server_name = "sessiondirectory.xboxlive.com";
  return tap->begin(worker, connection, tick());
}

RunSummary LiveRun::finish() {
  for (unsigned i = 0; i < options.workers; ++i) tap->settle(i);
  RunSummary summary;
  tap->summarize(summary);
  recorder->finish(summary);
  if (capture) capture->close();
  secrets->close();
  return summary;
}

std::string LiveRun::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> LiveRun::exchanges_in(std::string_view log) {
  static const std::regex conn("\"conn\":[0-9]+");
  std::vector<std::string> lines;
  while (!log.empty()) {
    const std::size_t end = std::min(log.find('\n'), log.size() - 1);
    const std::string line(log.substr(0, end));
    log.remove_prefix(end + 1);
    if (line.rfind("{\"type\":\"exchange\"", 0) == 0) {
      lines.push_back(std::regex_replace(line, conn, "\"conn\":0"));
    }
  }
  return lines;
}

std::vector<std::string> LiveRun::replayed(const std::string& keylog) const {
  KeyLog keys;
  keys.add_text(keylog);
  auto source = open_capture_files({path(options.capture)}, keys);
  if (!source) return {source.error().message};
  PipelineOptions pipeline;
  pipeline.threads = 1;
  pipeline.all = options.all;
  pipeline.rules = rules;
  Collected collected;
  const auto output = make_jsonl_output(collected.sink, {});
  const RunSummary summary = run_pipeline(**source, keys, pipeline, *output);
  std::vector<std::string> lines = exchanges_in(collected.text);
  for (const std::string& problem : summary.problems) lines.push_back(problem);
  return lines;
}

}  // namespace mpsdscope::testing
