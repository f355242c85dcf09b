// A request as a command for a shell.
#pragma once

#include <string>

#include "tools/record.h"

namespace mpsdscope {

// "curl -X PUT -H … --data-raw … -g --url 'https://…'": with the head and body that the log holds,
// secrets redacted as there. Quoted for sh, and for bash where a control character needs it. "" of
// what is no request.
std::string curl_command(const Record& record);

}  // namespace mpsdscope
