// SHA-256d of 80-byte block headers: the one kernel that drivers and twins share (DESIGN section 4).
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

// SHA-256 state after the first 64 bytes of a header, as eight native words.
struct Midstate {
  uint32_t words[8];
};

// Which kernel this processor runs: "sha-ni" or "portable". Chosen once, at first use.
const char* sha256dKernel();

// Forces a kernel by name for tests. Returns false when this processor lacks it.
bool useSha256dKernel(const char* name);

Midstate midstateOf(const uint8_t first64[64]);

// SHA-256d of count headers of 80 bytes each; digests are 32 bytes each, in internal order.
void sha256dHeaders(const uint8_t* headers, size_t count, uint8_t* digests);

// SHA-256d of headers that share their first 76 bytes: tail12 is header bytes 64..75, noncesBe[i] are header bytes 76..79
// read as a big-endian word. Digests as above.
void sha256dTails(const Midstate& midstate, const uint8_t tail12[12], const uint32_t* noncesBe, size_t count, uint8_t* digests);

// Leading zero bits of a digest read as a 256-bit little-endian number, 0..256.
unsigned leadingZeroBits(const uint8_t digest[32]);

// log2 of 0xFFFF * 2^208 / number (specs/bm1366.md 4.5); infinity for an all-zero digest.
double log2Difficulty(const uint8_t digest[32]);

}  // namespace asicr
