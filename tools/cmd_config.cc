#include "tools/cmd_config.h"

#include <unistd.h>

#include "tools/config/config_text.h"
#include "tools/diagnostics.h"
#include "tools/escape.h"
#include "tools/print.h"

namespace mpsdscope {

int cmd_config(const ConfigOptions& options) {
  if (!options.path_only) return print_to_stdout(config_text(options.configuration));
  const ConfigPath found = find_config(options.file);
  if (found.path.empty()) {
    report_error("neither XDG_CONFIG_HOME nor HOME is set: name a file with --config");
    return exit_code::kFailed;
  }
  if (access(found.path.c_str(), F_OK) != 0) {
    report_note("there is no such file yet; `mpsdscope config` prints one to begin with");
  }
  return print_to_stdout(printable(found.path) + "\n");
}

}  // namespace mpsdscope
