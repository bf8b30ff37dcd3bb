// The twin's search: a fixed subset of the candidates a BM1366 sweeps, really hashed (DESIGN section 4, twin; specs/bm1366.md 4.7).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../../common/native/sha256d.h"

namespace asicr {

constexpr unsigned kVersionLanes = 8;
// Small cores of one chip: 112 cores of 8, the last one with 6 (specs/bm1366.md 4.9).
constexpr uint64_t kSmallCores = 894;
// Each small core counts through 2^25 positions (specs/bm1366.md 4.7).
constexpr uint64_t kPositions = uint64_t{1} << 25;
constexpr unsigned kMaxWorkScale = 32;

// One batch: eight versions of one job, swept by one chip.
struct Batch {
  std::array<Midstate, kVersionLanes> lanes;
  std::array<uint8_t, 12> tail;
  // Decides which candidate of each block is hashed.
  uint64_t key;
  // The chip's address: small cores start counting at address << 17.
  uint32_t address;
  unsigned workScale;
};

// A candidate worth reporting. `decoy` marks one that is no solution, found at the same rate as solutions: what a chip in
// error would report instead (search.cc says how it is chosen).
struct Hit {
  // position * 894 + lane, in sweep order.
  uint64_t index;
  // Header bytes 76..79 as a big-endian word: core in bits 31..25, counter below (specs/bm1366.md 1.9).
  uint32_t nonceBe;
  uint8_t zeroBits;
  bool decoy;
};

// first64 holds the first 64 header bytes of the eight versions, one after the other. `number` is the batch's number in the job.
Batch makeBatch(const uint8_t first64[kVersionLanes * 64], const uint8_t tail[12], uint32_t number, uint32_t address, unsigned workScale);

// The one candidate that stands for the 2^workScale consecutive ones of a block.
uint64_t candidateOf(const Batch& batch, uint64_t block);

// Hashes the candidates of blocks [fromBlock, toBlock) and appends those with at least `zeroBits` leading zero bits to `hits`,
// in sweep order. Candidates past the last position are left out.
void searchBlocks(const Batch& batch, uint64_t fromBlock, uint64_t toBlock, unsigned zeroBits, std::vector<Hit>& hits);

}  // namespace asicr
