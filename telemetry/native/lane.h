// A lane: n whole numbers of 32 bits in as few bits as nearly all of them need. telemetry/store/lane.ts gives the layout and is the reference:
// what is written here is the same, word for word.
#pragma once
#include <cstddef>
#include <cstdint>

#include "telemetry/native/word_reader.h"

namespace asicr {

constexpr size_t kLaneHeadWords = 2;

// The most words a lane of n rows can take.
constexpr size_t maxLaneWords(size_t n) { return kLaneHeadWords + n; }

// Writes `values` from `out` on, which has room for maxLaneWords(n); returns the word behind it. n is at most 65 536.
uint32_t* writeLane(const uint32_t* values, size_t n, uint32_t* out);

// A lane of n equal values.
uint32_t* writeEqual(uint32_t value, uint32_t* out);

// False when the next words are no lane of n rows; `values` is then of no use.
bool readLane(WordReader& words, uint32_t* values, size_t n);

}  // namespace asicr
