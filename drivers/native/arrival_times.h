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

// How a port hands over what came in on its line. A twin's pseudo-terminal: at once, all zero.
struct PortDelivery {
  int64_t frameNs = 0;      // a USB host fetches once in so long
  int64_t timerNs = 0;      // an adapter keeps a packet that is not full for up to so long
  uint32_t timerBytes = 0;  // what fills one, which then waits for no timer
  uint32_t fifoBytes = 0;   // a UART with a queue waits for up to so many byte times whether more comes

  // The longest that the last byte of a read can have waited.
  int64_t longestNs(int64_t byteNs) const { return frameNs + timerNs + fifoBytes * byteNs; }
};

struct Arrival {
  int64_t tNs;       // when the byte's stop bit ended
  uint32_t sigmaNs;  // standard uncertainty of tNs
};

// A read returns some time after the last of its bytes arrived; the bytes before that one came in one line time (10 bits, 8N1) each.
// They may have come earlier, with gaps between, but not before the read before this one, which would have returned them.
//
// The last byte has waited for its delivery: evenly distributed over each of the port's waits, the timer's cut to the time since the
// previous read, which restarted it. A stamp is dated back by the middle of them. So that no stamp lies before the one before it.
//
// The uncertainty has parts taken as independent. Waking the reader costs about 50 us on an ordinary kernel. Each wait adds its width
// over the square root of twelve. And a driver hands over a chunk when its FIFO or its USB packet is full or times out, so
// the whole chunk may be late by up to its own line time: a uniform distribution of that width, cut to the time since the previous
// read. A byte that is read alone from a pseudo-terminal is good to the wakeup time; an 11-byte frame at 1 Mbaud that a bridge delivers
// whole, to 59 us, and if it came through USB frames of 1 ms, to 295 us.
class ArrivalTimes {
 public:
  explicit ArrivalTimes(const PortDelivery& delivery = {}) : delivery_(delivery) {}

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
    int64_t lastNs;
    int64_t earliestNs;
    int64_t byteNs;
    uint32_t sigmaNs;
  };
  PortDelivery delivery_;
  std::deque<Read> reads_;
  bool anyBefore_ = false;
  int64_t previousReadNs_ = 0;
  // When its last byte arrived.
  int64_t previousNs_ = 0;
};

}  // namespace asicr
