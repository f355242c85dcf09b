// Prometheus' text format 0.0.4: families of samples, as text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace mpsdscope {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricKind : std::uint8_t { counter, gauge, histogram, summary };

class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;  // the value in UTF-8, not escaped

  // Names without the prefix "mpsdscope_". Samples of the family follow until the next one; `help`
  // is one line.
  void begin_family(std::string_view name, MetricKind kind, std::string_view help);
  // `suffix` of the family's name: "", or "_bucket", "_sum", "_count".
  void add(std::string_view suffix, std::initializer_list<Label> labels, std::uint64_t value);
  void add(std::string_view suffix, std::initializer_list<Label> labels, double value);

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(std::string_view suffix, std::initializer_list<Label> labels);

  std::string text_;
  std::string name_;  // of the family
};

}  // namespace mpsdscope
