#include "tools/cmd_rules.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>

#include <unistd.h>

#include "tools/diagnostics.h"
#include "tools/json_writer.h"
#include "tools/parse_value.h"
#include "tools/print.h"
#include "tools/table.h"
#include "tools/text_sink.h"
#include "tools/text_width.h"

namespace mpsdscope {
namespace {

constexpr std::size_t kPageWidth = 100;  // without a terminal, and at most for running text
constexpr std::string_view kUnlisted =
    "The status of the response is not in the table: see the rule status-unlisted.";
constexpr std::size_t kLeastColumn = 30;  // of the last column, before it moves beneath

std::string_view words_of(BodyDemand demand) {
  switch (demand) {
    case BodyDemand::none:
      return "none";
    case BodyDemand::message:
      return "message";
    case BodyDemand::session:
      return "session";
    case BodyDemand::unspecified:
      break;
  }
  return "";
}

std::string_view words_of(Side side) {
  return side == Side::service ? "service" : "title";
}

std::string_view or_dash(std::string_view text) {
  return text.empty() ? "-" : text;
}

// Texts in columns of fixed width; the last one takes the rest and wraps, or, where there is little
// rest, stands beneath.
class Listing {
 public:
  Listing(std::string& out, const PrettyOptions& options, std::vector<std::size_t> widths)
      : out_(out), paint_(options.colour), width_(options.width), widths_(std::move(widths)) {
    for (const std::size_t width : widths_) begin_ += width + 2;
    beneath_ = begin_ + kLeastColumn > width_;
  }

  void line(const std::vector<Cell>& cells, std::string_view last, Style last_style) {
    std::string cell_text;
    std::size_t pending = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      out_.append(pending, ' ');
      paint_.append(out_, cells[i].style, cells[i].text);
      pending = widths_[i] + 2 - std::min(widths_[i] + 2, columns_of(cells[i].text));
    }
    const std::size_t indent = beneath_ ? 4 : begin_;
    const auto lines = wrap_words(last, width_ - std::min(width_ - 1, indent));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i > 0 || beneath_) {
        out_ += '\n';
        out_.append(indent, ' ');
      } else {
        out_.append(pending, ' ');
      }
      paint_.append(out_, last_style, lines[i]);
    }
    out_ += '\n';
  }

 private:
  std::string& out_;
  Paint paint_;
  std::size_t width_;
  std::vector<std::size_t> widths_;
  std::size_t begin_ = 0;
  bool beneath_ = false;
};

void append_status_table(std::string& out, const PrettyOptions& options) {
  const Paint paint(options.colour);
  paint.append(out, Style::bold, "Status table of the Multiplayer Session Directory");
  out += "\n\n";
  Listing listing(out, options, {11, 6, 19, 16, 7});
  const Style dim = Style::dim;
  listing.line(
      {{"ROW", dim}, {"STATUS", dim}, {"REASON", dim}, {"CONTENT-TYPE", dim}, {"BODY", dim}},
      "MEANING", dim);
  for (const StatusRow& row : kStatusTable) {
    listing.line({{std::string(row.id), Style::bold},
                  {std::to_string(row.status)},
                  {std::string(row.reason)},
                  {std::string(or_dash(row.media_type))},
                  {std::string(or_dash(words_of(row.body)))}},
                 row.meaning, Style::plain);
  }
}

void append_rules_of(std::string& out, const PrettyOptions& options, Side side,
                     std::string_view heading) {
  const Paint paint(options.colour);
  out += '\n';
  paint.append(out, Style::bold, heading);
  out += "\n\n";
  std::size_t widest = 2;
  for (const RuleInfo& rule : rule_table()) widest = std::max(widest, rule.id.size());
  Listing listing(out, options, {widest, 8});
  const Style dim = Style::dim;
  listing.line({{"ID", dim}, {"SEVERITY", dim}}, "FIRES WHEN [SOURCE]", dim);
  for (const RuleInfo& rule : rule_table()) {
    if (rule.side != side) continue;
    listing.line({{std::string(rule.id), Style::bold},
                  {std::string(name_of(rule.severity)), style_of(rule.severity)}},
                 std::string(rule.title) + " [" + std::string(rule.source) + "]", Style::plain);
  }
}

void append_field(std::string& out, const PrettyOptions& options, std::string_view label,
                  std::string_view text) {
  constexpr std::size_t kLabel = 14;
  const Paint paint(options.colour);
  const std::size_t width = std::min(options.width, kPageWidth);
  const auto lines = wrap_words(text, width - std::min(width - 1, kLabel));
  std::string begin;
  append_left(begin, label, kLabel);
  paint.append(out, Style::dim, begin);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0) out.append(kLabel, ' ');
    out.append(lines[i]).append("\n");
  }
}

std::optional<Variant204> find_variant(std::string_view name) {
  for (std::size_t i = 1; i < kVariants204; ++i) {
    const auto variant = static_cast<Variant204>(i);
    if (name_of(variant) == name) return variant;
  }
  return std::nullopt;
}

