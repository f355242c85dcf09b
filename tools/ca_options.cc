#include "tools/ca_options.h"

#include <map>

#include <CLI/CLI.hpp>

namespace mpsdscope {
namespace {

using Action = CaOptions::Action;

CLI::App* add_action(CLI::App& app, const char* name, const char* help, CaOptions& ca,
                     Action action) {
  CLI::App* command = app.add_subcommand(name, help);
  command->parse_complete_callback([&ca, action] { ca.action = action; });
  command->footer("");
  command->fallthrough();  // --ca-dir may stand behind
  return command;
}

void add_replace(CLI::App& app, CaOptions& ca) {
  app.add_flag("--replace", ca.replace,
               "in place of the CA that is there, which devices may trust already");
}

}  // namespace

void add_ca(CLI::App& app, CaOptions& ca) {
  CLI::App* command = app.add_subcommand(
      "ca", "Shows the proxy's certificate authority; makes, exports or imports one");
  command->footer("Without a command it shows the CA and how devices are told to trust it.");
  command->require_subcommand(0, 1);
  command
      ->add_option("--ca-dir", ca.directory,
                   "directory of the CA (default: $XDG_DATA_HOME/mpsdscope, else "
                   "~/.local/share/mpsdscope)")
      ->type_name("DIR");

  add_replace(*add_action(*command, "make", "Makes a new CA", ca, Action::make), ca);

  CLI::App* to_file = add_action(*command, "export", "Writes the certificate, never the key", ca,
                                 Action::export_certificate);
  const std::map<std::string, CertificateFormat> formats{{"pem", CertificateFormat::pem},
                                                         {"der", CertificateFormat::der},
                                                         {"p12", CertificateFormat::pkcs12}};
  to_file
      ->add_option_function<std::string>(
          "--format", [&ca, formats](const std::string& name) { ca.format = formats.at(name); },
          "pem (default), der or p12 (without password)")
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT");
  to_file->add_option("--out", ca.out, "write there instead of standard output ('-')")
      ->type_name("FILE");

  CLI::App* from_file =
      add_action(*command, "import", "Takes over a CA: a PEM file with key and certificate", ca,
                 Action::import);
  from_file->add_option("FILE", ca.file, "for example ~/.mitmproxy/mitmproxy-ca.pem")
      ->required()
      ->type_name("");
  add_replace(*from_file, ca);
}

}  // namespace mpsdscope
