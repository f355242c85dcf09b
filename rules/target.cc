#include "rules/target.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "decode/ascii.h"
#include "decode/byte_find.h"
#include "decode/exchange.h"
#include "decode/recycle.h"

namespace mpsdscope {
namespace {

struct TargetInfo {
  TargetKind kind;
  std::string_view name;
  std::string_view methods;
};

constexpr std::array<TargetInfo, static_cast<std::size_t>(TargetKind::count_)> kTargets{{
    {TargetKind::unknown, "unknown", ""},
    {TargetKind::session, "session", "GET PUT"},
    {TargetKind::element, "element", "GET PUT DELETE"},
    {TargetKind::session_by_handle, "session-by-handle", "GET PUT"},
    {TargetKind::element_by_handle, "element-by-handle", "GET PUT"},
    {TargetKind::handles, "handles", "POST"},
    {TargetKind::handle, "handle", "GET DELETE"},
    {TargetKind::handle_query, "handle-query", "POST"},
    {TargetKind::session_query, "session-query", "GET"},
    {TargetKind::batch_query, "batch-query", "POST"},
    {TargetKind::templates, "templates", "GET"},
}};

const TargetInfo& info_of(TargetKind kind) {
  return kTargets[static_cast<std::size_t>(kind)];
}

// Of a text that is still encoded: never shorter than what it stands for.
bool is(std::string_view text, std::string_view word) {
  if (text.size() <= word.size()) return equals_ignoring_case(text, word);
  return text.find('%') != std::string_view::npos &&
         equals_ignoring_case(percent_decode(text), word);
}

// What ends a segment or a path, or begins an escape.
struct IsMark {
  ByteBlock operator()(ByteBlock bytes) const {
    return (bytes == '/') | (bytes == '?') | (bytes == '#') | (bytes == '%');
  }
};

// The segments of a path, and behind the first of an element whatever follows. No path of the
// service needs more before its element begins.
struct Segments {
  static constexpr std::size_t kMost = 8;
  std::array<std::string_view, kMost> at{};
  std::size_t count = 0;
  std::string_view target;  // that begins with the path
  std::size_t end = 0;      // of the last segment
  std::size_t size = 0;     // of the path, with slashes behind it
  bool valid = false;       // begins with one slash, no empty segment
  bool encoded = false;     // may hold escapes; hardly any does

  bool is(std::size_t i, std::string_view word) const {
    return encoded ? mpsdscope::is(at[i], word) : equals_ignoring_case(at[i], word);
  }
  void decode(std::size_t i, std::string& out) const {
    encoded ? percent_decode_into(out, at[i]) : overwrite(out, at[i]);
  }

  // The path from segment i on.
  std::string_view from(std::size_t i) const {
    const auto begin = static_cast<std::size_t>(at[i].data() - target.data());
    return target.substr(begin, end - begin);
  }