void append_row(std::string& out, const PrettyOptions& options, const StatusRow& row) {
  Paint(options.colour).append(out, Style::bold, row.id);
  out += '\n';
  append_field(out, options, "status", std::to_string(row.status) + " " + std::string(row.reason));
  append_field(out, options, "Content-Type", or_dash(row.media_type));
  append_field(out, options, "body", or_dash(words_of(row.body)));
  append_field(out, options, "meaning", row.meaning);
  if (row.row == Row::r204) {
    for (std::size_t i = 1; i < kVariants204; ++i) {
      const auto variant = static_cast<Variant204>(i);
      append_field(out, options, i == 1 ? "variants" : "",
                   std::string(name_of(variant)) + ": " + std::string(meaning_of(variant)));
    }
  }
  append_field(out, options, "source", "the service's status table");
}

std::vector<std::string_view> all_ids() {
  std::vector<std::string_view> ids;
  for (const RuleInfo& rule : rule_table()) ids.push_back(rule.id);
  for (const StatusRow& row : kStatusTable) ids.push_back(row.id);
  return ids;
}

void append_json_row(std::string& out, const StatusRow& row) {
  JsonWriter json(out);
  json.begin_object();
  json.word("type", "row");
  json.text("id", row.id);
  json.number("status", row.status);
  json.text("reason", row.reason);
  if (!row.media_type.empty()) json.text("media_type", row.media_type);
  if (row.body != BodyDemand::unspecified) json.word("body", words_of(row.body));
  json.text("meaning", row.meaning);
  json.end_object();
  json.line_end();
}

// Of what is neither a row nor a rule, but stands in the column ROW.
void append_json_meaning(std::string& out, std::string_view id, std::string_view meaning) {
  JsonWriter json(out);
  json.begin_object();
  json.word("type", "row");
  json.text("id", id);
  json.text("meaning", meaning);
  json.end_object();
  json.line_end();
}

void append_json_rule(std::string& out, const RuleInfo& rule) {
  JsonWriter json(out);
  json.begin_object();
  json.word("type", "rule");
  json.text("id", rule.id);
  json.word("severity", name_of(rule.severity));
  json.word("side", words_of(rule.side));
  json.text("title", rule.title);
  json.text("explanation", rule.explanation);
  json.text("source", rule.source);
  json.end_object();
  json.line_end();
}

}  // namespace

void append_rule_listing(std::string& out, const PrettyOptions& options) {
  append_status_table(out, options);
  append_rules_of(out, options, Side::service, "Rules: the service's side");
  append_rules_of(out, options, Side::title, "Rules: the title's side");
}

void append_rules_jsonl(std::string& out, std::string_view id) {
  for (const StatusRow& row : kStatusTable) {
    if (id.empty() || row.id == id) append_json_row(out, row);
  }
  for (const RuleInfo& rule : rule_table()) {
    if (id.empty() || rule.id == id) append_json_rule(out, rule);
  }
  if (const auto variant = find_variant(id)) append_json_meaning(out, id, meaning_of(*variant));
  if (id == id_of(Row::unlisted)) append_json_meaning(out, id, kUnlisted);
}

bool append_explanation(std::string& out, const PrettyOptions& options, std::string_view id) {
  const Paint paint(options.colour);
  if (const RuleInfo* rule = find_rule(id)) {
    paint.append(out, Style::bold, rule->id);
    out += '\n';
    append_field(out, options, "fires when", rule->title);
    append_field(out, options, "severity", name_of(rule->severity));
    append_field(out, options, "side", words_of(rule->side));
    append_field(out, options, "explanation", rule->explanation);
    append_field(out, options, "source", rule->source);
    append_field(out, options, "change it",
                 "--severity " + std::string(rule->id) + "=off|info|warning|error");
    return true;
  }
  if (const StatusRow* row = find_status_row(id)) {
    append_row(out, options, *row);
    return true;
  }
  // What the column ROW also says: what a 204 means, and that there is no row.
  if (const auto variant = find_variant(id)) {
    paint.append(out, Style::bold, id);
    out += '\n';
    append_field(out, options, "row", "204, where it means this");
    append_field(out, options, "meaning", meaning_of(*variant));
    append_field(out, options, "source", "the service's status table");
    return true;
  }
  if (id == id_of(Row::unlisted)) {
    paint.append(out, Style::bold, id);
    out += '\n';
    append_field(out, options, "meaning", kUnlisted);
    return true;
  }
  return false;
}

int cmd_rules(const RulesOptions& options) {
  PrettyOptions pretty;
  pretty.wrap = true;
  pretty.colour = wants_colour(options.output.colour, STDOUT_FILENO);
  pretty.width =
      options.output.width > 0 ? options.output.width : terminal_width(STDOUT_FILENO, kPageWidth);
  std::string out;
  bool known = true;
  if (options.output.format == Format::jsonl) {
    append_rules_jsonl(out, options.id);
    known = !out.empty();
  } else if (options.id.empty()) {
    append_rule_listing(out, pretty);
  } else {
    known = append_explanation(out, pretty, options.id);
  }
  if (!known) {
    report_error(unknown_name("rule or row", options.id, all_ids()));
    return exit_code::kUsage;
  }
  return print_to_stdout(out);
}

}  // namespace mpsdscope
