#include "capture/proxy/address_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <arpa/inet.h>

#include "decode/ascii.h"

namespace mpsdscope {
namespace {

constexpr unsigned kV4Bits = 96;  // of the prefix of a mapped IPv4 address

struct Block {
  std::string_view cidr;
  std::string_view what;
};

// RFC 1918, RFC 4193; RFC 3927 and RFC 4291 for devices without a DHCP server, or on the same link.
constexpr std::array<std::string_view, 6> kPrivate{
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10",
};

// What only this machine, its link or its cloud can reach; no destination for other machines.
constexpr std::array<Block, 11> kInternal{{
    {"0.0.0.0/8", "this machine"},                    // RFC 1122 §3.2.1.3
    {"127.0.0.0/8", "the loopback of this machine"},  // RFC 1122 §3.2.1.3
    {"169.254.0.0/16", "link-local"},                 // RFC 3927, and clouds' metadata services
    {"224.0.0.0/4", "multicast"},                     // RFC 5771
    {"240.0.0.0/4", "reserved or broadcast"},         // RFC 1112 §4
    {"::/128", "this machine"},                       // RFC 4291 §2.5.2
    {"::1/128", "the loopback of this machine"},      // RFC 4291 §2.5.3
    {"fe80::/10", "link-local"},                      // RFC 4291 §2.5.6
    {"fec0::/10", "site-local"},                      // RFC 3879
    {"ff00::/8", "multicast"},                        // RFC 4291 §2.7
    {"fd00:ec2::/32", "a cloud's metadata service"},  // Amazon EC2
}};

// Where other addresses are written within IPv6 ones.
struct Embedding {
  std::string_view cidr;
  std::size_t offset;  // of the 4 bytes
  bool inverted;
};
constexpr std::array<Embedding, 7> kEmbeddings{{
    {"::/96", 12, false},            // IPv4-compatible, RFC 4291 §2.5.5.1
    {"::ffff:0:0:0/96", 12, false},  // IPv4-translated, RFC 2765 §2.1
    {"64:ff9b::/96", 12, false},     // NAT64, RFC 6052 §2.1
    {"64:ff9b:1::/48", 12, false},   // NAT64 of a network's own, RFC 8215, as /96
    {"2002::/16", 2, false},         // 6to4, RFC 3056 §2
    {"2001::/32", 12, true},         // Teredo's client, RFC 4380 §4
    {"2001::/32", 4, false},         // Teredo's server
}};

std::optional<IpAddress> parse_address(std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    return IpAddress::from_bytes(Bytes(bytes).first(4));
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return IpAddress::from_bytes(bytes);
  return std::nullopt;
}

bool within(std::string_view cidr, const IpAddress& address) {
  return Cidr::parse(cidr).value().contains(address);
}

bool is_loopback(const IpAddress& address) {
  return within("127.0.0.0/8", address) || within("::1/128", address);
}

// The address and those that are written within it.
std::vector<IpAddress> meanings(const IpAddress& address) {
  std::vector<IpAddress> all{address};
  const Bytes bytes = address.bytes();
  for (const Embedding& embedding : kEmbeddings) {
    if (!within(embedding.cidr, address)) continue;
    std::array<std::uint8_t, 4> v4{};
    for (std::size_t i = 0; i < v4.size(); ++i) {
      v4[i] =
          static_cast<std::uint8_t>(bytes[embedding.offset + i] ^ (embedding.inverted ? 0xff : 0));
    }
    all.push_back(IpAddress::from_bytes(v4));
  }
  // ISATAP, RFC 5214 §6.1.
  constexpr std::array<std::uint8_t, 3> kIsatap{0, 0x5e, 0xfe};
  if (std::equal(kIsatap.begin(), kIsatap.end(), bytes.begin() + 9) && (bytes[8] & 0xfd) == 0) {
    all.push_back(IpAddress::from_bytes(bytes.last(4)));
  }
  return all;
}

std::string_view without_dot(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  return host;
}

}  // namespace

Result<Cidr> Cidr::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::optional<IpAddress> address = parse_address(text.substr(0, slash));
  Cidr cidr;
  const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  const unsigned most = v4 ? 32 : 128;
  unsigned prefix = most;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size()) prefix = most + 1;
  }
  if (!address || prefix > most) {
    return Error{"\"" + std::string(text) +
                 "\" is no block of addresses: write 192.168.0.0/16, fd00::/8, or one address"};
  }
  cidr.network_ = *address;
  cidr.prefix_ = prefix + (v4 ? kV4Bits : 0);
  if (!cidr.is_aligned()) {
    return Error{"\"" + std::string(text) +
                 "\" has bits set behind its prefix: write the first address of the block"};
  }
  return cidr;
}

