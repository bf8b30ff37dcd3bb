// Chip and core as far as the nonce does not already say them, as telemetry/store/nonce-fields.ts does.
#pragma once
#include <cstddef>
#include <cstdint>

#include "telemetry/native/lane.h"

namespace asicr {

constexpr size_t maxFieldWords(size_t n) { return 2 + maxLaneWords(n); }

// `scratch` is n words in all three; n is at least 1. The first two return the word behind what they wrote.
uint32_t* writeChips(const uint16_t* chips, const uint32_t* nonces, size_t n, uint32_t* scratch, uint32_t* out);
uint32_t* writeCores(const uint16_t* cores, const uint32_t* nonces, size_t n, uint32_t* scratch, uint32_t* out);

// False when the next words are not what was written.
bool readField(WordReader& words, const uint32_t* nonces, uint16_t* column, size_t n, uint32_t* scratch);

}  // namespace asicr
