#include "tools/redact_xml.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "decode/ascii.h"
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

  // Behind the '>' that stands in no value of an attribute. A '<' in between shows that this is no
  // tag, or that a quote is none: the next one begins there.
  std::size_t end_of_tag() const {
    if (rest_.starts_with("<?")) return end_of("?>");
    std::size_t quoted = rest_.npos;  // the first '>' in quotes
    char quote = 0;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (c == '<') return quoted < at ? quoted + 1 : at;
      if (c == '>' && quote == 0) return at + 1;
      if (c == '>') quoted = std::min(at, quoted);
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    return quoted < rest_.size() ? quoted + 1 : rest_.size();
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
    const std::string_view name = local_name(tag);
    if (tag.starts_with("</")) {
      if (depth_ > 0 && equals_ignoring_case(name, secret_name_)) --depth_;
    } else if (!tag.starts_with("<?") && !tag.starts_with("<!") && !tag.ends_with("/>")) {
      open(name);
    }
    out_.append(redacted_text(tag));
  }

  void open(std::string_view name) {
    if (depth_ > 0) {
      if (equals_ignoring_case(name, secret_name_)) ++depth_;
      return;
    }
    secrecy_ = secrecy_of(name);
    if (secrecy_ == Secrecy::none) return;
    secret_name_ = name;
    depth_ = 1;
  }

  std::string_view rest_;
  std::size_t depth_ = 0;  // of elements of that name within the one that tells a secret, with it
  std::string_view secret_name_;
  Secrecy secrecy_ = Secrecy::none;
  std::string out_;
};

}  // namespace

std::string redacted_xml(std::string_view xml) {
  return XmlRedactor(xml).run();
}

}  // namespace mpsdscope
