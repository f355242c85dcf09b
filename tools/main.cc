// mpsdscope: what it can do, one line each.
#include <exception>

#include "tools/cmd_ca.h"
#include "tools/cmd_proxy.h"
#include "tools/cmd_replay.h"
#include "tools/cmd_rules.h"
#include "tools/cmd_sniff.h"
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
int run(const RulesOptions& rules) {
  return cmd_rules(rules);
}
int run(const CaOptions& ca) {
  return cmd_ca(ca);
}

}  // namespace
}  // namespace mpsdscope

int main(int argc, char** argv) {
  using namespace mpsdscope;
  try {
    return std::visit([](const auto& what) { return run(what); }, parse_command_line(argc, argv));
  } catch (const std::exception& error) {
    report_error(error.what());
    return exit_code::kFailed;
  }
}
