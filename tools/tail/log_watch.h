// Waits until a log may have more to read.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "capture/file_descriptor.h"

namespace mpsdscope {

class LogWatch {
 public:
  // inotify(7) on the folder of each file. Where that is not to be had, or with `polling`, waiting
  // ends every 100 ms.
  LogWatch(const std::vector<std::string>& files, bool polling);

  // Until a file, or one of the pipes, may have more, `most` is over, or a signal came.
  void wait(std::chrono::milliseconds most, const std::vector<int>& pipes);

 private:
  FileDescriptor events_;
};

}  // namespace mpsdscope
