#include "tools/terminal.h"

#include <cstdlib>
#include <string_view>

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace mpsdscope {
namespace {

constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kWidest = 1'000;

// nullptr if it is unset or empty.
const char* environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

}  // namespace

bool is_terminal(int fd) {
  return isatty(fd) == 1;
}

std::size_t terminal_width(int fd, std::size_t otherwise) {
  winsize size{};
  std::size_t width = 0;
  if (ioctl(fd, TIOCGWINSZ, &size) == 0) width = size.ws_col;
  const char* columns = environment("COLUMNS");
  if (width == 0 && columns != nullptr) {
    width = static_cast<std::size_t>(std::strtoul(columns, nullptr, 10));
  }
  if (width == 0) return otherwise;
  return width < kNarrowest ? kNarrowest : width > kWidest ? kWidest : width;
}

std::size_t terminal_height(int fd, std::size_t otherwise) {
  winsize size{};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : otherwise;
}

bool wants_colour(ColourMode mode, int fd) {
  if (mode != ColourMode::automatic) return mode == ColourMode::always;
  const char* term = std::getenv("TERM");
  const bool dumb = term != nullptr && std::string_view(term) == "dumb";
  return is_terminal(fd) && !dumb && environment("NO_COLOR") == nullptr;
}

bool locale_is_utf8() {
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return false;
  const bool utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return utf8;
}

}  // namespace mpsdscope
