#include "capture/proxy/address_policy.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <sys/socket.h>

#include "capture/proxy/own_addresses.h"

namespace mpsdscope {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

IpAddress ip(const std::string& text) {
  const std::optional<IpAddress> address = address_literal(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress());
}

AddressPolicy policy(const std::string& listening, std::vector<std::string> allow_dest = {},
                     std::vector<std::string> allow = {}) {
  AddressPolicyOptions options;
  options.listening = {{ip(listening), 8888}};
  options.own_addresses = {ip("127.0.0.1"), ip("::1"), ip("192.168.7.5"), ip("2001:db8::5")};
  options.allow_clients = std::move(allow);
  options.allow_destinations = std::move(allow_dest);
  Result<AddressPolicy> made = AddressPolicy::make(options);
  EXPECT_TRUE(made.ok());
  return *made;
}

bool admits(const AddressPolicy& policy, const std::string& address, std::uint16_t port = 443,
            const std::string& host = "") {
  return policy.admits_destination({host.empty() ? address : host, port}, {ip(address), port}).ok();
}

TEST(Cidr, ContainsItsBlock) {
  struct Case {
    std::string cidr;
    std::string address;
    bool contains;
  };
  for (const Case& c : {
           Case{"10.0.0.0/8", "10.255.255.255", true},
           Case{"10.0.0.0/8", "11.0.0.0", false},
           Case{"172.16.0.0/12", "172.31.255.255", true},
           Case{"172.16.0.0/12", "172.32.0.0", false},
           Case{"192.0.2.1", "192.0.2.1", true},
           Case{"192.0.2.1", "192.0.2.2", false},
           Case{"0.0.0.0/0", "192.0.2.2", true},
           Case{"0.0.0.0/0", "2001:db8::1", false},
           Case{"::/0", "2001:db8::1", true},
           Case{"::/0", "192.0.2.1", false},
           Case{"::/96", "192.0.2.1", false},
           Case{"fc00::/7", "fdff::1", true},
           Case{"fc00::/7", "fe00::1", false},
           Case{"2001:db8::1", "2001:db8::1", true},
           Case{"::ffff:10.0.0.0/104", "10.1.2.3", true},
       }) {
    EXPECT_EQ(Cidr::parse(c.cidr).value().contains(ip(c.address)), c.contains)
        << c.cidr << " " << c.address;
  }
}

TEST(Cidr, RefusesWhatIsNone) {
  for (const std::string text : {"", "/", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                                 "::/129", "10/8", "10.1.0.0/8", "name", "127.1", "fe80::1%lo"}) {
    EXPECT_FALSE(Cidr::parse(text).ok()) << text;
  }
  EXPECT_THAT(Cidr::parse("10.1.0.0/8").error().message, HasSubstr("behind its prefix"));
}

// What it takes for an address is what the system's resolver takes for one.
TEST(AddressLiteral, IsWhatTheResolverReads) {
  for (const std::string text : {"127.0.0.1",
                                 "2130706433",
                                 "0177.0.0.1",
                                 "0x7f.1",
                                 "0x7f000001",
                                 "127.1",
                                 "127.0.1",
                                 "017700000001",
                                 "1",
                                 "0",
                                 "256",
                                 "4294967295",
                                 "4294967296",
                                 "127.0.0.1.",
                                 "127.0.0.256",
                                 "127..1",
                                 "0x",
                                 "08",
                                 "127.0.0.1 ",
                                 "127.0.0.1 x",
                                 "",
                                 "a",
                                 "::1",
                                 "::ffff:127.0.0.1",
                                 "::127.0.0.1",
                                 "[::1]",
                                 "1.2.3.4.5",
                                 "0300.0250.7.5",
                                 "-1",
                                 "+1"}) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const bool numeric = !text.empty() && getaddrinfo(text.c_str(), nullptr, &hints, &found) == 0;
    const std::optional<IpAddress> read = address_literal(text);
    // Blanks end an address for the resolver; no host of a request has them.
    if (text.find(' ') == std::string::npos) {
      EXPECT_EQ(read.has_value(), numeric) << text;
    } else {
      EXPECT_FALSE(read.has_value());
    }
    if (numeric && read) {
      char host[NI_MAXHOST];
      ASSERT_EQ(getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, nullptr, 0,
                            NI_NUMERICHOST),
                0);
      EXPECT_EQ(*read, ip(host)) << text;
    }
    if (numeric) freeaddrinfo(found);
  }
}

