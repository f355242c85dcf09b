#include "tools/ca_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/options.h"

namespace mpsdscope {
namespace {

using Action = CaOptions::Action;
using ::testing::HasSubstr;

Invocation parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "mpsdscope");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}
CaOptions ca(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ca");
  return std::get<CaOptions>(parse(std::move(arguments)));
}
std::string refused(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ca");
  const auto words = std::get<Words>(parse(std::move(arguments)));
  EXPECT_EQ(words.exit_code, exit_code::kUsage);
  return words.text;
}

TEST(CaOptions, AloneItShows) {
  EXPECT_EQ(ca({}).action, Action::show);
  EXPECT_EQ(ca({}).directory, "");
  EXPECT_EQ(ca({"--ca-dir", "/d"}).directory, "/d");
}

TEST(CaOptions, Make) {
  EXPECT_EQ(ca({"make"}).action, Action::make);
  EXPECT_FALSE(ca({"make"}).replace);
  const CaOptions replacing = ca({"make", "--replace", "--ca-dir", "/d"});
  EXPECT_TRUE(replacing.replace);
  EXPECT_EQ(replacing.directory, "/d") << "also behind the action";
}

TEST(CaOptions, Export) {
  EXPECT_EQ(ca({"export"}).action, Action::export_certificate);
  EXPECT_EQ(ca({"export"}).format, CertificateFormat::pem);
  EXPECT_EQ(ca({"export", "--format", "der"}).format, CertificateFormat::der);
  const CaOptions to_file = ca({"--ca-dir", "/d", "export", "--format", "p12", "--out", "ca.p12"});
  EXPECT_EQ(to_file.format, CertificateFormat::pkcs12);
  EXPECT_EQ(to_file.out, "ca.p12");
  EXPECT_EQ(to_file.directory, "/d");
}

TEST(CaOptions, Import) {
  const CaOptions from_file = ca({"import", "ca.pem", "--replace"});
  EXPECT_EQ(from_file.action, Action::import);
  EXPECT_EQ(from_file.file, "ca.pem");
  EXPECT_TRUE(from_file.replace);
}

TEST(CaOptions, WhatIsWrongIsSaid) {
  EXPECT_THAT(refused({"import"}), HasSubstr("FILE is required"));
  EXPECT_THAT(refused({"export", "--format", "jks"}), HasSubstr("jks"));
  EXPECT_THAT(refused({"destroy"}), HasSubstr("destroy"));
  EXPECT_THAT(refused({"make", "export"}), HasSubstr("export"));
}

TEST(CaOptions, HelpIsOfTheInnermostCommand) {
  const auto help = std::get<Words>(parse({"ca", "export", "--help"}));
  EXPECT_EQ(help.exit_code, exit_code::kClean);
  EXPECT_THAT(help.text, HasSubstr("mpsdscope ca export"));
  EXPECT_THAT(help.text, HasSubstr("--format"));
  const auto above = std::get<Words>(parse({"ca", "--help"}));
  EXPECT_THAT(above.text, HasSubstr("import"));
  EXPECT_THAT(above.text, HasSubstr("--ca-dir"));
}

}  // namespace
}  // namespace mpsdscope
