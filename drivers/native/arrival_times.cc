#include "drivers/native/arrival_times.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

namespace asicr {
namespace {

constexpr int64_t kBitsPerByte = 10;
constexpr int64_t kNsPerSecond = 1'000'000'000;

// Of a distribution that is even over so many ns.
double uniformVariance(int64_t widthNs) { return static_cast<double>(widthNs) * static_cast<double>(widthNs) / 12; }

}  // namespace

int64_t monotonicRawNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

void ArrivalTimes::add(uint64_t offset, size_t count, int64_t readNs, uint32_t baud) {
  const int64_t byteNs = kBitsPerByte * kNsPerSecond / baud;
  const int64_t lineNs = byteNs * static_cast<int64_t>(count);
  const bool timed = count < delivery_.timerBytes;
  const int64_t timerNs = !timed ? 0 : anyBefore_ ? std::min(delivery_.timerNs, readNs - previousReadNs_) : delivery_.timerNs;
  const int64_t waitsNs[] = {delivery_.frameNs, timerNs, delivery_.fifoBytes * byteNs};
  int64_t lastNs = readNs;
  double variance = static_cast<double>(kWakeupNs) * kWakeupNs;
  for (const int64_t waitNs : waitsNs) {
    lastNs -= waitNs / 2;
    variance += uniformVariance(waitNs);
  }
  // A new rate changes the waits.
  if (anyBefore_) lastNs = std::max(lastNs, previousNs_);
  const int64_t earliestNs = anyBefore_ ? previousNs_ : std::numeric_limits<int64_t>::min();
  variance += uniformVariance(anyBefore_ ? std::min(lineNs, lastNs - previousNs_) : lineNs);
  const double largest = std::numeric_limits<uint32_t>::max();
  reads_.push_back({offset, count, lastNs, earliestNs, byteNs, static_cast<uint32_t>(std::min(std::sqrt(variance), largest))});
  anyBefore_ = true;
  previousReadNs_ = readNs;
  previousNs_ = lastNs;
}

Arrival ArrivalTimes::at(uint64_t offset) const {
  auto read = std::find_if(reads_.begin(), reads_.end(), [&](const Read& r) { return offset < r.offset + r.count; });
  if (read == reads_.end()) return {previousNs_, std::numeric_limits<uint32_t>::max()};
  const uint64_t after = read->offset + read->count - 1 - std::max(offset, read->offset);
  return {std::max(read->lastNs - read->byteNs * static_cast<int64_t>(after), read->earliestNs), read->sigmaNs};
}

void ArrivalTimes::forgetBefore(uint64_t offset) {
  while (!reads_.empty() && reads_.front().offset + reads_.front().count <= offset) reads_.pop_front();
}

}  // namespace asicr
