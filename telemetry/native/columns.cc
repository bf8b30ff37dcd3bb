#include "telemetry/native/columns.h"

#include <algorithm>

namespace asicr {

size_t writeColumns(const NonceColumns& columns, size_t n, uint32_t* scratch, uint32_t* out) {
  uint32_t* at = writeTimes(columns.tNs, n, scratch, out);
  at = writeLane(columns.nonce, n, at);
  at = writeChips(columns.chip, columns.nonce, n, scratch, at);
  at = writeCores(columns.core, columns.nonce, n, scratch, at);
  at = writeLane(columns.sigmaNs, n, at);
  at = writeLane(columns.versionBits, n, at);
  std::copy(columns.status, columns.status + n, scratch);
  at = writeLane(scratch, n, at);
  at = writeLane(columns.difficultyLog2, n, at);
  uint32_t before = columns.jobSeq[0];
  *at++ = before;
  for (size_t i = 0; i < n; i++) {
    const uint32_t step = columns.jobSeq[i] - before;
    scratch[i] = step << 1 ^ (0 - (step >> 31));
    before = columns.jobSeq[i];
  }
  at = writeLane(scratch, n, at);
  at = writeFloats(columns.residualNs, n, scratch, at);
  return static_cast<size_t>(at - out);
}

bool readColumns(const uint32_t* words, size_t count, const NonceColumns& columns, size_t n, uint32_t* scratch) {
  WordReader reader(words, count);
  if (!readTimes(reader, columns.tNs, n, scratch)) return false;
  if (!readLane(reader, columns.nonce, n)) return false;
  if (!readField(reader, columns.nonce, columns.chip, n, scratch)) return false;
  if (!readField(reader, columns.nonce, columns.core, n, scratch)) return false;
  if (!readLane(reader, columns.sigmaNs, n) || !readLane(reader, columns.versionBits, n)) return false;
  if (!readLane(reader, scratch, n)) return false;
  std::transform(scratch, scratch + n, columns.status, [](uint32_t status) { return static_cast<uint8_t>(status); });
  if (!readLane(reader, columns.difficultyLog2, n)) return false;
  const uint32_t* first = reader.take(1);
  if (first == nullptr || !readLane(reader, scratch, n)) return false;
  uint32_t sum = *first;
  for (size_t i = 0; i < n; i++) {
    sum += scratch[i] >> 1 ^ (0 - (scratch[i] & 1));
    columns.jobSeq[i] = sum;
  }
  return readFloats(reader, columns.residualNs, n, scratch) && reader.left() == 0;
}

}  // namespace asicr
