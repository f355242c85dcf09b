#include "tests/rules/testing/story.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "tests/rules/testing/exchanges.h"

namespace mpsdscope::testing {
namespace {

std::string path_of(const std::string& target) {
  const std::string service = "/serviceconfigs/" + std::string(kScid);
  if (target == "s" || target.rfind("s/", 0) == 0) return session_path() + target.substr(1);
  if (target == "s2") return session_path() + "2";
  if (target == "h") return std::string(kHandle) + "/session";
  if (target == "handles") return "/handles";
  if (target.rfind("query", 0) == 0) return "/handles/" + target;
  if (target == "batch") return service + "/sessionTemplates/lobby/batch";
  return target;
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

class LineReader {
 public:
  explicit LineReader(const std::vector<std::string>& words)
      : words_(words), exchange_(std::make_unique<Exchange>()) {}

  ExchangePtr read() {
    read_request();
    if (words_[5] != "-") read_response();
    for (std::size_t i = 6; i < words_.size(); ++i) read_option(words_[i]);
    if (!contract_.empty()) request().fields.add("x-xbl-contract-version", contract_);
    if (!debug_.empty() && response().present) response().fields.add("X-Xbl-Debug", debug_);
    return std::move(exchange_);
  }

 private:
  HttpRequest& request() { return exchange_->request; }
  HttpResponse& response() { return exchange_->response; }

  void read_request() {
    exchange_->conn = 1;
    exchange_->decided = at_ms(std::stoll(words_[1]));
    request().present = true;
    request().authority = kHost;
    request().method = words_[3];
    request().target = path_of(words_[4]);
    request().begin = request().end = at_ms(std::stoll(words_[0]));
    const std::string& user = words_[2];
    if (user[0] == '#') {
      request().fields.add("Authorization", "XBL3.0 x=" + user.substr(1) + ";token");
    } else if (user != "-") {
      debug_ = "user0=" + std::to_string(2'814'646'326'226'000 + user[0]);
    }
  }

  void read_response() {
    response().present = true;
    response().status = std::stoi(words_[5]);
    response().begin = response().end = at_ms(std::stoll(words_[1]));
  }

  void body(std::string_view text) {
    request().body = text;
    request().body_length = text.size();
  }

  void read_option(const std::string& option) {
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    const std::string value = equals == option.npos ? "" : option.substr(equals + 1);
    if (name == "wait") response().fields.add("Retry-After", value);
    if (name == "etag") response().fields.add("ETag", "\"" + value + "\"");
    if (name == "if") request().fields.add("If-Match", value == "*" ? "*" : "\"" + value + "\"");
    if (name == "new") request().fields.add("If-None-Match", "*");
    if (name == "sig") request().fields.add("Signature", value);
    if (name == "conn") exchange_->conn = std::stoull(value);
    if (name == "stream") exchange_->stream = static_cast<std::uint32_t>(std::stoul(value));
    if (name == "title") debug_ += std::string(debug_.empty() ? "" : ", ") + "title=" + value;
    if (name == "learn") debug_ = "user0=" + value;
    if (name == "dry") request().target += "?nocommit=true";
    if (name == "old") contract_.clear();
    if (name == "contract") contract_ = value;
    if (name == "body") body(value);
    if (name == "at") exchange_->decided = at_ms(std::stoll(value));
  }

  const std::vector<std::string>& words_;
  ExchangePtr exchange_;
  std::string debug_;
  std::string contract_ = "107";
};

bool of_title(const Violation& violation) {
  return info_of(violation.rule).side == Side::title;
}

void append_found(std::string& out, const Call& call) {
  bool any = false;
  for (const Violation& violation : call.violations) {
    if (!of_title(violation)) continue;
    out += any ? " " : " ! ";
    out += info_of(violation.rule).id;
    any = true;
  }
}

void append_conducts(std::string& out, const std::vector<Conduct>& conducts) {
  for (const Conduct& conduct : conducts) {
    out += &conduct == &conducts.front() ? " ~ " : " ";
    if (conduct.corrects) out.append(name_of(*conduct.corrects)).append("->");
    out += name_of(conduct.end);
    if (conduct.automatic) out += *conduct.automatic ? ":auto" : ":new";
  }
}

// Calls f(line without what is expected, call, engine) for the calls of a story.
template <class F>
void each_call(std::string_view story, const RuleSettings& settings, Engine& engine, const F& f) {
  std::istringstream lines{std::string(story)};
  for (std::string line; std::getline(lines, line);) {
    const std::string given = line.substr(0, std::min(line.find(" !"), line.find(" ~")));
    if (given.find_first_not_of(' ') == given.npos || words_of(given)[0] == "end") continue;
    const CallPtr call = examine(exchange_of(given), settings);
    engine.judge(*call);
    f(given, *call);
  }
}

}  // namespace

RuleSettings only(std::initializer_list<Rule> rules) {
  RuleSettings settings;
  const RuleSettings usual;
  settings.severities.fill(Severity::off);
  for (const Rule rule : rules) {
    settings.severities[static_cast<std::size_t>(rule)] = usual.severity_of(rule);
  }
  return settings;
}

ExchangePtr exchange_of(std::string_view line) {
  const std::vector<std::string> words = words_of(line);
  return LineReader(words).read();
}

std::string judged(std::string_view story, const RuleSettings& settings) {
  Engine engine(settings);
  std::string out = "\n";
  each_call(story, settings, engine, [&](const std::string& given, const Call& call) {
    out += given;
    append_found(out, call);
    append_conducts(out, engine.conducts());
    out += '\n';
  });
  engine.finish();
  if (engine.conducts().empty()) return out;
  out += "end";
  append_conducts(out, engine.conducts());
  return out + '\n';
}

std::string messages(std::string_view story, const RuleSettings& settings) {
  Engine engine(settings);
  std::string out;
  each_call(story, settings, engine, [&](const std::string&, const Call& call) {
    for (const Violation& violation : call.violations) {
      if (of_title(violation)) out += violation.message + "\n  " + violation.advice + "\n";
    }
  });
  return out;
}

}  // namespace mpsdscope::testing
