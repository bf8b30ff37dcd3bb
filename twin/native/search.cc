#include "search.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "decoy.h"

namespace asicr {
namespace {

// Blocks hashed between two passes of sorting: bounds the memory, and fills a lane enough to keep the kernel busy.
constexpr uint64_t kChunkBlocks = 4096;

// The finaliser of splitmix64 (Steele, Lea, Flood 2014).
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

uint64_t absorb(uint64_t key, uint64_t word) { return mix((key ^ word) + 0x9e3779b97f4a7c15ULL); }

uint32_t nonceOf(const Batch& batch, uint64_t index) {
  const uint64_t position = index / kSmallCores;
  const uint64_t core = (index % kSmallCores) / kVersionLanes;
  const uint64_t counter = ((uint64_t{batch.address} << 17) + position) % kPositions;
  return static_cast<uint32_t>(core << 25 | counter);
}

// Zero bits at the other end of the digest: as rare as leading zero bits and independent of them. The first `skipped` bits count as zeros.
unsigned trailingZeroBits(const uint8_t digest[32], unsigned skipped = 0) {
  for (unsigned at = skipped / 8; at < 32; at++) {
    const unsigned byte = at == skipped / 8 ? digest[at] >> skipped % 8 << skipped % 8 : digest[at];
    if (byte != 0) return at * 8 + static_cast<unsigned>(__builtin_ctz(byte));
  }
  return 256;
}

// What a failing core would report by mistake of a candidate that is no solution, at the place in the sweep where it would: its zero bits.
std::optional<unsigned> decoyZeroBits(const uint8_t digest[32], unsigned zeroBits) {
  const unsigned zeros = trailingZeroBits(digest);
  if (zeros >= zeroBits) return zeros;
  if (zeros + 1 != zeroBits || !takenOnceMore(digest, zeroBits)) return std::nullopt;
  return trailingZeroBits(digest, zeroBits);
}

}  // namespace

Batch makeBatch(const uint8_t first64[kVersionLanes * 64], const uint8_t tail[12], uint32_t number, uint32_t address, unsigned workScale) {
  Batch batch{};
  batch.address = address;
  batch.workScale = std::min(workScale, kMaxWorkScale);
  std::memcpy(batch.tail.data(), tail, batch.tail.size());
  uint64_t key = absorb(absorb(0, number), address);
  for (unsigned lane = 0; lane < kVersionLanes; lane++) {
    batch.lanes[lane] = midstateOf(first64 + lane * 64);
    for (uint32_t word : batch.lanes[lane].words) key = absorb(key, word);
  }
  for (uint8_t byte : batch.tail) key = absorb(key, byte);
  batch.key = key;
  return batch;
}

uint64_t candidateOf(const Batch& batch, uint64_t block) {
  const uint64_t mask = (uint64_t{1} << batch.workScale) - 1;
  return (block << batch.workScale) + (absorb(batch.key, block) & mask);
}

void searchBlocks(const Batch& batch, uint64_t fromBlock, uint64_t toBlock, unsigned zeroBits, std::vector<Hit>& hits) {
  constexpr uint64_t kEnd = kPositions * kSmallCores;
  toBlock = std::min(toBlock, (kEnd >> batch.workScale) + 1);
  std::array<std::vector<uint64_t>, kVersionLanes> indices;
  std::vector<uint32_t> nonces;
  std::vector<uint8_t> digests;
  for (uint64_t start = fromBlock; start < toBlock; start += kChunkBlocks) {
    const uint64_t stop = std::min(toBlock, start + kChunkBlocks);
    for (auto& lane : indices) lane.clear();
    for (uint64_t block = start; block < stop; block++) {
      const uint64_t index = candidateOf(batch, block);
      if (index < kEnd) indices[(index % kSmallCores) % kVersionLanes].push_back(index);
    }
    const size_t sortFrom = hits.size();
    for (unsigned lane = 0; lane < kVersionLanes; lane++) {
      const std::vector<uint64_t>& picked = indices[lane];
      nonces.resize(picked.size());
      digests.resize(picked.size() * 32);
      for (size_t i = 0; i < picked.size(); i++) nonces[i] = nonceOf(batch, picked[i]);
      sha256dTails(batch.lanes[lane], batch.tail.data(), nonces.data(), nonces.size(), digests.data());
      for (size_t i = 0; i < picked.size(); i++) {
        const uint8_t* digest = digests.data() + i * 32;
        const unsigned zeros = leadingZeroBits(digest);
        const bool solution = zeros >= zeroBits;
        const std::optional<unsigned> reported = solution ? zeros : decoyZeroBits(digest, zeroBits);
        if (reported) hits.push_back({picked[i], nonces[i], static_cast<uint8_t>(std::min(*reported, 255U)), !solution});
      }
    }
    std::sort(hits.begin() + static_cast<std::ptrdiff_t>(sortFrom), hits.end(), [](const Hit& a, const Hit& b) { return a.index < b.index; });
  }
}

}  // namespace asicr
