// Columns of 64 bits as two lanes, as telemetry/store/wide-lanes.ts does: times as differences, floats on a grid where they lie on one.
#pragma once
#include <cstddef>
#include <cstdint>

#include "telemetry/native/lane.h"

namespace asicr {

constexpr size_t maxWideWords(size_t n) { return 6 + 2 * maxLaneWords(n); }

// `scratch` is 2 n words in all four; n is at least 1. Each returns the word behind what it wrote.
uint32_t* writeTimes(const int64_t* times, size_t n, uint32_t* scratch, uint32_t* out);
uint32_t* writeFloats(const double* floats, size_t n, uint32_t* scratch, uint32_t* out);

// False when the next words are not what was written.
bool readTimes(WordReader& words, int64_t* times, size_t n, uint32_t* scratch);
bool readFloats(WordReader& words, double* floats, size_t n, uint32_t* scratch);

}  // namespace asicr
