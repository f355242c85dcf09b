// What a filter can ask of a record: every term with its operators, values and meaning.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "decode/result.h"
#include "tools/filter/filter.h"

namespace mpsdscope {

using RecordTest = std::function<bool(const Record&)>;

enum class FilterOperator : std::uint8_t { has, is, less, at_most, more, at_least };

struct FilterValue {
  enum class Form : std::uint8_t { word, quoted, expression };
  Form form = Form::word;
  std::string text;
  bool ignoring_case = false;  // of an expression
};

struct FilterTerm;

struct TermUse {
  const FilterTerm& term;
  FilterOperator op;
  const FilterValue& value;
};

struct FilterTerm {
  std::string_view name;
  bool ordered;  // takes < <= > >= too
  std::string_view example;
  std::string_view meaning;
  Result<RecordTest> (*compile)(const TermUse& use);
};

std::span<const FilterTerm> filter_terms();
// nullptr if there is none. `name` in any case.
const FilterTerm* find_filter_term(std::string_view name);

// A value without a term: anywhere in the record.
Result<RecordTest> compile_free_text(const FilterValue& value);

// What `mpsdscope help filters` prints.
std::string filter_help();

}  // namespace mpsdscope
