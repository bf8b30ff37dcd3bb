// The generator of common/random.ts, splitmix64, by position: number i of a seed is known without those before it.
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

// 64 bits, number i = 0, 1, ... of the stream.
inline uint64_t splitmix64(uint64_t seed, uint64_t i) {
  uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// out[k] = number first + k as a double in [0, 1): its upper 53 bits.
void uniforms(uint64_t seed, uint64_t first, size_t n, double* out);

// Row numbers of a moving-block bootstrap: blocks of `length` that start at floor(u (n - length + 1)), u = numbers first, first + 1, ...
// Returns how many numbers were used.
size_t blockRows(uint64_t seed, uint64_t first, size_t n, size_t length, uint32_t* rows);

// means[d] = mean of x over the rows that blockRows draws for the d-th time, from one table of the sums of all blocks
// about `mean`, which is that of x. By `members` threads. False when the memory is not there.
bool blockMeans(const double* x, size_t n, size_t length, uint64_t seed, double mean, size_t draws, double* means, size_t members);

}  // namespace asicr
