#include "tools/filter/filter_terms.h"
#include "tools/text_width.h"

namespace mpsdscope {

std::string filter_help() {
  constexpr std::size_t kWidth = 100;
  constexpr std::size_t kMeaning = 24;
  std::string text =
      "A filter chooses which records are listed. It never changes what is counted: tables and\n"
      "summaries are of everything.\n"
      "\n"
      "  mpsdscope tail --filter 'row:429 and not user:2814646326226712' play.jsonl\n"
      "  mpsdscope replay --filter 'severity>=warning or elapsed>500ms' play.pcapng\n"
      "\n"
      "Terms:\n";
  for (const FilterTerm& term : filter_terms()) {
    std::string line = "  ";
    append_left(line, term.example, kMeaning - 3);
    line += ' ';
    bool first = true;
    for (const std::string& piece : wrap_words(term.meaning, kWidth - kMeaning)) {
      text += first ? line : std::string(kMeaning, ' ');
      text += piece + "\n";
      first = false;
    }
  }
  text +=
      "\n"
      "Where nothing else is said, ':' means \"contains\" and '=' \"is\", both without regard to "
      "case;\n"
      "'*' in a word stands for anything, and then the whole text must match. status, severity,\n"
      "elapsed, retry-after and conn also take < <= > >=.\n"
      "\n"
      "  word                  anywhere in the record: names, URI, users, rules, messages, advice\n"
      "  \"two words\"           the same with spaces, parentheses or words such as and; \\\" is a "
      "quote\n"
      "  /members\\/(me|\\d+)/   a regular expression (RE2), anywhere; /…/i without regard to "
      "case.\n"
      "                        Behind ':' or '=' too: user:/^28\\d+/\n"
      "\n"
      "Together: and (may be left out), or, not, parentheses. not binds most, or least.\n"
      "A record that does not have what a term asks about does not match it, so `not user:7` also\n"
      "lists records without a user. Bodies and header fields are not searched.\n";
  return text;
}

}  // namespace mpsdscope
