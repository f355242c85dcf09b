#include "decode/content_coding.h"

#include <cstring>
#include <vector>

#include <brotli/encode.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "decode/result.h"

namespace mpsdscope {
namespace {

std::string deflated(const std::string& text, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string gzip(const std::string& text) {
  return deflated(text, 31);
}
std::string brotli(const std::string& text) {
  std::string out(BrotliEncoderMaxCompressedSize(text.size()) + 16, '\0');
  std::size_t size = out.size();
  EXPECT_TRUE(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, text.size(),
                                    reinterpret_cast<const std::uint8_t*>(text.data()), &size,
                                    reinterpret_cast<std::uint8_t*>(out.data())));
  out.resize(size);
  return out;
}
std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

// An exact-size copy, so that a sanitizer sees a read past the end.
Result<std::string> decode(std::string_view codings, const std::string& body,
                           std::size_t cap = 1 << 20) {
  const std::vector<char> exact(body.begin(), body.end());
  DecodedContent decoded = decode_content(codings, {exact.data(), exact.size()}, cap);
  if (decoded.outcome == DecodedContent::Outcome::decoded) return std::move(decoded.body);
  return Error{decoded.reason};
}

const std::string kText = [] {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "{\"member\":" + std::to_string(i * 7919) + "}";
  return text;
}();

struct Coding {
  const char* name;
  std::string (*encode)(const std::string&);
};
const Coding kCodings[] = {
    {"gzip", gzip},
    {"X-GZip", gzip},
    {"deflate", [](const std::string& text) { return deflated(text, 15); }},
    {"deflate", [](const std::string& text) { return deflated(text, -15); }},
    {"br", brotli},
    {"zstd", zstd},
};

TEST(ContentCoding, DecodesEachCoding) {
  for (const Coding& coding : kCodings) {
    for (const std::string& text : {std::string(), std::string("x"), kText}) {
      const auto decoded = decode(coding.name, coding.encode(text));
      ASSERT_TRUE(decoded) << coding.name << ": " << decoded.error().message;
      EXPECT_EQ(*decoded, text) << coding.name;
    }
  }
}

TEST(ContentCoding, LeavesIdentityAlone) {
  EXPECT_EQ(*decode("identity", "abc"), "abc");
  EXPECT_EQ(*decode("", "abc"), "abc");
  EXPECT_EQ(*decode(" , ", "abc"), "abc");
}

TEST(ContentCoding, DecodesListsFromTheLastToTheFirst) {
  EXPECT_EQ(*decode("gzip, br", brotli(gzip(kText))), kText);
  EXPECT_EQ(*decode("zstd,identity,\tGZIP", gzip(zstd(kText))), kText);
  EXPECT_FALSE(decode("br, gzip", brotli(gzip(kText))));
  EXPECT_FALSE(decode("gzip,gzip,gzip,gzip,gzip", "x"));
}

TEST(ContentCoding, JoinsGzipMembers) {
  EXPECT_EQ(*decode("gzip", gzip("one ") + gzip("") + gzip("two")), "one two");
  EXPECT_EQ(*decode("gzip", gzip("one") + std::string(3, '\0')), "one");
  EXPECT_FALSE(decode("gzip", gzip("one") + "junk"));
  EXPECT_EQ(*decode("zstd", zstd("one ") + zstd("two")), "one two");
}

TEST(ContentCoding, RefusesCutAndDamagedData) {
  for (const Coding& coding : kCodings) {
    const std::string whole = coding.encode(kText);
    for (std::size_t n = 0; n < whole.size(); n += n < 40 || n + 40 > whole.size() ? 1 : 97) {
      EXPECT_FALSE(decode(coding.name, whole.substr(0, n))) << coding.name << " cut at " << n;
    }
    EXPECT_FALSE(decode(coding.name, "this is not compressed")) << coding.name;
  }
  std::string damaged = gzip(kText);
  damaged[damaged.size() - 6] = static_cast<char>(damaged[damaged.size() - 6] ^ 1);  // its checksum
  EXPECT_FALSE(decode("gzip", damaged));
}

TEST(ContentCoding, RefusesUnknownCodings) {
  const auto decoded = decode("gzip, compress", "x");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message, "unknown content coding \"compress\"");
}

TEST(ContentCoding, HoldsTheOutputCapExactly) {
  for (const Coding& coding : kCodings) {
    const std::string body = coding.encode(kText);
    EXPECT_TRUE(decode(coding.name, body, kText.size())) << coding.name;
    EXPECT_FALSE(decode(coding.name, body, kText.size() - 1)) << coding.name;
    EXPECT_FALSE(decode(coding.name, body, 0)) << coding.name;
  }
  EXPECT_FALSE(decode("identity", "abc", 2));
}

TEST(ContentCoding, StopsABombAtTheCap) {
  const std::string zeros(std::size_t{32} << 20, '\0');
  for (const Coding& coding : kCodings) {
    const auto decoded = decode(coding.name, coding.encode(zeros), 100'000);
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().message.find("limit of 100000"), std::string::npos) << coding.name;
  }
}

TEST(ContentCoding, TellsDamagedFromTooLargeAndWhatItCost) {
  using Outcome = DecodedContent::Outcome;
  const std::string zeros(std::size_t{1} << 20, '\0');
  for (const Coding& coding : kCodings) {
    const std::string bomb = coding.encode(zeros);
    const DecodedContent large = decode_content(coding.name, bomb, 100'000);
    EXPECT_EQ(large.outcome, Outcome::over_limit) << coding.name;
    EXPECT_EQ(large.produced, 100'001u) << coding.name;
    EXPECT_EQ(decode_content(coding.name, bomb, zeros.size()).produced, zeros.size());
    EXPECT_EQ(decode_content(coding.name, bomb.substr(0, bomb.size() / 2), zeros.size()).outcome,
              Outcome::failed);
  }
  EXPECT_EQ(decode_content("gzip, gzip", gzip(gzip(zeros)), zeros.size()).produced,
            zeros.size() + gzip(zeros).size());
}

}  // namespace
}  // namespace mpsdscope
