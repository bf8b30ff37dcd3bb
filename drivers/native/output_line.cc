#include "drivers/native/output_line.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>

namespace asicr {
namespace {

constexpr int64_t kBitsPerByteNs = 10'000'000'000;
// What a port may hold beside what it tells: the UART's own queue, or a packet of USB. GUESS: 16 to 256 bytes are usual.
constexpr size_t kUntoldBytes = 256;

}  // namespace

QueuedBytes kernelQueue(int fd) {
  if (isatty(fd) == 0) return [] { return std::nullopt; };
  return [fd]() -> std::optional<size_t> {
    int held = 0;
    if (ioctl(fd, TIOCOUTQ, &held) != 0 || held < 0) return std::nullopt;
    return static_cast<size_t>(held);
  };
}

OutputLine::OutputLine(uint32_t baud, QueuedBytes queued) : baud_(baud), queued_(std::move(queued)) {}

int64_t OutputLine::spanNs(size_t bytes) const { return kBitsPerByteNs * static_cast<int64_t>(bytes) / baud_.load(); }

void OutputLine::wroteBeside(size_t bytes, int64_t tNs) {
  const std::lock_guard<std::mutex> mine(besideTurn_);
  beside_.push_back({bytes, tNs});
}

int64_t OutputLine::lookedAt(int64_t nowNs) {
  int64_t freeNs = freeNs_.load();
  {
    // Whoever notes a write may have been preempted by this very thread: it is seen the next time.
    const std::unique_lock<std::mutex> mine(besideTurn_, std::try_to_lock);
    if (mine.owns_lock()) {
      for (const auto& [bytes, tNs] : beside_) freeNs = std::max(freeNs, tNs) + spanNs(bytes);
      beside_.clear();
    }
  }
  if (const std::optional<size_t> held = queued_()) {
    tells_ = tells_ || *held > 0;
    const int64_t leastNs = nowNs + spanNs(*held);
    if (tells_) freeNs = std::clamp(freeNs, leastNs, leastNs + spanNs(kUntoldBytes));
  }
  freeNs_.store(freeNs);
  return freeNs;
}

int64_t OutputLine::wrote(size_t bytes, int64_t begunNs, int64_t wholeNs) {
  const int64_t endNs = std::max(std::max(freeNs_.load(), begunNs) + spanNs(bytes), wholeNs);
  freeNs_.store(endNs);
  return endNs;
}

}  // namespace asicr
