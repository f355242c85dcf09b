// Capture files as a source of packets: pcap and pcapng, plain or compressed with gzip or zstd,
// from files and from standard input, several of them merged by the packets' times.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/packet_source.h"
#include "decode/keylog.h"
#include "decode/result.h"

namespace mpsdscope {

// Opens and examines all `paths` ("-": standard input) before any packet is read, and adds the TLS
// secrets that they hold, wherever they stand, to `keys`. An Error when one of them cannot be
// opened or is not a capture; a file that is damaged further on, or empty beside others (the newest
// one of a ring may be), is a problem of the source.
// Packets of the same time come in the order of `paths`; within a file their order stays.
Result<std::unique_ptr<PacketSource>> open_capture_files(const std::vector<std::string>& paths,
                                                         KeyLog& keys);

}  // namespace mpsdscope
