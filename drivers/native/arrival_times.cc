#include "drivers/native/arrival_times.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>

namespace asicr {
namespace {

constexpr int64_t kBitsPerByte = 10;
constexpr int64_t kNsPerSecond = 1'000'000'000;

}  // namespace

int64_t monotonicRawNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

void ArrivalTimes::add(uint64_t offset, size_t count, int64_t readNs, uint32_t baud) {
  const int64_t byteNs = kBitsPerByte * kNsPerSecond / baud;
  const int64_t lineNs = byteNs * static_cast<int64_t>(count);
  const int64_t earliestNs = anyBefore_ ? previousNs_ : std::numeric_limits<int64_t>::min();
  const int64_t spreadNs = anyBefore_ ? std::min(lineNs, readNs - previousNs_) : lineNs;
  const double sigmaNs = std::hypot(static_cast<double>(kWakeupNs), static_cast<double>(spreadNs) / std::sqrt(12.0));
  const double largest = std::numeric_limits<uint32_t>::max();
  reads_.push_back({offset, count, readNs, earliestNs, byteNs, static_cast<uint32_t>(std::min(sigmaNs, largest))});
  anyBefore_ = true;
  previousNs_ = readNs;
}

Arrival ArrivalTimes::at(uint64_t offset) const {
  auto read = std::find_if(reads_.begin(), reads_.end(), [&](const Read& r) { return offset < r.offset + r.count; });
  if (read == reads_.end()) return {previousNs_, std::numeric_limits<uint32_t>::max()};
  const uint64_t after = read->offset + read->count - 1 - std::max(offset, read->offset);
  return {std::max(read->readNs - read->byteNs * static_cast<int64_t>(after), read->earliestNs), read->sigmaNs};
}

void ArrivalTimes::forgetBefore(uint64_t offset) {
  while (!reads_.empty() && reads_.front().offset + reads_.front().count <= offset) reads_.pop_front();
}

}  // namespace asicr
