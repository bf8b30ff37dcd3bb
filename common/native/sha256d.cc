#include "common/native/sha256d.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

#include "common/native/sha256_kernels.h"

namespace asicr {
namespace {

using sha256::Kernel;

constexpr uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
constexpr uint32_t kEndOfMessage = 0x80000000;
constexpr uint32_t kHeaderBits = 80 * 8;
constexpr uint32_t kDigestBits = 32 * 8;

std::atomic<const Kernel*> chosen{nullptr};

const Kernel& kernel() {
  const Kernel* found = chosen.load(std::memory_order_acquire);
  if (found == nullptr) {
    found = sha256::shaNi() != nullptr ? sha256::shaNi() : sha256::portable();
    chosen.store(found, std::memory_order_release);
  }
  return *found;
}

uint32_t loadBe32(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

void storeBe32(uint8_t* bytes, uint32_t word) {
  bytes[0] = static_cast<uint8_t>(word >> 24);
  bytes[1] = static_cast<uint8_t>(word >> 16);
  bytes[2] = static_cast<uint8_t>(word >> 8);
  bytes[3] = static_cast<uint8_t>(word);
}

// Two messages in flight: SHA-NI waits for its own results, so a second stream is nearly free.
constexpr size_t kStreams = 2;

// Hashes the last 16 bytes of 1 or 2 headers onto their midstates, then the digests once more.
class TailHasher {
 public:
  explicit TailHasher(const Kernel& kernel) : kernel_(kernel) {
    for (size_t i = 0; i < kStreams; i++) {
      tail_[i][4] = kEndOfMessage;
      tail_[i][15] = kHeaderBits;
      second_[i][8] = kEndOfMessage;
      second_[i][15] = kDigestBits;
    }
  }

  void set(size_t stream, const uint32_t midstate[8], uint32_t word0, uint32_t word1, uint32_t word2, uint32_t nonceBe) {
    std::memcpy(state_[stream], midstate, sizeof state_[stream]);
    tail_[stream][0] = word0;
    tail_[stream][1] = word1;
    tail_[stream][2] = word2;
    tail_[stream][3] = nonceBe;
  }

  void run(size_t streams, uint8_t* digests) {
    compress(streams, tail_);
    for (size_t i = 0; i < streams; i++) {
      std::memcpy(second_[i], state_[i], sizeof state_[i]);
      std::memcpy(state_[i], kInitial, sizeof state_[i]);
    }
    compress(streams, second_);
    for (size_t i = 0; i < streams; i++)
      for (size_t word = 0; word < 8; word++) storeBe32(digests + 32 * i + 4 * word, state_[i][word]);
  }

 private:
  void compress(size_t streams, const uint32_t (*blocks)[16]) {
    if (streams == kStreams)
      kernel_.compressTwo(state_, blocks);
    else
      kernel_.compressOne(state_[0], blocks[0]);
  }

  const Kernel& kernel_;
  uint32_t state_[kStreams][8] = {};
  uint32_t tail_[kStreams][16] = {};
  uint32_t second_[kStreams][16] = {};
};

void loadBlock(const uint8_t* bytes, uint32_t block[16]) {
  for (size_t word = 0; word < 16; word++) block[word] = loadBe32(bytes + 4 * word);
}

}  // namespace

const char* sha256dKernel() { return kernel().name; }

bool useSha256dKernel(const char* name) {
  for (const Kernel* candidate : {sha256::portable(), sha256::shaNi()}) {
    if (candidate == nullptr || std::strcmp(candidate->name, name) != 0) continue;
    chosen.store(candidate, std::memory_order_release);
    return true;
  }
  return false;
}

Midstate midstateOf(const uint8_t first64[64]) {
  Midstate midstate;
  uint32_t block[16];
  loadBlock(first64, block);
  std::memcpy(midstate.words, kInitial, sizeof kInitial);
  kernel().compressOne(midstate.words, block);
  return midstate;
}

void sha256dHeaders(const uint8_t* headers, size_t count, uint8_t* digests) {
  const Kernel& with = kernel();
  TailHasher hasher(with);
  for (size_t i = 0; i < count; i += kStreams) {
    const size_t streams = std::min(kStreams, count - i);
    uint32_t states[kStreams][8];
    uint32_t blocks[kStreams][16];
    for (size_t stream = 0; stream < streams; stream++) {
      std::memcpy(states[stream], kInitial, sizeof kInitial);
      loadBlock(headers + 80 * (i + stream), blocks[stream]);
    }
    if (streams == kStreams)
      with.compressTwo(states, blocks);
    else
      with.compressOne(states[0], blocks[0]);
    for (size_t stream = 0; stream < streams; stream++) {
      const uint8_t* tail = headers + 80 * (i + stream) + 64;
      hasher.set(stream, states[stream], loadBe32(tail), loadBe32(tail + 4), loadBe32(tail + 8), loadBe32(tail + 12));
    }
    hasher.run(streams, digests + 32 * i);
  }
}

void sha256dTails(const Midstate& midstate, const uint8_t tail12[12], const uint32_t* noncesBe, size_t count, uint8_t* digests) {
  TailHasher hasher(kernel());
  const uint32_t word0 = loadBe32(tail12);
  const uint32_t word1 = loadBe32(tail12 + 4);
  const uint32_t word2 = loadBe32(tail12 + 8);
  for (size_t i = 0; i < count; i += kStreams) {
    const size_t streams = std::min(kStreams, count - i);
    for (size_t stream = 0; stream < streams; stream++) hasher.set(stream, midstate.words, word0, word1, word2, noncesBe[i + stream]);
    hasher.run(streams, digests + 32 * i);
  }
}

unsigned leadingZeroBits(const uint8_t digest[32]) {
  unsigned bits = 0;
  for (int i = 31; i >= 0; i--, bits += 8) {
    if (digest[i] == 0) continue;
    for (unsigned byte = digest[i]; (byte & 0x80) == 0; byte <<= 1) bits++;
    return bits;
  }
  return bits;
}

double log2Difficulty(const uint8_t digest[32]) {
  int top = 31;
  while (top >= 0 && digest[top] == 0) top--;
  if (top < 0) return std::numeric_limits<double>::infinity();
  // The eight bytes from the first one that is not zero hold 57 bits or more: all that a double keeps.
  uint64_t leading = 0;
  for (int i = top; i > top - 8; i--) leading = leading << 8 | (i >= 0 ? digest[i] : 0);
  return std::log2(65535.0) + 208.0 - (std::log2(static_cast<double>(leading)) + 8.0 * (top - 7));
}

}  // namespace asicr
