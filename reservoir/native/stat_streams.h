// Going through a long array from many places at a time: a processor reads ahead within a page of 4 KiB only, and several pages at once,
// so sixteen streams come from memory in three fifths of the time of one (measured on Zen 4; large pages, which are the caller's to ask for, do the same).
#pragma once
#include <cstddef>

#include "lanes.h"

namespace asicr {

constexpr size_t kStreams = 16;
// Values in a stream: whole vectors, and one cache line more than whole pages, so that the streams do not all fall into the same lines of the cache.
constexpr size_t kStream = 4096 + 8;
constexpr size_t kInStreams = kStreams * kStream;

// Calls each(i, k) for vectors that begin at i = 0, W, 2 W, ..., once each, in an order of its own; k counts 0 to 3 and over again. Returns
// where the first value is that came in no vector: less than four vectors are left.
template <size_t W, typename Each>
ASICR_INLINE size_t inStreams(size_t n, const Each& each) {
  static_assert(kStream % W == 0 && kStreams % 4 == 0, "streams are whole vectors");
  size_t i = 0;
  for (; i + kInStreams <= n; i += kInStreams)
    for (size_t at = i; at < i + kStream; at += W)
#pragma GCC unroll 16
      for (size_t s = 0; s < kStreams; ++s) each(at + s * kStream, s % 4);
  for (; i + 4 * W <= n; i += 4 * W)
#pragma GCC unroll 4
    for (size_t u = 0; u < 4; ++u) each(i + u * W, u);
  return i;
}

}  // namespace asicr