bool Cidr::contains(const IpAddress& address) const {
  // An IPv4 address is not one of an IPv6 block, such as ::/96, but for its own mapped prefix.
  if (address.is_v4() && prefix_ < kV4Bits) return false;
  const std::size_t whole = prefix_ / 8;
  const auto& a = address.bytes();
  const auto& b = network_.bytes();
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const unsigned rest = prefix_ % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool Cidr::is_aligned() const {
  for (unsigned bit = prefix_; bit < 128; ++bit) {
    if ((network_.bytes()[bit / 8] >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

std::optional<IpAddress> address_literal(std::string_view host) {
  if (host.size() > INET6_ADDRSTRLEN) return std::nullopt;
  if (auto address = parse_address(host)) return address;
  in_addr v4{};
  // glibc's takes trailing blanks and what follows them.
  if (host.find_first_of(" \t\n\v\f\r") != std::string_view::npos ||
      host.find('\0') != std::string_view::npos || inet_aton(std::string(host).c_str(), &v4) == 0) {
    return std::nullopt;
  }
  std::array<std::uint8_t, 4> bytes{};
  std::memcpy(bytes.data(), &v4, bytes.size());
  return IpAddress::from_bytes(bytes);
}

Result<AddressPolicy> AddressPolicy::make(const AddressPolicyOptions& options) {
  AddressPolicy policy;
  policy.own_addresses_ = options.own_addresses;
  for (const std::string& text : options.allow_clients) {
    Result<Cidr> cidr = Cidr::parse(text);
    if (!cidr) return Error{"--allow: " + cidr.error().message};
    policy.clients_.push_back(*cidr);
  }
  if (options.allow_clients.empty()) {
    for (const std::string_view text : kPrivate) policy.clients_.push_back(*Cidr::parse(text));
  }
  for (const std::string& text : options.allow_destinations) {
    Result<Cidr> cidr = Cidr::parse(text);
    if (text.rfind('*') != std::string::npos &&
        (text.rfind('*') > 0 || text.substr(0, 2) != "*.")) {
      return Error{
          "--allow-dest: \"" + text +
          "\" is no name of a host: a * stands for what is before a domain (*.example.test); "
          "blocks of addresses are written 10.0.0.0/8, all of them 0.0.0.0/0 and ::/0"};
    }
    const bool block = text.find_first_of("/:") != std::string::npos;
    if (cidr) {
      policy.destinations_.push_back(*cidr);
    } else if (block || text.empty()) {
      return Error{"--allow-dest: " + cidr.error().message + ", or the name of a host"};
    } else {
      policy.destination_hosts_.emplace_back(without_dot(text));
    }
  }
  return policy.listening_at(options.listening);
}

AddressPolicy AddressPolicy::listening_at(std::vector<Endpoint> listening) const {
  AddressPolicy policy = *this;
  policy.listening_ = std::move(listening);
  policy.wide_ = std::any_of(policy.listening_.begin(), policy.listening_.end(),
                             [](const Endpoint& at) { return !is_loopback(at.address); });
  return policy;
}

AddressPolicy AddressPolicy::on_machine_with(std::vector<IpAddress> own_addresses) const {
  AddressPolicy policy = *this;
  policy.own_addresses_ = std::move(own_addresses);
  return policy;
}

bool AddressPolicy::admits_client(const IpAddress& client) const {
  return is_loopback(client) || std::any_of(clients_.begin(), clients_.end(),
                                            [&](const Cidr& c) { return c.contains(client); });
}

bool AddressPolicy::is_own_address(const IpAddress& address) const {
  return std::find(own_addresses_.begin(), own_addresses_.end(), address) != own_addresses_.end();
}

bool AddressPolicy::is_own_socket(const Endpoint& resolved) const {
  const auto unspecified = [](const IpAddress& address) {
    return within("0.0.0.0/32", address) || within("::/128", address);
  };
  // To connect to "any address" is to connect to this machine.
  const bool here = unspecified(resolved.address) || is_loopback(resolved.address) ||
                    is_own_address(resolved.address);
  return std::any_of(listening_.begin(), listening_.end(), [&](const Endpoint& at) {
    if (at.port != resolved.port) return false;
    return at.address == resolved.address || (unspecified(at.address) && here) ||
           (unspecified(resolved.address) && is_loopback(at.address));
  });
}

bool AddressPolicy::named(std::string_view host, const IpAddress& address) const {
  host = without_dot(host);
  return std::any_of(destinations_.begin(), destinations_.end(),
                     [&](const Cidr& cidr) { return cidr.contains(address); }) ||
         std::any_of(destination_hosts_.begin(), destination_hosts_.end(),
                     [&](const std::string& name) {
                       if (name.substr(0, 2) != "*.") return equals_ignoring_case(name, host);
                       const std::string_view end = std::string_view(name).substr(1);
                       return host.size() > end.size() &&
                              equals_ignoring_case(host.substr(host.size() - end.size()), end);
                     });
}

Result<Done> AddressPolicy::admits_unresolved(const Destination& asked) const {
  std::optional<IpAddress> address = address_literal(asked.host);
  const std::string_view host = without_dot(asked.host);
  constexpr std::string_view kLocal = "localhost";
  const std::size_t label = host.rfind('.') + 1;  // npos + 1 is 0
  if (!address && equals_ignoring_case(host.substr(label), kLocal))
    address = address_literal("127.0.0.1");
  if (!address) return Done{};
  return admits_destination(asked, {*address, asked.port});
}

Result<Done> AddressPolicy::admits_chosen(const Destination& asked,
                                          const Endpoint& resolved) const {
  for (const IpAddress& address : meanings(resolved.address)) {
    if (is_own_socket({address, resolved.port})) {
      return Error{asked.host + ":" + std::to_string(asked.port) +
                   " is this proxy itself: a request to it would go round forever; open "
                   "http://mpsdscope/ for its page"};
    }
  }
  return Done{};
}

Result<Done> AddressPolicy::admits_destination(const Destination& asked,
                                               const Endpoint& resolved) const {
  if (Result<Done> chosen = admits_chosen(asked, resolved); !chosen) return chosen;
  if (!wide_ || named(asked.host, resolved.address)) return Done{};
  const std::string where = asked.host + ":" + std::to_string(asked.port);
  const std::vector<IpAddress> all = meanings(resolved.address);
  for (const IpAddress& address : all) {
    std::string_view what = is_own_address(address) ? "an address of this machine" : "";
    for (const Block& block : kInternal) {
      if (what.empty() && within(block.cidr, address)) what = block.what;
    }
    if (what.empty()) continue;
    return Error{where + " is not allowed: " + resolved.address.to_string() + " is " +
                 std::string(what) +
                 ", and this proxy listens for other machines; allow it with "
                 "--allow-dest " +
                 asked.host};
  }
  return Done{};
}

}  // namespace mpsdscope
