#include "tools/escape.h"

#include <random>
#include <string>

#include <gtest/gtest.h>
#include <simdjson.h>

#include "tools/text_width.h"
#include "tools/utf8.h"

namespace mpsdscope {
namespace {

struct Case {
  std::string in;
  std::string out;
};

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(AppendPrintable, EscapesWhatATerminalWouldAct) {
  const std::vector<Case> cases{
      {"plain text ~!", "plain text ~!"},
      {"\x1b[31mred\x1b[0m", "\\u{001b}[31mred\\u{001b}[0m"},
      {"a\nb\rc\td", "a\\nb\\rc\\td"},
      {std::string("nul\0byte", 8), "nul\\u{0000}byte"},
      {"del\x7f", "del\\u{007f}"},
      {"c1 \xC2\x9B"
       "31m",
       "c1 \\u{009b}31m"},  // CSI as one character
      {"\xE2\x80\xAE"
       "evil",
       "\\u{202e}evil"},                                     // right-to-left override
      {"\xE2\x81\xA6x\xE2\x81\xA9", "\\u{2066}x\\u{2069}"},  // isolates
      {"zero\xE2\x80\x8Bwidth", "zero\\u{200b}width"},
      {"\xF3\xA0\x80\x81", "\\u{0e0001}"},  // a tag character
      {"e\xCC\x81", "e\\u{0301}"},          // combining: would take no column
      {"caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87", "caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87"},
      {"back\\slash", "back\\\\slash"},
      {"\"quoted\"", "\"quoted\""},
      {"bad \xff\xC0\xAF\xED\xA0\x80",
       "bad \\xff\\xc0\\xaf\\xed\\xa0\\x80"},  // overlong, surrogate
      {"cut \xE4\xB8", "cut \\xe4\\xb8"},
  };
  for (const Case& one : cases) EXPECT_EQ(printable(one.in), one.out);
}

TEST(AppendJsonString, EscapesToOneValidLine) {
  const std::vector<Case> cases{
      {"", "\"\""},
      {"plain", "\"plain\""},
      {"a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
      {"\n\r\t\b", "\"\\n\\r\\t\\u0008\""},
      {std::string("\0", 1), "\"\\u0000\""},
      {"\x7f\xC2\x85", "\"\\u007f\\u0085\""},
      {"\xE2\x80\xAE\xE2\x80\xA8", "\"\\u202e\\u2028\""},
      {"\xF3\xA0\x81\x81", "\"\\udb40\\udc41\""},
      {"\xC3\xA9\xF0\x9F\x98\x80", "\"\xC3\xA9\xF0\x9F\x98\x80\""},
      {"x\xff\xC0\xAFy", "\"x\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDy\""},
  };
  for (const Case& one : cases) EXPECT_EQ(json(one.in), one.out);
}

// What JSON says must be what came in, but for bytes that are not UTF-8.
std::string with_replacements(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint code = code_point_at(text, at);
    out += code.valid ? std::string(text.substr(at, code.length)) : "\xEF\xBF\xBD";
    at += code.length;
  }
  return out;
}

std::string random_text(std::mt19937& random) {
  std::string text(random() % 40, ' ');
  for (char& c : text) {
    // Many ASCII characters, so that runs of eight occur, among bytes of every kind.
    c = static_cast<char>(random() % 4 != 0 ? 0x20 + random() % 0x60 : random() % 256);
  }
  return text;
}

TEST(AppendJsonString, AnyBytesComeBackThroughAParser) {
  std::mt19937 random(20261123);
  simdjson::dom::parser parser;
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_text(random);
    const std::string written = json(text);
    for (const char c : written) ASSERT_GE(static_cast<unsigned char>(c), 0x20);
    std::string_view read;
    ASSERT_EQ(parser.parse(simdjson::padded_string(written)).get(read), simdjson::SUCCESS)
        << written;
    ASSERT_EQ(read, with_replacements(text));
  }
}

TEST(AppendPrintable, AnyBytesBecomeCharactersThatTakeColumns) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = printable(random_text(random));
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint code = code_point_at(text, at);
      ASSERT_TRUE(code.valid);
      ASSERT_FALSE(is_invisible_control(code.value));
      ASSERT_GE(columns_of(code.value), 1);
      at += code.length;
    }
  }
}

TEST(CodePointAt, EveryCodePointRoundTrips) {
  for (char32_t code = 0; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 61) {
    std::string bytes;
    if (code < 0x80) {
      bytes = {static_cast<char>(code)};
    } else if (code < 0x800) {
      bytes = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
      bytes = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
               static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      bytes = {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
               static_cast<char>(0x80 | (code >> 6 & 0x3F)),
               static_cast<char>(0x80 | (code & 0x3F))};
    }
    const CodePoint read = code_point_at(bytes, 0);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    ASSERT_EQ(read.valid, !surrogate) << std::hex << static_cast<std::uint32_t>(code);
    if (!surrogate) {
      ASSERT_EQ(read.value, code);
    }
    // Cut short, it is not a character.
    if (bytes.size() > 1) {
      ASSERT_FALSE(code_point_at(bytes.substr(0, bytes.size() - 1), 0).valid);
    }
  }
}

}  // namespace
}  // namespace mpsdscope
