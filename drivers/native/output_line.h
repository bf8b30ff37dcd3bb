// When a serial line will have sent what it was given: the kernel keeps what the line has no time for yet, and tells little about it.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace asicr {

// How many bytes the kernel still holds for a port; nothing where it does not say. Drivers leave out what their hardware holds.
using QueuedBytes = std::function<std::optional<size_t>()>;

// TIOCOUTQ of a terminal. A pseudo-terminal hands bytes over at once and always says 0.
QueuedBytes kernelQueue(int fd);

// Every byte takes ten bits of the nominal rate. A line that never falls idle would part from that by what its crystal is off (0.1 ms in a
// second at 100 ppm), so a port that has ever told how much it holds is believed before the rate.
class OutputLine {
 public:
  OutputLine(uint32_t baud, QueuedBytes queued);

  // Any thread. For what is written from now on.
  void setBaud(uint32_t baud) { baud_.store(baud); }
  // Any thread. Somebody else's bytes, which the kernel had at `tNs` (CLOCK_MONOTONIC_RAW, as all times here).
  void wroteBeside(size_t bytes, int64_t tNs);
  // Any thread. When the last stop bit of what was written by now leaves, as far as it was known at the last write.
  int64_t freeNs() const { return freeNs_.load(); }

  int64_t spanNs(size_t bytes) const;

  // Writer only, as the following one. The same, with what others wrote, and with what the kernel says.
  int64_t lookedAt(int64_t nowNs);
  // Bytes that were handed over between these times; when their last stop bit leaves.
  int64_t wrote(size_t bytes, int64_t begunNs, int64_t wholeNs);

 private:
  struct Beside {
    size_t bytes;
    int64_t tNs;
  };

  std::atomic<uint32_t> baud_;
  const QueuedBytes queued_;
  std::atomic<int64_t> freeNs_{0};
  bool tells_ = false;
  std::mutex besideTurn_;
  std::vector<Beside> beside_;
};

}  // namespace asicr