  // From `begin` to `behind`, if there is anything.
  void add(std::size_t begin, std::size_t behind) {
    if (begin == behind) return;
    if (begin != end + 1) valid = false;  // there was nothing between two slashes
    if (count < kMost) at[count++] = target.substr(begin, behind - begin);
    end = behind;
  }
};

// Of the path that a target begins with.
Segments split(std::string_view target) {
  Segments segments;
  segments.target = target;
  segments.valid = !target.empty() && target[0] == '/';
  std::size_t begin = 0;
  EachEnd<IsMark> marks(target);
  std::size_t at = marks.next();
  for (; at < target.size() && (target[at] == '/' || target[at] == '%'); at = marks.next()) {
    if (target[at] == '%') {
      segments.encoded = true;
    } else {
      segments.add(begin, at);
      begin = at + 1;
    }
  }
  segments.add(begin, at);
  segments.size = at;
  segments.valid = segments.valid && segments.count > 0;
  return segments;
}

bool is_member(std::string_view segment) {
  const std::string decoded = percent_decode(segment);
  const std::string_view name = decoded;
  constexpr std::string_view kReserve = "reserve_";
  return all_digits(name) || equals_ignoring_case(name, "me") ||
         (equals_ignoring_case(name.substr(0, kReserve.size()), kReserve) &&
          all_digits(name.substr(kReserve.size())));
}

// Do the segments from i on address an element of a session?
bool is_element(const Segments& segments, std::size_t i) {
  if (segments.is(i, "properties") || segments.is(i, "constants")) return true;
  const bool more = i + 1 < segments.count;
  if (segments.is(i, "members")) return more && is_member(segments.at[i + 1]);
  return segments.is(i, "servers") && more;
}

bool by_handle(TargetKind kind) {
  return kind == TargetKind::handle || kind == TargetKind::session_by_handle ||
         kind == TargetKind::element_by_handle;
}

// The rest of a path from segment i on, which follows a session: nothing or an element. Else the
// kind stays as it is.
void read_element(const Segments& segments, std::size_t i, TargetKind session, TargetKind element,
                  Target& target) {
  if (segments.count == i) {
    target.kind = session;
  } else if (is_element(segments, i)) {
    target.kind = element;
    percent_decode_into(target.element, segments.from(i));
  }
}

// /handles…
void read_handles(const Segments& segments, Target& target) {
  if (segments.count == 1) {
    target.kind = TargetKind::handles;
  } else if (segments.count == 2) {
    target.kind = segments.is(1, "query") ? TargetKind::handle_query : TargetKind::handle;
  } else if (segments.is(2, "session")) {
    read_element(segments, 3, TargetKind::session_by_handle, TargetKind::element_by_handle, target);
  }
  if (by_handle(target.kind)) segments.decode(1, target.handle);
}

// …/sessions and …/batch at the end of SC or ST; `i` is their segment.
void read_query(const Segments& segments, std::size_t i, Target& target) {
  if (segments.count != i + 1) return;
  if (segments.is(i, "sessions")) target.kind = TargetKind::session_query;
  if (segments.is(i, "batch")) target.kind = TargetKind::batch_query;
}

// /serviceconfigs… : what the path names is set even if its end is of no kind.
void read_service_config(const Segments& segments, Target& target) {
  if (segments.count < 2) return;
  segments.decode(1, target.scid);
  if (segments.count < 3) return;
  if (!segments.is(2, "sessiontemplates")) return read_query(segments, 2, target);
  if (segments.count > 3) segments.decode(3, target.template_name);
  if (segments.count <= 4) {
    target.kind = TargetKind::templates;
  } else if (segments.count == 5) {
    read_query(segments, 4, target);
  } else if (segments.is(4, "sessions")) {
    segments.decode(5, target.session);
    read_element(segments, 6, TargetKind::session, TargetKind::element, target);
  }
}

void read_path(const Segments& segments, Target& target) {
  if (!segments.valid) return;
  if (segments.is(0, "handles")) {
    read_handles(segments, target);
  } else if (segments.is(0, "serviceconfigs")) {
    read_service_config(segments, target);
  }
}

bool asks_nocommit(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (is(pair.substr(0, equals), "nocommit") && equals < pair.size() &&
        is(pair.substr(equals + 1), "true")) {
      return true;
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return false;
}

// The path and query of an absolute-form target; the target itself if it is in origin form.
std::string_view origin_form(std::string_view request_target) {
  if (!request_target.empty() && request_target[0] == '/') return request_target;
  const std::size_t scheme = request_target.find("://");
  if (scheme == std::string_view::npos) return {};
  request_target.remove_prefix(scheme + 3);
  const auto path = std::find_if(request_target.begin(), request_target.end(),
                                 [](char c) { return c == '/' || c == '?' || c == '#'; });
  return request_target.substr(static_cast<std::size_t>(path - request_target.begin()));
}

}  // namespace

std::string_view name_of(TargetKind kind) {
  return info_of(kind).name;
}
std::string_view methods_of(TargetKind kind) {
  return info_of(kind).methods;
}

bool supports(TargetKind kind, std::string_view method) {
  std::string_view methods = methods_of(kind);
  while (!methods.empty() && !method.empty()) {
    const std::size_t end = std::min(methods.find(' '), methods.size());
    if (methods.substr(0, end) == method) return true;
    methods.remove_prefix(std::min(end + 1, methods.size()));
  }
  return false;
}

bool Target::answers_session() const {
  return kind == TargetKind::session || kind == TargetKind::session_by_handle;
}

bool Target::within_session() const {
  return answers_session() || kind == TargetKind::element || kind == TargetKind::element_by_handle;
}

void Target::clear() {
  kind = TargetKind::unknown;
  for (std::string* text : {&scid, &template_name, &session, &element, &handle}) recycle(*text);
  nocommit = false;
}

Target parse_target(std::string_view request_target) {
  Target target;
  parse_target_into(target, request_target);
  return target;
}

void parse_target_into(Target& target, std::string_view request_target) {
  const std::string_view origin = origin_form(request_target);
  const Segments segments = split(origin);
  read_path(segments, target);
  std::string_view query = origin.substr(segments.size);
  query = query.substr(0, query.find('#'));
  target.nocommit = query.size() > 1 && asks_nocommit(query.substr(1));
}

}  // namespace mpsdscope
