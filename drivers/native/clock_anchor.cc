#include "drivers/native/clock_anchor.h"

#include <ctime>

#include "drivers/native/arrival_times.h"

namespace asicr {
namespace {

// A bracket takes a tenth of a microsecond: the whole lasts no longer than one interruption.
constexpr int kBrackets = 64;

}  // namespace

int64_t realtimeNs() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

ClockAnchor clockAnchor(int brackets, const std::function<int64_t()>& monotonicNs, const std::function<int64_t()>& wallNs) {
  ClockAnchor best{0, 0, INT64_MAX};
  for (int i = 0; i < brackets; i++) {
    const int64_t beforeNs = monotonicNs();
    const int64_t readNs = wallNs();
    const int64_t widthNs = monotonicNs() - beforeNs;
    const int64_t errorNs = (widthNs + 1) / 2;
    if (errorNs < best.errorNs) best = {beforeNs + widthNs / 2, readNs, errorNs};
  }
  return best;
}

ClockAnchor clockAnchor() { return clockAnchor(kBrackets, monotonicRawNs, realtimeNs); }

}  // namespace asicr
