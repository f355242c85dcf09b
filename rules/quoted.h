// Pieces of the traffic in the messages of rules.
#pragma once

#include <string>
#include <string_view>

namespace mpsdscope {

// At most 40 bytes, in quotes; bytes that are not plain as \xNN.
std::string quoted(std::string_view text);

// The method of a request: quoted only if it is no ordinary word.
std::string word(std::string_view method);

}  // namespace mpsdscope
