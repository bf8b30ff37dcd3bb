// Job frames as they go over the wire (specs/bm1387.md 1.6, specs/bm1366.md 1.4, 4.1).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace asicr {

constexpr size_t kMostMidstates = 4;
constexpr size_t kMidstateBytes = 32;
constexpr size_t kLongestJob = 150;

struct JobFrame {
  size_t length = 0;
  std::array<uint8_t, kLongestJob> bytes{};
};

// CRC-16/CCITT-FALSE, sent high byte first.
uint16_t crc16(const uint8_t* bytes, size_t count);

// A BM1387 job: 54, 86 or 150 bytes for 1, 2 or 4 midstates. `merkleTail` is header bytes 64..67; a midstate is 32 bytes, the SHA-256
// state words H0..H7, each big-endian. The id has 7 bits and is a multiple of the count, so that the chips may add the index.
JobFrame midstateJob(uint8_t wireId, uint32_t nbits, uint32_t ntime, const uint8_t merkleTail[4], const uint8_t* midstates, size_t count);

// A BM1366 full-header job, 88 bytes; hashes in internal order. The id is a multiple of 8.
JobFrame fullHeaderJob(uint8_t wireId, uint32_t version, const uint8_t prevHash[32], const uint8_t merkleRoot[32], uint32_t ntime,
                       uint32_t nbits);

}  // namespace asicr
