#include "drivers/native/sha256_message.h"

#include <cstring>

#include "common/native/sha256_kernels.h"

namespace asicr {
namespace {

constexpr uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr size_t kBlockBytes = 64;
constexpr size_t kLengthBytes = 8;

const sha256::Kernel& kernel() {
  static const sha256::Kernel& best = sha256::shaNi() != nullptr ? *sha256::shaNi() : *sha256::portable();
  return best;
}

void compress(uint32_t state[8], const uint8_t* bytes) {
  uint32_t block[16];
  for (size_t word = 0; word < 16; word++) {
    const uint8_t* at = bytes + 4 * word;
    block[word] = uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3];
  }
  kernel().compressOne(state, block);
}

// FIPS 180-4, 5.1.1 and 6.2.
Digest digestOf(const uint8_t* bytes, size_t count) {
  uint32_t state[8];
  std::memcpy(state, kInitial, sizeof state);
  const size_t whole = count / kBlockBytes * kBlockBytes;
  for (size_t at = 0; at < whole; at += kBlockBytes) compress(state, bytes + at);

  uint8_t tail[2 * kBlockBytes] = {};
  const size_t left = count - whole;
  if (left > 0) std::memcpy(tail, bytes + whole, left);
  tail[left] = 0x80;
  const size_t tailBytes = left + 1 + kLengthBytes <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  const uint64_t bits = uint64_t{count} * 8;
  for (size_t i = 0; i < kLengthBytes; i++) tail[tailBytes - 1 - i] = static_cast<uint8_t>(bits >> (8 * i));
  for (size_t at = 0; at < tailBytes; at += kBlockBytes) compress(state, tail + at);

  Digest digest;
  for (size_t i = 0; i < digest.size(); i++) digest[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

}  // namespace

Digest sha256d(const uint8_t* bytes, size_t count) {
  const Digest once = digestOf(bytes, count);
  return digestOf(once.data(), once.size());
}

}  // namespace asicr
