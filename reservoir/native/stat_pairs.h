// Counts of pairs of codes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

// counts[a[i] * cols + b[i]] over n pairs, for a[i] < rows and b[i] < cols. False, with counts of no meaning, when some pair is out of range
// or (enough = false) when the memory is not there. By `members` threads.
bool pairCounts(const uint8_t* a, const uint8_t* b, size_t n, size_t rows, size_t cols, double* counts, size_t members, bool* enough);

}  // namespace asicr
