// Who may use the proxy, and where it may be made to connect: pure functions over addresses. They
// are asked about addresses after resolution, so a name cannot get around them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/proxy/machine.h"
#include "decode/address.h"
#include "decode/result.h"

namespace mpsdscope {

// A block of addresses (RFC 4632, RFC 4291 §2.3).
class Cidr {
 public:
  // "10.0.0.0/8", "2001:db8::/32", or a single address.
  static Result<Cidr> parse(std::string_view text);
  bool contains(const IpAddress& address) const;

 private:
  bool is_aligned() const;

  IpAddress network_;
  unsigned prefix_ = 128;  // bits; an IPv4 block's are counted in the mapped address
};

// The address that a host is spelled as, in every spelling that the system's resolver takes for an
// address: dotted, decimal, octal, hexadecimal and short forms of IPv4 (inet_aton), IPv6 without
// brackets or zone. nullopt: a name.
std::optional<IpAddress> address_literal(std::string_view host);

struct AddressPolicyOptions {
  std::vector<Endpoint> listening;         // as bound, ports known; an unspecified address is all
  std::vector<IpAddress> own_addresses;    // of this machine's interfaces
  std::vector<std::string> allow_clients;  // --allow CIDR; none: private ranges
  std::vector<std::string> allow_destinations;  // --allow-dest HOST|CIDR; HOST may begin with "*."
};

class AddressPolicy {
 public:
  static Result<AddressPolicy> make(const AddressPolicyOptions& options);

  // The same for sockets whose ports are known now (asked for as port 0).
  AddressPolicy listening_at(std::vector<Endpoint> listening) const;

  // The same for a machine whose addresses have changed.
  AddressPolicy on_machine_with(std::vector<IpAddress> own_addresses) const;
  const std::vector<IpAddress>& own_addresses() const { return own_addresses_; }

  // Whether one of the sockets takes connections of other machines.
  bool listens_wide() const { return wide_; }
  // Loopback always, others as --allow says.
  bool admits_client(const IpAddress& client) const;
  // Whether a client that asked for `asked` may be connected to `resolved`, its address (there may
  // be several: connect to one that is admitted, and to that very address). Otherwise why not and
  // what to do, a sentence.
  Result<Done> admits_destination(const Destination& asked, const Endpoint& resolved) const;
  // The same for a destination that an upstream proxy resolves: judges addresses in every spelling,
  // and localhost (RFC 6761 §6.3).
  Result<Done> admits_unresolved(const Destination& asked) const;
  // The same for a destination that whoever started the proxy chose (--mode reverse,
  // --upstream-proxy): only the proxy itself is refused.
  Result<Done> admits_chosen(const Destination& asked, const Endpoint& resolved) const;
  // Whether it is one of the sockets that the proxy listens on. Refused in every mode.
  bool is_own_socket(const Endpoint& resolved) const;

 private:
  bool is_own_address(const IpAddress& address) const;
  bool named(std::string_view host, const IpAddress& address) const;

  std::vector<Endpoint> listening_;
  std::vector<IpAddress> own_addresses_;
  std::vector<Cidr> clients_;
  std::vector<Cidr> destinations_;
  std::vector<std::string> destination_hosts_;
  bool wide_ = false;
};

}  // namespace mpsdscope
