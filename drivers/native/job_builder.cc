#include "drivers/native/job_builder.h"

#include <algorithm>
#include <cstring>

#include "common/native/sha256d.h"
#include "drivers/native/little_endian.h"

namespace asicr {
namespace {

Digest merkleRootOf(const WorkTemplate& work) {
  Digest root = sha256d(work.coinbase.data(), work.coinbase.size());
  for (const Digest& branch : work.branches) {
    uint8_t pair[64];
    std::copy(root.begin(), root.end(), pair);
    std::copy(branch.begin(), branch.end(), pair + 32);
    root = sha256d(pair, sizeof pair);
  }
  return root;
}

}  // namespace

uint32_t versionVariant(uint32_t version, uint32_t mask, uint32_t variant) {
  uint32_t scattered = 0;
  for (uint32_t left = mask; left != 0 && variant != 0; left &= left - 1, variant >>= 1)
    if ((variant & 1) != 0) scattered |= left & (~left + 1);
  return version ^ scattered;
}

bool maskHolds(uint32_t mask, size_t variants) {
  size_t room = 1;
  for (; mask != 0 && room < variants; mask &= mask - 1) room *= 2;
  return room >= variants;
}

JobFrame jobOfHeader(uint8_t wireId, const uint8_t header[80], const uint32_t* versions, size_t count) {
  uint8_t midstates[kMostMidstates * kMidstateBytes];
  for (size_t i = 0; i < count; i++) {
    uint8_t first64[64];
    std::copy_n(header, sizeof first64, first64);
    storeLittle32(first64, versions[i]);
    const Midstate midstate = midstateOf(first64);
    for (size_t at = 0; at < kMidstateBytes; at++)
      midstates[kMidstateBytes * i + at] = static_cast<uint8_t>(midstate.words[at / 4] >> (24 - 8 * (at % 4)));
  }
  return midstateJob(wireId, loadLittle32(header + 72), loadLittle32(header + 68), header + 64, midstates, count);
}

JobFrame buildJob(WorkTemplate& work, JobFormat format, uint64_t seq, uint64_t counter, uint64_t index, PumpedJob& job) {
  const size_t bits = 8 * work.extranonce2Bytes;
  const uint64_t extranonce2 = bits < 64 ? counter & ((uint64_t{1} << bits) - 1) : counter;
  for (size_t i = 0; i < work.extranonce2Bytes; i++)
    work.coinbase[work.extranonce2At + i] = static_cast<uint8_t>(extranonce2 >> (bits - 8 * (i + 1)));

  job = PumpedJob{};
  job.seq = seq;
  job.extranonce2 = extranonce2;
  job.generation = work.generation;
  job.wireId = format.wireIdOf(seq);
  job.ntime = work.ntime + static_cast<uint32_t>(bits < 64 ? index >> bits : 0);
  job.nbits = work.nbits;
  job.prevHash = work.prevHash;
  job.merkleRoot = merkleRootOf(work);
  for (size_t i = 0; i < format.versions(); i++) job.versions[i] = versionVariant(work.version, work.versionMask, static_cast<uint32_t>(i));

  const auto wireId = static_cast<uint8_t>(job.wireId);
  if (format.midstates == 0) return fullHeaderJob(wireId, work.version, work.prevHash.data(), job.merkleRoot.data(), job.ntime, job.nbits);

  uint8_t header[80] = {};
  std::copy(work.prevHash.begin(), work.prevHash.end(), header + 4);
  std::copy(job.merkleRoot.begin(), job.merkleRoot.end(), header + 36);
  storeLittle32(header + 68, job.ntime);
  storeLittle32(header + 72, job.nbits);
  return jobOfHeader(wireId, header, job.versions, format.midstates);
}

}  // namespace asicr
