#include "tools/redact_xml.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "tools/redact.h"
#include "tools/secret_names.h"

namespace mpsdscope {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kCdata = "<![CDATA[";
constexpr std::string_view kCdataEnd = "]]>";

// "Token" of "<wsse:Token Id='1'>" and of "</wsse:Token>".
std::string_view local_name(std::string_view tag) {
  tag.remove_prefix(tag.substr(0, 2) == "</" ? 2 : 1);
  tag = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
  return tag.substr(tag.rfind(':') + 1);
}

class XmlRedactor {
 public:
  explicit XmlRedactor(std::string_view text) : rest_(text) {}

  std::string run() {
    while (!rest_.empty()) {
      if (rest_.substr(0, kCdata.size()) == kCdata) {
        take_cdata();
      } else if (rest_.substr(0, 4) == "<!--") {
        take_text(end_of("-->"));
      } else if (rest_.front() == '<') {
        take_tag(end_of_tag());
      } else {
        take_text(std::min(rest_.find('<'), rest_.size()));
      }
    }
    return std::move(out_);
  }

 private:
  // Behind the next `end`.
  std::size_t end_of(std::string_view end) const {
    const std::size_t at = rest_.find(end);
    return at == rest_.npos ? rest_.size() : at + end.size();
  }

  // Behind the '>' that stands in no value of an attribute.
  std::size_t end_of_tag() const {
    char quote = 0;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at + 1;
      }
    }
    return rest_.size();
  }

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool is_secret(std::string_view text) const {
    return depth_ > 0 && text.find_first_not_of(kSpace) != text.npos && hides_text(secrecy_, text);
  }

  void take_text(std::size_t size) {
    const std::string_view text = take(size);
    is_secret(text) ? out_.append(kRedacted) : out_.append(redacted_text(text));
  }

  void take_cdata() {
    const std::size_t end = end_of(kCdataEnd);
    const bool closed = rest_.substr(0, end).ends_with(kCdataEnd) && end > kCdata.size() + 2;
    out_.append(take(kCdata.size()));
    take_text(end - kCdata.size() - (closed ? kCdataEnd.size() : 0));
    if (closed) out_.append(take(kCdataEnd.size()));
  }

  void take_tag(std::size_t size) {
    const std::string_view tag = take(size);
    const bool declares = tag.size() > 1 && (tag[1] == '?' || tag[1] == '!');
    if (tag.substr(0, 2) == "</") {
      if (depth_ > 0) --depth_;
    } else if (!declares && !tag.ends_with("/>")) {
      open(secrecy_of(local_name(tag)));
    }
    out_.append(redacted_text(tag));
  }

  void open(Secrecy secrecy) {
    if (depth_ == 0) secrecy_ = secrecy;
    if (secrecy_ != Secrecy::none) ++depth_;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;            // of elements within one that tells a secret, with it
  Secrecy secrecy_ = Secrecy::none;  // of that one
  std::string out_;
};

}  // namespace

std::string redacted_xml(std::string_view xml) {
  return XmlRedactor(xml).run();
}

}  // namespace mpsdscope
