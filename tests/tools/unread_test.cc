#include "tools/unread.h"

#include <gtest/gtest.h>

namespace mpsdscope {
namespace {

constexpr const char* kService = "sessiondirectory.xboxlive.com";

TEST(Advice, EveryTlsFailureHasSome) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(TlsFailure::count_); ++i) {
    EXPECT_FALSE(advice_for(static_cast<TlsFailure>(i), 0).empty()) << i;
  }
}

TEST(Advice, AWrongKeyLogIsToldFromNone) {
  EXPECT_EQ(advice_for(TlsFailure::no_key, 0).find("none of the"), std::string::npos);
  EXPECT_EQ(advice_for(TlsFailure::no_key, 5).find("none of the 5 secrets given"), 0u);
}

TEST(Warnings, NoneWhenCallsWereRead) {
  RunSummary summary;
  summary.calls = 3;
  summary.report.add_undecrypted("other.example", TlsFailure::no_key, "");
  EXPECT_TRUE(warnings_of(summary, {}).empty());
}

TEST(Warnings, TheServiceUnreadIsSaidAlsoWhenCallsWereRead) {
  RunSummary summary;
  summary.calls = 3;
  for (int i = 0; i < 3; ++i) summary.report.add_undecrypted(kService, TlsFailure::no_key, "");
  const auto warnings = warnings_of(summary, {});
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].find("sessiondirectory.xboxlive.com: 3 TLS connections not read, no key: "),
            0u);
}

TEST(Warnings, NoCallsIsSaidWithWhatThereWas) {
  RunSummary summary;
  summary.report.add(Counter::packets, 7);
  ++summary.report.count_of_host("mock.example");
  ++summary.report.count_of_host("(no host)");
  for (int i = 0; i < 9; ++i) {
    summary.report.add_undecrypted("h" + std::to_string(i), TlsFailure::gap, "");
  }
  const auto warnings = warnings_of(summary, {});
  ASSERT_EQ(warnings.size(), 8u);  // no calls, hosts, five names, and four more
  EXPECT_NE(warnings[0].find("7 packets"), std::string::npos);
  EXPECT_NE(warnings[1].find("mock.example (1);"), std::string::npos);
  EXPECT_EQ(warnings[1].find("(no host)"), std::string::npos);
  EXPECT_NE(warnings[7].find("4 more"), std::string::npos);
}

TEST(Warnings, AHostIsNotAdvisedWhereNoneIsKnown) {
  RunSummary summary;
  summary.report.add(Counter::packets, 7);
  ++summary.report.count_of_host("(no host)");
  EXPECT_EQ(warnings_of(summary, {}).size(), 1u);
}

TEST(Warnings, OwnPatternsCountAsTheService) {
  RunSummary summary;
  summary.report.add_undecrypted("mock.example", TlsFailure::no_key, "");
  RuleSettings settings;
  EXPECT_FALSE(service_unread(summary, settings));
  settings.mpsd_hosts.push_back("mock.*");
  EXPECT_TRUE(service_unread(summary, settings));
}

TEST(Warnings, AnUnsupportedLinkTypeIsNamed) {
  RunSummary summary;
  summary.report.add(Counter::frames_unsupported_link, 22);
  summary.report.unsupported_link = 105;
  const auto warnings = warnings_of(summary, {});
  ASSERT_EQ(warnings.size(), 2u);
  EXPECT_EQ(warnings[1].find("22 packets not read: link type 105"), 0u);
  EXPECT_TRUE(service_unread(summary, {}));
}

TEST(Warnings, WhatHasNoNameMayBeTheService) {
  for (const char* name : {"192.0.2.1:443", "[2001:db8::1]:443", "(other)"}) {
    RunSummary summary;
    summary.report.add_undecrypted(name, TlsFailure::handshake_unseen, "");
    EXPECT_TRUE(service_unread(summary, {})) << name;
  }
}

}  // namespace
}  // namespace mpsdscope
