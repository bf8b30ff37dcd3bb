#include "drivers/native/processor_wake.h"

#include <fcntl.h>

#include <cerrno>
#include <fstream>
#include <mutex>

namespace asicr {
namespace {

constexpr int32_t kPollingUs = 0;
constexpr int32_t kShallowUs = 2;

std::string firstWordOf(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

}  // namespace

int32_t wakeLatencyFor(const std::string& idleGovernor) { return idleGovernor == "haltpoll" ? kPollingUs : kShallowUs; }

ProcessorWake::ProcessorWake(const WakePaths& paths)
    : latencyUs_(wakeLatencyFor(firstWordOf(paths.idleGovernor))), request_(open(paths.request.c_str(), O_WRONLY | O_CLOEXEC)) {
  if (request_.get() < 0) {
    refusal_ = errno;
    return;
  }
  const ssize_t written = write(request_.get(), &latencyUs_, sizeof latencyUs_);
  if (written == static_cast<ssize_t>(sizeof latencyUs_)) return;
  refusal_ = written < 0 ? errno : EIO;
  request_.release();
}

std::shared_ptr<ProcessorWake> ProcessorWake::take() {
  static std::mutex taking;
  static std::weak_ptr<ProcessorWake> held;
  const std::lock_guard<std::mutex> lock(taking);
  std::shared_ptr<ProcessorWake> hold = held.lock();
  if (hold == nullptr) {
    hold = std::make_shared<ProcessorWake>();
    held = hold;
  }
  return hold;
}

}  // namespace asicr
