#include "tools/print.h"

#include <cerrno>
#include <csignal>
#include <system_error>

#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/text_sink.h"

namespace mpsdscope {

int print_to_stdout(std::string_view text) {
  std::signal(SIGPIPE, SIG_IGN);
  const int error = write_all(STDOUT_FILENO, text);
  if (error == 0) return exit_code::kClean;
  if (error != EPIPE) {
    report_error("cannot write standard output: " + std::generic_category().message(error));
  }
  return exit_code::kFailed;
}

int print_words(const Words& words) {
  if (words.exit_code == exit_code::kClean) return print_to_stdout(words.text);
  report_error(words.text);
  write_all(STDERR_FILENO, words.quote);
  return words.exit_code;
}

}  // namespace mpsdscope