TEST(AddressPolicy, ListensWideIfAnySocketIsNotLoopback) {
  EXPECT_FALSE(policy("127.0.0.1").listens_wide());
  EXPECT_FALSE(policy("127.9.9.9").listens_wide());
  EXPECT_FALSE(policy("::1").listens_wide());
  EXPECT_TRUE(policy("0.0.0.0").listens_wide());
  EXPECT_TRUE(policy("::").listens_wide());
  EXPECT_TRUE(policy("192.168.7.5").listens_wide());
  EXPECT_TRUE(
      policy("127.0.0.1").listening_at({{ip("::1"), 1}, {ip("10.0.0.1"), 2}}).listens_wide());
}

TEST(AddressPolicy, AdmitsClientsOfPrivateRangesByDefault) {
  const AddressPolicy wide = policy("0.0.0.0");
  for (const std::string client : {"127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.255.1",
                                   "169.254.3.4", "fd12::1", "fe80::1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(wide.admits_client(ip(client))) << client;
  }
  for (const std::string client : {"8.8.8.8", "172.32.0.1", "192.169.0.1", "2001:db8::1",
                                   "::10.0.0.1", "64:ff9b::10.0.0.1", "100.64.0.1", "0.0.0.0"}) {
    EXPECT_FALSE(wide.admits_client(ip(client))) << client;
  }
}

TEST(AddressPolicy, AdmitsClientsThatAreNamedInPlaceOfTheDefault) {
  const AddressPolicy some = policy("0.0.0.0", {}, {"203.0.113.0/24", "2001:db8::/32"});
  EXPECT_TRUE(some.admits_client(ip("203.0.113.200")));
  EXPECT_TRUE(some.admits_client(ip("2001:db8::1")));
  EXPECT_TRUE(some.admits_client(ip("127.0.0.1")));
  EXPECT_FALSE(some.admits_client(ip("192.168.7.9")));
}

// Every spelling of what only this machine or its network may reach.
const std::vector<std::string> kInternal{
    "127.0.0.1", "127.1", "127.255.255.254", "2130706433", "0177.0.0.1", "0x7f.1", "0x7f000001",
    "017700000001", "0", "0.0.0.0", "0.1.2.3", "169.254.169.254", "2852039166", "0xa9fea9fe",
    "0251.0376.0251.0376", "169.254.43518", "224.0.0.1", "239.255.255.250", "255.255.255.255",
    "240.0.0.1",
    // its own addresses
    "192.168.7.5", "3232237317", "0300.0250.7.5", "2001:db8::5",
    // IPv6
    "::", "::1", "0:0:0:0:0:0:0:1", "fe80::1", "febf::1", "fec0::1", "ff02::1", "fd00:ec2::254",
    // IPv4 within IPv6: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:192.168.7.5",
    "::127.0.0.1", "::192.168.7.5", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::169.254.169.254", "64:ff9b:1:ffff::127.0.0.1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:c0a8:705::1",
    "2001:0:7f00:1::", "2001:0:1:2:3:4:80ff:fffe", "2001:db8:1::5efe:127.0.0.1",
    "fd00::200:5efe:169.254.169.254"};

TEST(AddressPolicy, OtherMachinesReachNothingInternal) {
  for (const std::string listening : {"0.0.0.0", "::", "192.168.7.5"}) {
    const AddressPolicy wide = policy(listening);
    for (const std::string& address : kInternal) {
      EXPECT_FALSE(admits(wide, address)) << listening << " " << address;
      // A name that resolves there is no way around.
      EXPECT_FALSE(admits(wide, address, 443, "title.xboxlive.com")) << address;
    }
  }
}

TEST(AddressPolicy, OtherMachinesReachTheRest) {
  const AddressPolicy wide = policy("0.0.0.0");
  for (const std::string address :
       {"8.8.8.8", "192.168.7.6", "10.0.0.1", "169.253.1.1", "223.255.255.255", "128.0.0.1",
        "2001:db8::6", "fd00::1", "64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(admits(wide, address)) << address;
  }
}

TEST(AddressPolicy, OnLoopbackEverythingButItselfIsReached) {
  const AddressPolicy narrow = policy("127.0.0.1");
  for (const std::string& address : kInternal) EXPECT_TRUE(admits(narrow, address)) << address;
}

TEST(AddressPolicy, SaysWhatToDo) {
  const auto refused =
      policy("0.0.0.0").admits_destination({"2852039166", 80}, {ip("169.254.169.254"), 80});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().message,
            "2852039166:80 is not allowed: 169.254.169.254 is link-local, and this proxy listens "
            "for other machines; allow it with --allow-dest 2852039166");
}

TEST(AddressPolicy, AllowDestNamesHostsAndBlocks) {
  const AddressPolicy some =
      policy("0.0.0.0", {"Origin.test.", "*.lab.test", "127.0.0.0/8", "fe80::1"});
  EXPECT_TRUE(admits(some, "192.168.7.5", 443, "origin.TEST"));
  EXPECT_TRUE(admits(some, "192.168.7.5", 443, "origin.test."));
  EXPECT_TRUE(admits(some, "192.168.7.5", 443, "a.b.Lab.test"));
  EXPECT_FALSE(admits(some, "192.168.7.5", 443, "lab.test"));
  EXPECT_FALSE(admits(some, "192.168.7.5", 443, "xlab.test"));
  EXPECT_FALSE(admits(some, "192.168.7.5", 443, "origin.test.example"));
  EXPECT_TRUE(admits(some, "127.0.0.1"));
  EXPECT_TRUE(admits(some, "2130706433"));
  EXPECT_TRUE(admits(some, "127.0.0.1", 443, "any.name"));
  EXPECT_TRUE(admits(some, "fe80::1"));
  EXPECT_FALSE(admits(some, "fe80::2"));
  EXPECT_FALSE(admits(some, "169.254.169.254"));
}

TEST(AddressPolicy, AddressesMayBeAllowedInTheSpellingOfTheSentence) {
  EXPECT_TRUE(admits(policy("0.0.0.0", {"2852039166"}), "2852039166"));
}

TEST(AddressPolicy, NeverConnectsToItself) {
  struct Case {
    std::string listening;
    std::string address;
    bool own;
  };
  for (const Case& c : {
           Case{"127.0.0.1", "127.0.0.1", true},
           Case{"127.0.0.1", "0x7f.1", true},
           Case{"127.0.0.1", "::ffff:127.0.0.1", true},
           Case{"127.0.0.1", "0.0.0.0", true},
           Case{"127.0.0.1", "0", true},
           Case{"127.0.0.1", "127.0.0.2", false},
           Case{"127.0.0.1", "::1", false},
           Case{"127.0.0.1", "192.168.7.5", false},
           Case{"::1", "::1", true},
           Case{"::1", "::", true},
           Case{"0.0.0.0", "127.0.0.1", true},
           Case{"0.0.0.0", "127.200.0.1", true},
           Case{"0.0.0.0", "192.168.7.5", true},
           Case{"0.0.0.0", "192.168.7.6", false},
           Case{"::", "192.168.7.5", true},
           Case{"::", "2001:db8::5", true},
           Case{"::", "64:ff9b::192.168.7.5", true},
           Case{"192.168.7.5", "192.168.7.5", true},
           Case{"192.168.7.5", "127.0.0.1", false},
       }) {
    // Whatever --allow-dest says.
    const AddressPolicy all = policy(c.listening, {"0.0.0.0/0", "::/0", "self"});
    const auto admitted = all.admits_destination({"self", 8888}, {ip(c.address), 8888});
    EXPECT_EQ(admitted.ok(), !c.own) << c.listening << " " << c.address;
    if (!admitted) {
      EXPECT_THAT(admitted.error().message, HasSubstr("this proxy itself"));
    }
    EXPECT_TRUE(admits(all, c.address, 8889)) << c.address;
  }
}

// What somebody else resolves is judged as far as it is an address.
TEST(AddressPolicy, DestinationsBeyondAnUpstreamProxy) {
  const AddressPolicy wide = policy("0.0.0.0", {"10.0.0.1"});
  for (const std::string& address : kInternal) {
    EXPECT_FALSE(wide.admits_unresolved({address, 443}).ok()) << address;
  }
  for (const std::string host : {"localhost", "LocalHost.", "a.localhost", "192.168.7.5"}) {
    EXPECT_FALSE(wide.admits_unresolved({host, 443}).ok()) << host;
  }
  for (const std::string host :
       {"title.xboxlive.com", "localhost.example", "xlocalhost", "8.8.8.8", "10.0.0.1"}) {
    EXPECT_TRUE(wide.admits_unresolved({host, 443}).ok()) << host;
  }
  EXPECT_TRUE(policy("127.0.0.1").admits_unresolved({"localhost", 443}).ok());
  EXPECT_FALSE(policy("127.0.0.1").admits_unresolved({"localhost", 8888}).ok());
}

TEST(AddressPolicy, WhatTheCommandLineChoseIsReached) {
  const AddressPolicy wide = policy("0.0.0.0");
  EXPECT_TRUE(wide.admits_chosen({"origin", 443}, {ip("127.0.0.1"), 443}).ok());
  EXPECT_TRUE(wide.admits_chosen({"origin", 443}, {ip("192.168.7.5"), 443}).ok());
  EXPECT_FALSE(wide.admits_chosen({"origin", 8888}, {ip("127.0.0.1"), 8888}).ok());
}

TEST(AddressPolicy, RefusesOptionsThatAreNone) {
  AddressPolicyOptions options;
  options.allow_clients = {"lan"};
  EXPECT_THAT(AddressPolicy::make(options).error().message, HasSubstr("--allow: \"lan\""));
  options.allow_clients.clear();
  for (const std::string text : {"10.0.0.0/33", "::/x", "", "*", "*x.test", "a.*.test"}) {
    options.allow_destinations = {text};
    EXPECT_THAT(AddressPolicy::make(options).error().message, HasSubstr("--allow-dest: ")) << text;
  }
}

TEST(OwnAddresses, HasLoopback) {
  const auto addresses = own_addresses();
  ASSERT_TRUE(addresses.ok());
  EXPECT_THAT(addresses.value(), Contains(ip("127.0.0.1")));
}

TEST(AddressPolicy, KnowsAddressesThatTheMachineGetsLater) {
  const AddressPolicy before = policy("0.0.0.0", {"10.0.0.0/8"});
  EXPECT_TRUE(admits(before, "203.0.113.9"));
  EXPECT_FALSE(before.is_own_socket({ip("203.0.113.9"), 8888}));
  const AddressPolicy after = before.on_machine_with({ip("203.0.113.9")});
  EXPECT_FALSE(admits(after, "203.0.113.9"));
  EXPECT_TRUE(after.is_own_socket({ip("203.0.113.9"), 8888}));
  EXPECT_TRUE(admits(after, "10.0.0.1"));
  EXPECT_TRUE(after.listens_wide());
}

}  // namespace
}  // namespace mpsdscope
