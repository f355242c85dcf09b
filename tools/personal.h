// --redact-personal: XUIDs, user hashes and gamertags become pseudonyms, the same one for the same
// person throughout a run and another one in every run.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mpsdscope {

// From now on, for the whole program; called before there are other threads.
void mask_personal_data();
bool masks_personal_data();

// What stands for an XUID or a user hash: "user-5d2c9b1a7e". The text itself if nothing is masked.
std::string masked_user(std::string_view user);

// Masks what `out` holds from `begin` on: numbers that are long enough to be an XUID (15 digits or
// more, also percent-encoded or in groups), XUIDs in hexadecimal (16 digits that begin with 0009),
// any number that is called an xuid, and what is called a gamertag, a display name or a real name
// ("gt(NAME)", "gamertag=NAME", lists too). Not found: a gamertag that nothing calls so, an XUID in
// another notation, and either under two layers of encoding.
void mask_personal_data_in(std::string& out, std::size_t begin);

// The same of a whole value that is called `name` ("gamertag", "xuids"), whatever it holds.
std::string masked_value(std::string_view name, std::string_view value);

// Masks what is appended to a string during its life.
class PersonalMask {
 public:
  explicit PersonalMask(std::string& out) : out_(out), begin_(out.size()) {}
  ~PersonalMask() {
    if (masks_personal_data()) mask_personal_data_in(out_, begin_);
  }
  PersonalMask(const PersonalMask&) = delete;
  PersonalMask& operator=(const PersonalMask&) = delete;

 private:
  std::string& out_;
  std::size_t begin_;
};

}  // namespace mpsdscope
