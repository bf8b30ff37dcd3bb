// How often a candidate that is no solution stands for what a core in error would report.
#pragma once
#include <cstdint>

namespace asicr {

// Of the candidates a share q = 2^-zeroBits are solutions, and a core in error must report as many that are none: q / (1 - q) of
// the rest. Those whose digest ends in zeroBits zeros are q of them. Another q, whose end differs from that by one bit, are looked
// at once more, and 1 in 2^zeroBits - 1 taken: q + q^2 / (1 - q) = q / (1 - q). It matters where few zero bits are left: with one,
// half of all candidates are solutions and all others are wanted. With none every candidate is a solution, and there are no others.
// Bytes 12..15 of the digest are looked at by nobody else.
inline bool takenOnceMore(const uint8_t digest[32], unsigned zeroBits) {
  if (zeroBits == 0 || zeroBits > 32) return false;
  const uint64_t draw = uint64_t{digest[12]} << 24 | uint64_t{digest[13]} << 16 | uint64_t{digest[14]} << 8 | digest[15];
  return draw * ((uint64_t{1} << zeroBits) - 1) < uint64_t{1} << 32;
}

}  // namespace asicr
