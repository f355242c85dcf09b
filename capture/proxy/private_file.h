// Files that only their owner may read, created so that there is no moment of wider rights.
#pragma once

#include <string>
#include <string_view>

#include "decode/result.h"

namespace mpsdscope {

// Creates `path` with mode 0700, and its missing parents likewise. An Error when there is something
// there that others can write to: they could exchange what is in it.
Result<Done> make_private_directory(const std::string& path);

enum class Publish : std::uint8_t {
  first,   // only if there is none yet; atomic among processes
  replace  // in place of what is there
};
// Writes a file with mode 0600, which appears whole or not at all. `false`: there was one already.
Result<bool> publish_private_file(const std::string& path, std::string_view text, Publish how);

// The same for what everybody may read (0644, less the umask), in place of what is there.
Result<Done> publish_file(const std::string& path, std::string_view text);

// Reads a file of at most 1 MiB. An Error that says what to do when others can read it or when it
// belongs to another user.
Result<std::string> read_private_file(const std::string& path);
// Reads a file of at most 1 MiB.
Result<std::string> read_small_file(const std::string& path);

bool file_exists(const std::string& path);

}  // namespace mpsdscope
