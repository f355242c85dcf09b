// mpsdscope: what it can do, one line each.
#include <exception>

#include <fcntl.h>
#include <unistd.h>

#include "tools/cmd_ca.h"
#include "tools/cmd_config.h"
#include "tools/cmd_proxy.h"
#include "tools/cmd_replay.h"
#include "tools/cmd_rules.h"
#include "tools/cmd_sniff.h"
#include "tools/cmd_tail.h"
#include "tools/diagnostics.h"
#include "tools/options.h"
#include "tools/print.h"

namespace mpsdscope {
namespace {

int run(const Words& words) {
  return print_words(words);
}
int run(const ReplayOptions& replay) {
  return cmd_replay(replay);
}
int run(const SniffOptions& sniff) {
  return cmd_sniff(sniff);
}
int run(const ProxyCommand& proxy) {
  return cmd_proxy(proxy);
}
int run(const TailOptions& tail) {
  return cmd_tail(tail);
}
int run(const RulesOptions& rules) {
  return cmd_rules(rules);
}
int run(const ConfigOptions& config) {
  return cmd_config(config);
}
int run(const CaOptions& ca) {
  return cmd_ca(ca);
}

// A standard descriptor that is closed would become that of the next file: what is meant for it
// would be written there. This one refuses writing as a closed one does.
void keep_standard_descriptors() {
  int fd = open("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY);
  if (fd >= 0) close(fd);
}

}  // namespace
}  // namespace mpsdscope

int main(int argc, char** argv) {
  using namespace mpsdscope;
  keep_standard_descriptors();
  try {
    return std::visit([](const auto& what) { return run(what); }, parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    report_error(error.what());
    return exit_code::kFailed;
  }
}
