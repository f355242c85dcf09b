// The command line of `mpsdscope ca`.
#pragma once

#include <cstdint>
#include <string>

#include "capture/proxy/certificate_authority.h"

namespace CLI {
class App;
}

namespace mpsdscope {

struct CaOptions {
  enum class Action : std::uint8_t { show, make, export_certificate, import };
  Action action = Action::show;
  std::string directory;  // "": the default one
  CertificateFormat format = CertificateFormat::pem;
  std::string out;       // "" or "-": standard output
  std::string file;      // to import
  bool replace = false;  // a CA that is there
};

// Adds the subcommand `ca` and those below it.
void add_ca(CLI::App& app, CaOptions& ca);

}  // namespace mpsdscope
