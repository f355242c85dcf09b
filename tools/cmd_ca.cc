#include "tools/cmd_ca.h"

#include <cerrno>
#include <fstream>
#include <system_error>

#include <unistd.h>

#include "capture/wall_clock.h"
#include "tools/diagnostics.h"
#include "tools/escape.h"
#include "tools/print.h"

namespace mpsdscope {
namespace {

using Action = CaOptions::Action;

Result<CertificateAuthority> find_ca(const CaOptions& options, const std::string& directory,
                                     CaptureTime now) {
  switch (options.action) {
    case Action::make:
      return CertificateAuthority::make(directory, now, options.replace);
    case Action::import:
      return CertificateAuthority::import(directory, options.file, now, options.replace);
    case Action::show:
    case Action::export_certificate:
      break;
  }
  return CertificateAuthority::open(directory, now);
}

int export_to(const CaOptions& options, const std::string& bytes) {
  if (options.out.empty() || options.out == "-") {
    if (options.format == CertificateFormat::pem || ::isatty(STDOUT_FILENO) == 0) {
      return print_to_stdout(bytes);
    }
    report_error("this format is not for a terminal: name a file with --out");
    return exit_code::kFailed;
  }
  errno = 0;
  std::ofstream file(options.out, std::ios::binary | std::ios::trunc);
  file << bytes << std::flush;
  if (file) return exit_code::kClean;
  report_error("cannot write " + options.out + ": " + std::generic_category().message(errno));
  return exit_code::kFailed;
}

std::string day(CaptureTime time) {
  return format_rfc3339(time).substr(0, 10);
}

}  // namespace

std::string description_of(const CertificateAuthority& ca) {
  return "CA of mpsdscope proxy\n"
         "  subject    " +
         ca.subject() +
         "\n"
         "  SHA-256    " +
         ca.fingerprint() +
         "\n"
         "  valid      " +
         day(ca.not_before()) + " to " + day(ca.not_after()) +
         "\n"
         "  directory  " +
         printable(ca.directory()) +
         "\n\n"
         "To be installed on devices, with the proxy's address as their HTTP proxy\n"
         "  Xbox development kit  " +
         std::string(CaFiles::kDevelopmentKit) +
         " to xs:\\Microsoft\\Cert\\FiddlerRoot.cer,\n"
         "                        HOST:PORT in xs:\\Microsoft\\Fiddler\\ProxyAddress.txt, reboot\n"
         "  Windows, Android      " +
         std::string(CaFiles::kDer) +
         "; certutil -addstore -f Root FILE\n"
         "  Linux, curl, iOS      " +
         std::string(CaFiles::kPem) +
         "; curl --cacert FILE\n"
         "  as PKCS #12           " +
         std::string(CaFiles::kPkcs12) +
         ", no password, no key\n"
         "A running proxy explains each at its own address: http://HOST:PORT/\n\n"
         "Only test devices should trust it. Whoever has " +
         std::string(CaFiles::kKeyAndCertificate) + " can read what they send.\n";
}

int cmd_ca(const CaOptions& options) {
  const auto failed = [](const Error& error) {
    report_error(error.message);
    return exit_code::kFailed;
  };
  std::string directory = options.directory;
  if (directory.empty()) {
    auto chosen = default_ca_directory();
    if (!chosen) return failed(chosen.error());
    directory = std::move(*chosen);
  }
  const auto ca = find_ca(options, directory, wall_clock_now());
  if (!ca) return failed(ca.error());
  if (options.action == Action::export_certificate) {
    return export_to(options, ca->exported(options.format));
  }
  return print_to_stdout(description_of(*ca));
}

}  // namespace mpsdscope
