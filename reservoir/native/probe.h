// What this processor can do, for benchmarks: a figure of speed means something only beside the limit of the same minute.
#pragma once
#include <cstddef>

namespace asicr {

// Double-precision operations per second of fused multiply-adds on registers alone, on `members` threads at once.
double multiplyAddsPerSecond(size_t members, double seconds);

// Bytes per second one thread reads from `bytes` of memory, over and over.
double bytesReadPerSecond(size_t bytes, double seconds);

}  // namespace asicr
