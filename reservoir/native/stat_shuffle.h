// Random orders.
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

// x in random order, every order equally likely (but for 2^-52): to buckets at random, then each bucket by Fisher and Yates
// (Sandelius 1962). Both steps stay in the cache. x and out must not overlap. By `members` threads, the order being the same whatever their
// number. False when the memory is not there.
bool shuffle(const double* x, size_t n, uint64_t seed, double* out, size_t members);

// Blocks of `length` neighbours in random order; the last one may be shorter. False when the memory is not there.
bool shuffleBlocks(const double* x, size_t n, size_t length, uint64_t seed, double* out, size_t members);

}  // namespace asicr
