// The columns of a chunk of nonces, version 2: everything between its head and its checksum. telemetry/store/columns.ts gives the order.
#pragma once
#include <cstddef>
#include <cstdint>

#include "telemetry/native/nonce_fields.h"
#include "telemetry/native/wide_lanes.h"

namespace asicr {

constexpr size_t kMostRows = 65536;

// The most words the columns of n rows can take.
constexpr size_t maxColumnWords(size_t n) { return 2 * maxWideWords(n) + 2 * maxFieldWords(n) + 6 * maxLaneWords(n) + 1; }

// Words of memory that coding n rows needs for a moment.
constexpr size_t scratchWords(size_t n) { return 2 * n; }

// common/nonce-batch.ts, NonceBatch: as many entries each. difficultyLog2 is the bits of the floats.
struct NonceColumns {
  int64_t* tNs;
  uint32_t* sigmaNs;
  uint16_t* chip;
  uint16_t* core;
  uint32_t* nonce;
  uint32_t* versionBits;
  uint32_t* jobSeq;
  uint8_t* status;
  uint32_t* difficultyLog2;
  double* residualNs;
};

// Writes n rows, 1 to kMostRows, of unchanged columns to `out`, which has room for maxColumnWords(n); returns how many words that took.
size_t writeColumns(const NonceColumns& columns, size_t n, uint32_t* scratch, uint32_t* out);

// Reads n rows, 1 to kMostRows; false when `count` words are not exactly the columns of n rows.
bool readColumns(const uint32_t* words, size_t count, const NonceColumns& columns, size_t n, uint32_t* scratch);

}  // namespace asicr
