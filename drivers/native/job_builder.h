// From a block template and a counter to a job: coinbase, merkle root, header, midstates, frame.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "drivers/native/job_frame.h"
#include "drivers/native/sha256_message.h"

namespace asicr {

// What a pool's mining.notify leaves open is extranonce2, and the version bits under the mask.
struct WorkTemplate {
  uint32_t version;
  uint32_t versionMask;
  uint32_t ntime;
  uint32_t nbits;
  Digest prevHash;  // internal order, as the header has it
  // The whole coinbase; extranonce2 goes where `extranonce2At` points, most significant byte first, 1 to 8 bytes.
  std::vector<uint8_t> coinbase;
  size_t extranonce2At;
  size_t extranonce2Bytes;
  std::vector<Digest> branches;
  // Counts the templates of a pump from 0.
  uint32_t generation;
};

// How many midstates a BM1387 job has, or 0 for a BM1366 job, which carries the whole header.
struct JobFormat {
  size_t midstates;

  size_t versions() const { return midstates == 0 ? 1 : midstates; }
  // Ids on the wire have 7 bits. BM1366 jobs step by 8 (specs/bm1366.md 4.3), BM1387 jobs by their midstates (specs/bm1387.md 1.6).
  uint8_t wireIdOf(uint64_t seq) const { return static_cast<uint8_t>(seq * idStep() % 128); }
  // After how many jobs an id returns.
  uint64_t cycle() const { return 128 / idStep(); }
  size_t frameBytes() const { return midstates == 0 ? 88 : 22 + kMidstateBytes * midstates; }

 private:
  size_t idStep() const { return midstates == 0 ? 8 : midstates; }
};

// A job as it was sent: with it any of its nonces can be verified. Plain words, so that a ring can hold it.
struct PumpedJob {
  uint64_t seq;
  int64_t sentNs;     // CLOCK_MONOTONIC_RAW when the kernel had all of it
  int64_t lineEndNs;  // when its last stop bit leaves, as far as the line's rate tells
  uint64_t extranonce2;
  uint32_t generation;
  uint32_t wireId;
  uint32_t ntime;
  uint32_t nbits;
  uint32_t versions[kMostMidstates];  // by midstate index
  Digest prevHash;
  Digest merkleRoot;
};

// `version` with its bits under `mask` changed by `variant`, whose lowest bit goes to the lowest bit of the mask. Variant 0 is `version` itself.
uint32_t versionVariant(uint32_t version, uint32_t mask, uint32_t variant);

// Whether the mask has room for that many variants.
bool maskHolds(uint32_t mask, size_t variants);

// A BM1387 job for these headers, which differ in their versions alone: 80 bytes as they are hashed, version and nonce filled in by nobody.
JobFrame jobOfHeader(uint8_t wireId, const uint8_t header[80], const uint32_t* versions, size_t midstates);

// The work number `index` of this template, with the counter standing at `counter`. No two pairs that grow together give the same work:
// when all values of extranonce2 are used up, ntime goes on by one second. `work` is scratch space in so far as its extranonce2 is filled in.
JobFrame buildJob(WorkTemplate& work, JobFormat format, uint64_t seq, uint64_t counter, uint64_t index, PumpedJob& job);

}  // namespace asicr
