// The SHA-256 compression function (FIPS 180-4, 6.2.2), in the forms a processor may offer.
#pragma once
#include <cstdint>

namespace asicr::sha256 {

alignas(16) extern const uint32_t kRoundConstants[64];

// State and block are native words: the caller has turned the big-endian message into numbers.
struct Kernel {
  const char* name;
  void (*compressOne)(uint32_t state[8], const uint32_t block[16]);
  void (*compressTwo)(uint32_t states[2][8], const uint32_t blocks[2][16]);
};

const Kernel* portable();

// nullptr where the processor has no SHA extension.
const Kernel* shaNi();

}  // namespace asicr::sha256
