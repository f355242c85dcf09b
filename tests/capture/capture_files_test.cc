#include "capture/capture_files.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "capture/file_descriptor.h"
#include "tests/capture/temporary_folder.h"
#include "tests/decode/testing/capture_bytes.h"
#include "tests/decode/testing/parse_capture.h"

namespace mpsdscope {
namespace {

using testing::at;
using testing::Blob;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::operator+;
using testing::owned;
using testing::OwnedPacket;
using testing::PcapFile;
using testing::PcapngFile;
using testing::secret_line;
using testing::TemporaryFolder;

Blob gzip(const Blob& bytes) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Blob out(::deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

Blob zstd(const Blob& bytes) {
  Blob out(::ZSTD_compressBound(bytes.size()));
  out.resize(::ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

struct Read {
  std::string error;
  std::vector<OwnedPacket> packets;
  std::vector<std::size_t> batches;
  std::vector<std::string> problems;
  std::size_t secrets = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_total = 0;
};

Read read_files(const std::vector<std::string>& paths) {
  Read read;
  KeyLog keys;
  auto source = open_capture_files(paths, keys);
  read.secrets = keys.size();
  if (!source) {
    read.error = source.error().message;
    return read;
  }
  // Two batches are kept at a time, so that memory that is used again too early shows.
  PacketBatch batch;
  PacketBatch before;
  while ((*source)->next(batch) == PacketSource::Status::batch) {
    EXPECT_FALSE(batch.packets.empty());
    read.batches.push_back(batch.packets.size());
    for (const Packet& packet : before.packets) read.packets.push_back(owned(packet));
    before = std::move(batch);
    batch = {};
  }
  for (const Packet& packet : before.packets) read.packets.push_back(owned(packet));
  EXPECT_EQ((*source)->next(batch), PacketSource::Status::end);
  read.problems = (*source)->problems();
  read.bytes_read = (*source)->bytes_read();
  read.bytes_total = (*source)->bytes_total();
  return read;
}

// Runs `action` with `bytes` on standard input: as a pipe, or as a file from `skip` on.
template <class Action>
auto with_stdin(const Blob& bytes, bool pipe, Action action, off_t skip = 0) {
  const FileDescriptor saved(::dup(STDIN_FILENO));
  std::thread writer;
  const TemporaryFolder folder;
  if (pipe) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    writer = std::thread([&bytes, end = ends[1]] {
      // In uneven pieces, as pipes deliver them.
      for (std::size_t done = 0; done < bytes.size();) {
        const std::size_t piece = std::min<std::size_t>(bytes.size() - done, done % 7'001 + 1);
        const ssize_t written = ::write(end, bytes.data() + done, piece);
        if (written <= 0) break;
        done += static_cast<std::size_t>(written);
      }
      ::close(end);
    });
  } else {
    const int file = ::open(folder.write("stdin", bytes).c_str(), O_RDONLY);
    ::lseek(file, skip, SEEK_SET);
    ::dup2(file, STDIN_FILENO);
    ::close(file);
  }
  auto result = action();
  if (pipe) writer.join();
  ::dup2(saved.get(), STDIN_FILENO);
  return result;
}

Read read_stdin(const Blob& bytes, bool pipe) {
  return with_stdin(bytes, pipe, [] { return read_files({"-"}); });
}

PcapFile some_pcap() {
  PcapFile file;
  for (std::uint8_t i = 0; i < 5; ++i) file.add(Blob(10U + i, i), 100U + i, i);
  return file;
}
PcapngFile some_pcapng() {
  PcapngFile file;
  file.interface(1).packet(Blob{1, 2, 3}, 1'000'000);
  file.interface(101).packet(Blob{4, 5}, 1'000'001, 1).secrets(secret_line(7));
  return file;
}

TEST(CaptureFiles, TheSamePacketsHoweverTheFileIsStoredAndGiven) {
  const TemporaryFolder folder;
  for (const Blob& plain : {some_pcap().bytes, some_pcapng().bytes}) {
    const Read expected = read_files({folder.write("plain", plain)});
    ASSERT_EQ(expected.error, "");
    const bool pcapng = plain[0] == 0x0a;
    ASSERT_EQ(expected.packets.size(), pcapng ? 2U : 5U);
    EXPECT_EQ(expected.secrets, pcapng ? 1U : 0U);
    EXPECT_EQ(expected.bytes_total, plain.size());
    EXPECT_EQ(expected.bytes_read, plain.size());
    const Blob front(plain.begin(), plain.begin() + 70);
    const Blob back(plain.begin() + 70, plain.end());
    const Blob skippable{0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
    for (const Blob& stored :
         {plain, gzip(plain), gzip(front) + gzip(back), gzip(front) + gzip({}) + gzip(back),
          gzip(plain) + Blob(512), zstd(plain), zstd(front) + zstd(back),
          zstd(front) + zstd({}) + zstd(back), skippable + zstd(plain) + skippable}) {
      for (const int way : {0, 1, 2}) {
        const Read read =
            way == 0 ? read_files({folder.write("stored", stored)}) : read_stdin(stored, way == 1);
        EXPECT_EQ(read.error, "");
        EXPECT_EQ(read.packets, expected.packets) << way;
        EXPECT_EQ(read.secrets, expected.secrets);
        EXPECT_THAT(read.problems, IsEmpty());
        if (way != 1) {
          EXPECT_EQ(read.bytes_total, stored.size());
          EXPECT_EQ(read.bytes_read, stored.size());
        }
      }
    }
  }
}

TEST(CaptureFiles, StandardInputIsReadFromWhereItStands) {
  const Blob bytes = testing::blob("a line before\n") + some_pcapng().bytes;
  const Read read = with_stdin(
      bytes, false, [] { return read_files({"-"}); }, 14);
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.secrets, 1U);
  EXPECT_EQ(read.bytes_total, bytes.size() - 14);
}

TEST(CaptureFiles, ANamedPipeIsReadLikeStandardInput) {
  const TemporaryFolder folder;
  const std::string path = folder.path("pipe");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Blob bytes = some_pcapng().bytes;
  std::thread writer([&] { folder.write("pipe", bytes); });
  const Read read = read_files({path});
  writer.join();
  EXPECT_EQ(read.packets.size(), 2U);
  EXPECT_EQ(read.secrets, 1U);
}

TEST(CaptureFiles, SecretsAfterThePacketsAreKnownBeforeTheFirst) {
  const TemporaryFolder folder;
  PcapngFile file;
  file.interface(1);
  for (int i = 0; i < 3000; ++i) file.packet(Blob(200U + static_cast<unsigned>(i) % 9), 1);
  std::string many;
  for (unsigned i = 0; i < 256; ++i) many += secret_line(i);
  file.secrets(many);
  const std::string a = folder.write("a.pcapng", file.bytes);
  const std::string b = folder.write("b.pcapng.zst", zstd(file.bytes));
  EXPECT_EQ(read_files({a}).secrets, 256U);
  EXPECT_EQ(read_files({b}).secrets, 256U);
  EXPECT_EQ(read_files({b, a}).packets.size(), 6000U);
}

// A secrets block whose text fills a good part of a scan window lies across any window's end.
TEST(CaptureFiles, SecretsAcrossTheWindowsOfTheWalk) {
  const TemporaryFolder folder;
  for (const std::size_t before : {65'000U, 65'400U, 65'500U, 65'536U, 131'000U}) {
    PcapngFile file;
    file.interface(1).packet(Blob(before), 1).secrets(secret_line(1) + secret_line(2));
    file.packet(Blob(10), 2).secrets(secret_line(3));
    EXPECT_EQ(read_files({folder.write("x", file.bytes)}).secrets, 3U) << before;
    EXPECT_EQ(read_files({folder.write("x", gzip(file.bytes))}).secrets, 3U) << before;
  }
}

TEST(CaptureFiles, CutAtEveryByteIsAPrefixAndAProblem) {
  const TemporaryFolder folder;
  const auto is_prefix = [](const Read& read, const Read& whole) {
    return read.packets.size() <= whole.packets.size() &&
           std::equal(read.packets.begin(), read.packets.end(), whole.packets.begin());
  };
  for (const Blob& plain : {some_pcap().bytes, some_pcapng().bytes}) {
    const Read whole = read_files({folder.write("whole", plain)});
    for (const auto& store : std::vector<std::function<Blob(const Blob&)>>{
             [](const Blob& b) { return b; }, gzip, zstd}) {
      const Blob stored = store(plain);
      for (std::size_t length = 0; length < stored.size(); ++length) {
        const Blob cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(length));
        for (const int way : {0, 1, 2}) {
          if (way == 2 && length % 16 != 0) continue;
          const Read read =
              way == 0 ? read_files({folder.write("cut", cut)}) : read_stdin(cut, way == 1);
          ASSERT_TRUE(is_prefix(read, whole)) << length;
          ASSERT_TRUE(read.error.empty() || read.packets.empty());
          ASSERT_LE(read.problems.size(), 1U);
          // A plain file may end cleanly behind a packet; compressed data never ends early.
          if (stored != plain && read.error.empty()) {
            ASSERT_EQ(read.problems.size(), 1U) << length;
          }
        }
      }
    }
  }
}

TEST(CaptureFiles, ProblemsSayFilePlaceAndWhatWasRead) {
  const TemporaryFolder folder;
  const Blob pcap = some_pcap().bytes;
  const auto problems = [&](const std::string& name, const Blob& bytes) {
    return read_files({folder.write(name, bytes)}).problems;
  };
  const std::size_t fourth = 24 + 3 * 16 + 10 + 11 + 12;
  EXPECT_THAT(
      problems("a", Blob(pcap.begin(), pcap.end() - 35)),
      ElementsAre(folder.path("a") + ": cut short in the middle of a packet or block at byte " +
                  std::to_string(fourth) + "; the 3 packets before it were read"));
  Blob absurd = pcap;
  absurd[fourth + 11] = 0x7f;
  EXPECT_THAT(problems("b", absurd),
              ElementsAre(folder.path("b") + ": damaged at byte " + std::to_string(fourth) +
                          ": a packet claims to hold 2130706445 bytes; the 3 packets before it "
                          "were read"));
  EXPECT_THAT(problems("c", Blob(pcap.begin(), pcap.begin() + 10)),
              ElementsAre(HasSubstr("at byte 0; no packet could be read")));
  const Blob packed = gzip(pcap);
  EXPECT_THAT(problems("d", Blob(packed.begin(), packed.end() - 9)),
              ElementsAre(HasSubstr("its gzip data is cut short, at byte ")));
  EXPECT_THAT(problems("e", packed + testing::blob("junk")),
              ElementsAre(HasSubstr("something that is not gzip follows its gzip data")));
  EXPECT_THAT(problems("f", zstd(pcap) + testing::blob("junk")),
              ElementsAre(HasSubstr("something that is not zstd follows its zstd data")));
  Blob damaged = zstd(pcap);
  damaged.back() ^= 0x55;  // of its content, or of its checksum
  const Read read = read_files({folder.write("g", damaged)});
  EXPECT_TRUE(!read.error.empty() || !read.problems.empty() || read.packets.size() == 5);
}

TEST(CaptureFiles, WhatIsNotACaptureIsAnError) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_files({folder.write("x.txt", "Hello, world")}).error,
            folder.path("x.txt") +
                ": not a capture file (pcap or pcapng, also gzip or zstd "
                "compressed): begins with 48 65 6c 6c 6f 2c 20 77");
  EXPECT_EQ(read_files({folder.write("empty", "")}).error,
            folder.path("empty") + ": empty, not a capture file");
  EXPECT_THAT(read_files({folder.path("none")}).error, HasSubstr("No such file or directory"));
  EXPECT_THAT(read_files({folder.path(".")}).error, HasSubstr("a folder, not a capture file"));
  EXPECT_THAT(read_files({folder.write("x.gz", gzip(testing::blob("Hello")))}).error,
              HasSubstr("begins with 48 65 6c 6c 6f"));
  EXPECT_THAT(
      read_files({folder.write("bad.gz", Blob{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xff})}).error,
      HasSubstr("its gzip data is damaged"));
  EXPECT_THAT(read_stdin(testing::blob("Hello"), true).error, HasSubstr("standard input: not a"));
  EXPECT_THAT(read_files({}).error, HasSubstr("no capture file"));
  EXPECT_THAT(read_files({"-", "-"}).error, HasSubstr("only once"));
  // One that is not a capture among good ones is told before anything is read.
  EXPECT_NE(read_files({folder.write("good", some_pcap().bytes), folder.path("x.txt")}).error, "");
}

// The newest file of a ring is empty as long as nothing was flushed to it.
TEST(CaptureFiles, AnEmptyOneBesideOthersIsAProblem) {
  const TemporaryFolder folder;
  const std::string good = folder.write("good", some_pcap().bytes);
  const std::string empty = folder.write("empty", "");
  const Read alone = read_files({good});
  for (const auto& paths :
       std::vector<std::vector<std::string>>{{good, empty}, {empty, good}, {empty, good, empty}}) {
    const Read read = read_files(paths);
    EXPECT_EQ(read.error, "");
    EXPECT_EQ(read.packets.size(), alone.packets.size());
    EXPECT_EQ(read.problems,
              std::vector<std::string>(paths.size() - 1, empty + ": empty, not a capture file"));
  }
  EXPECT_EQ(read_files({empty, empty}).error, empty + ": empty, not a capture file");
  EXPECT_THAT(read_files({empty, folder.path("none")}).error, HasSubstr("No such file"));
}

TEST(CaptureFiles, AnUnwritableSpoolIsAnError) {
  const char* old = std::getenv("TMPDIR");
  const std::string saved = old != nullptr ? old : "";
  const Read read = with_stdin(some_pcapng().bytes, true, [&] {
    ::setenv("TMPDIR", "/nonexistent/folder", 1);
    Read result = read_files({"-"});
    if (old != nullptr) {
      ::setenv("TMPDIR", saved.c_str(), 1);
    } else {
      ::unsetenv("TMPDIR");
    }
    return result;
  });
  EXPECT_THAT(read.error, HasSubstr("set TMPDIR to a folder with room"));
}

TEST(CaptureFiles, MergesByTimeThenByArgumentThenByPlace) {
  const TemporaryFolder folder;
  std::mt19937 generator(7);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  for (int round = 0; round < 30; ++round) {
    struct Tagged {
      std::uint32_t time;
      std::size_t file;
      std::uint32_t place;
    };
    std::vector<std::string> paths;
    std::vector<std::vector<Tagged>> files(1 + random() % 6);
    for (std::size_t f = 0; f < files.size(); ++f) {
      PcapFile pcap;
      std::uint32_t time = random() % 20;
      const std::uint32_t count = random() % 40;
      for (std::uint32_t i = 0; i < count; ++i) {
        files[f].push_back({time, f, i});
        pcap.add(testing::number(f, 1) + testing::number(i, 4), time);
        time += random() % 3;
      }
      const std::string name = std::to_string(f);
      paths.push_back(folder.write(name, f % 2 == 0 ? pcap.bytes : gzip(pcap.bytes)));
    }
    std::vector<Tagged> expected;
    for (const auto& file : files) expected.insert(expected.end(), file.begin(), file.end());
    std::stable_sort(expected.begin(), expected.end(),
                     [](const Tagged& a, const Tagged& b) { return a.time < b.time; });
    const Read read = read_files(paths);
    ASSERT_EQ(read.error, "");
    ASSERT_EQ(read.packets.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(read.packets[i].number, i + 1);
      EXPECT_EQ(read.packets[i].bytes,
                testing::number(expected[i].file, 1) + testing::number(expected[i].place, 4));
    }
    EXPECT_EQ(read.bytes_read, read.bytes_total);
  }
}

TEST(CaptureFiles, DisorderWithinAFileStaysAndLosesNothing) {
  const TemporaryFolder folder;
  PcapFile a;
  a.add(Blob{1}, 10).add(Blob{2}, 5).add(Blob{3}, 30);
  PcapFile b;
  b.add(Blob{4}, 7).add(Blob{5}, 20);
  const Read read = read_files({folder.write("a", a.bytes), folder.write("b", b.bytes)});
  std::vector<int> order;
  for (const OwnedPacket& packet : read.packets) order.push_back(packet.bytes.at(0));
  EXPECT_THAT(order, ElementsAre(4, 1, 2, 5, 3));
}

TEST(CaptureFiles, MergesStandardInputAndReportsTheProblemsOfAll) {
  const TemporaryFolder folder;
  const Blob pcap = some_pcap().bytes;
  const std::string cut = folder.write("cut", Blob(pcap.begin(), pcap.end() - 1));
  const std::string none = folder.write("none", Blob(pcap.begin(), pcap.begin() + 30));
  const Read read = with_stdin(pcap, true, [&] { return read_files({cut, "-", none}); });
  EXPECT_EQ(read.packets.size(), 9U);
  EXPECT_EQ(read.problems.size(), 2U);
  EXPECT_EQ(read.bytes_total, 0U);
}

TEST(CaptureFiles, LargeFilesComeInTheSameBatchesEveryTime) {
  const TemporaryFolder folder;
  PcapFile file;
  std::mt19937 random(3);
  for (std::uint32_t i = 0; i < 20'000; ++i) file.add(Blob(random() % 300, 1), i / 10, i);
  // A packet larger than a chunk, in the middle.
  file.add(Blob(3'000'000, 9), 2001);
  for (std::uint32_t i = 0; i < 9'000; ++i) file.add(Blob(1, 1), 2002);
  const Read once = read_files({folder.write("a", file.bytes)});
  ASSERT_EQ(once.packets.size(), 29'001U);
  EXPECT_THAT(once.problems, IsEmpty());
  EXPECT_LE(*std::max_element(once.batches.begin(), once.batches.end()), 8'192U);
  EXPECT_EQ(read_files({folder.path("a")}).batches, once.batches);
  EXPECT_EQ(read_stdin(file.bytes, true).batches, once.batches);
  EXPECT_EQ(read_files({folder.write("b", zstd(file.bytes))}).batches, once.batches);
  EXPECT_EQ(once.packets, testing::parse_capture(file.bytes).packets);
  // Merged with itself, each packet comes twice.
  const Read twice = read_files({folder.path("a"), folder.path("b")});
  ASSERT_EQ(twice.packets.size(), 58'002U);
  EXPECT_EQ(twice.batches, read_files({folder.path("a"), folder.path("b")}).batches);
}

TEST(CaptureFiles, AFileThatVanishesWhileAnotherIsReadIsAProblem) {
  const TemporaryFolder folder;
  PcapFile first;
  first.add(Blob{1}, 1);
  PcapFile second;
  second.add(Blob{2}, 2);
  KeyLog keys;
  auto source = open_capture_files(
      {folder.write("first", first.bytes), folder.write("second", second.bytes)}, keys);
  ASSERT_TRUE(source.ok());
  std::filesystem::remove(folder.path("second"));
  PacketBatch batch;
  EXPECT_EQ((*source)->next(batch), PacketSource::Status::batch);
  EXPECT_EQ(batch.packets.size(), 1U);
  EXPECT_EQ((*source)->next(batch), PacketSource::Status::end);
  EXPECT_THAT((*source)->problems(), ElementsAre(HasSubstr("cannot be opened again")));
}

TEST(CaptureFiles, ManyMoreFilesThanMayBeOpenAtOnce) {
  const TemporaryFolder folder;
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 1'500; ++i) {
    PcapFile file;
    file.add(Blob{1}, 5'000 - i);
    paths.push_back(folder.write(std::to_string(i), file.bytes));
  }
  const Read read = read_files(paths);
  EXPECT_EQ(read.error, "");
  EXPECT_EQ(read.packets.size(), paths.size());
}

}  // namespace
}  // namespace mpsdscope
