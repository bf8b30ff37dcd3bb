// When a byte of the stream reached the host, from the times at which reads returned.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>

namespace asicr {

// CLOCK_MONOTONIC_RAW: never steps and is not slewed by NTP, so that intervals are those of the host's own crystal.
int64_t monotonicRawNs();

// Standard uncertainty of when a waiting reader wakes. specs/stack.md, serial capture: a pty wakes its reader in 46 us, the median error
// of a native reader is 39 to 101 us.
constexpr int64_t kWakeupNs = 50'000;

struct Arrival {
  int64_t tNs;       // when the byte's stop bit ended
  uint32_t sigmaNs;  // standard uncertainty of tNs
};

// A read returns some time after the last of its bytes arrived; the bytes before that one came in one line time (10 bits, 8N1) each.
// They may have come earlier, with gaps between, but not before the read before this one, which would have returned them.
//
// The uncertainty has two parts, taken as independent. Waking the reader costs about 50 us on an ordinary kernel. And a driver hands
// over a chunk when its FIFO or its USB packet is full or times out, so the whole chunk may be late by up to its own line
// time: a uniform distribution of that width, cut to the time since the previous read. A byte that is read alone is good to the
// wakeup time; an 11-byte frame that a USB bridge at 1 Mbaud delivers whole, to 59 us. What a USB host adds (up to 1 ms, or an FTDI's
// latency timer) cannot be seen from here and is not included.
class ArrivalTimes {
 public:
  // `count` bytes at stream offset `offset` were read by `readNs`, on a line of `baud` bit/s. Offsets and times never decrease.
  void add(uint64_t offset, size_t count, int64_t readNs, uint32_t baud);

  // For a byte that was added and not forgotten.
  Arrival at(uint64_t offset) const;

  // Bytes before this offset will not be asked for again.
  void forgetBefore(uint64_t offset);

 private:
  struct Read {
    uint64_t offset;
    size_t count;
    int64_t readNs;
    int64_t earliestNs;
    int64_t byteNs;
    uint32_t sigmaNs;
  };
  std::deque<Read> reads_;
  bool anyBefore_ = false;
  int64_t previousNs_ = 0;
};

}  // namespace asicr
