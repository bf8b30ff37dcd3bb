// One moment on two clocks: CLOCK_MONOTONIC_RAW, which stamps are taken with, and CLOCK_REALTIME, which people read.
#pragma once
#include <cstdint>
#include <functional>

namespace asicr {

struct ClockAnchor {
  int64_t monotonicNs;
  int64_t wallNs;   // since 1970
  int64_t errorNs;  // the wall clock was read at monotonicNs, give or take this: a bound, not a standard deviation
};

int64_t realtimeNs();

// Reads the wall clock `brackets` times between two readings of the monotonic clock, and keeps the narrowest: what interrupted the others
// does not count.
ClockAnchor clockAnchor(int brackets, const std::function<int64_t()>& monotonicNs, const std::function<int64_t()>& wallNs);
ClockAnchor clockAnchor();

}  // namespace asicr
