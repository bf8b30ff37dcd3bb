#include "drivers/native/job_builder.h"

#include <cstring>
#include <set>
#include <string>

#include "common/native/check.h"
#include "common/native/sha256d.h"
#include "drivers/native/testing_work.h"

using namespace asicr;

namespace {

std::string hex(const uint8_t* bytes, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; i++) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

// By another implementation: n times the letter a, where the padding changes its shape.
void hashesOfEveryPadding() {
  const std::pair<size_t, const char*> known[] = {{0, "5df6e0e2761359d3"},  {55, "566dbb7f0f129482"}, {56, "122cf0fa8f81dae1"},
                                                  {63, "54f57e8b7d0ed00e"}, {64, "64d28424725a6f21"}, {119, "3ae6a2ecf88f87d2"},
                                                  {120, "09a712ac2347b5d6"}, {200, "f4f689c63cdae8ff"}};
  for (const auto& [count, digest] : known) {
    const std::vector<uint8_t> message(count, 'a');
    CHECK_EQUAL(hex(sha256d(message.data(), count).data(), 8), std::string(digest));
  }
}

void checksumOfTheSpecification() {
  const char* check = "123456789";
  CHECK_EQUAL(crc16(reinterpret_cast<const uint8_t*>(check), 9), 0x29B1u);
}

// specs/bm1387.md 1.7
void busyWork() {
  const std::vector<uint8_t> ones(4, 0xFF), zero(32, 0);
  const std::pair<uint8_t, const char*> known[] = {{0x00, "5fd3"}, {0x6F, "00a7"}, {0x34, "4fc8"}, {0x7F, "37e6"}};
  for (const auto& [id, crc] : known) {
    const JobFrame frame = midstateJob(id, 0xFFFFFFFF, 0xFFFFFFFF, ones.data(), zero.data(), 1);
    CHECK_EQUAL(hex(frame.bytes.data(), frame.length),
                "2136" + hex(&id, 1) + "0100000000" + std::string(24, 'f') + std::string(64, '0') + crc);
  }
}

// specs/bm1387.md 1.6: each midstate belongs to the header with its version, and the tail completes that header.
void midstatesAreThoseOfTheHeaders() {
  const auto work = someWork();
  for (const size_t midstates : {1u, 2u, 4u}) {
    PumpedJob job{};
    const JobFormat format{midstates};
    const JobFrame frame = buildJob(*work, format, 33, 7, 7, job);
    CHECK_EQUAL(frame.length, format.frameBytes());
    CHECK_EQUAL(unsigned{frame.bytes[1]}, frame.length);
    CHECK_EQUAL(unsigned{frame.bytes[2]}, 33 * midstates % 128);
    CHECK_EQUAL(crc16(frame.bytes.data(), frame.length), 0u);
    CHECK_EQUAL(hex(&frame.bytes[16], 4), hex(&job.merkleRoot[28], 4));
    std::set<uint32_t> versions;
    for (size_t i = 0; i < midstates; i++) {
      versions.insert(job.versions[i]);
      CHECK_EQUAL(job.versions[i] & ~work->versionMask, work->version & ~work->versionMask);
      uint8_t first64[64];
      for (unsigned at = 0; at < 4; at++) first64[at] = static_cast<uint8_t>(job.versions[i] >> (8 * at));
      std::memcpy(first64 + 4, job.prevHash.data(), 32);
      std::memcpy(first64 + 36, job.merkleRoot.data(), 28);
      const Midstate expected = midstateOf(first64);
      for (size_t word = 0; word < 8; word++) {
        const uint8_t* at = &frame.bytes[20 + 32 * i + 4 * (7 - word)];
        CHECK_EQUAL(uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | at[3], expected.words[word]);
      }
    }
    CHECK_EQUAL(versions.size(), midstates);
  }
}

void fullHeaderJobsStepByEight() {
  const auto work = someWork();
  PumpedJob job{};
  for (uint64_t seq = 0; seq < 40; seq++) {
    const JobFrame frame = buildJob(*work, JobFormat{0}, seq, seq, seq, job);
    CHECK_EQUAL(frame.length, 88u);
    CHECK_EQUAL(unsigned{frame.bytes[4]}, seq * 8 % 128);
    CHECK_EQUAL(crc16(&frame.bytes[2], 86), 0u);
  }
}

void versionsRollUnderTheMaskOnly() {
  CHECK_EQUAL(versionVariant(0x20000000, 0x1FFFE000, 0), 0x20000000u);
  CHECK_EQUAL(versionVariant(0x20000000, 0x1FFFE000, 3), 0x20006000u);
  CHECK_EQUAL(versionVariant(0x20002000, 0x1FFFE000, 1), 0x20000000u);
  CHECK_EQUAL(versionVariant(0, 0x80000001, 2), 0x80000000u);
  CHECK(maskHolds(0, 1) && !maskHolds(0, 2) && maskHolds(1, 2) && !maskHolds(1, 4) && maskHolds(0x80000001, 4));
}

// What a short extranonce2 cannot tell apart, ntime does.
void noWorkTwiceWhenExtranonce2ComesRound() {
  const auto work = someWork(1);
  std::set<std::string> seen;
  for (uint64_t i = 0; i < 600; i++) {
    PumpedJob job{};
    buildJob(*work, JobFormat{1}, i, 200 + i, i, job);
    CHECK_EQUAL(job.extranonce2, (200 + i) % 256);
    CHECK_EQUAL(job.ntime, work->ntime + i / 256);
    seen.insert(hex(job.merkleRoot.data(), 32) + std::to_string(job.ntime));
  }
  CHECK_EQUAL(seen.size(), 600u);
}

void extranonce2GoesWhereItBelongs() {
  const auto work = someWork(8);
  PumpedJob job{};
  buildJob(*work, JobFormat{1}, 0, 0x0102030405060708, 0, job);
  CHECK_EQUAL(hex(&work->coinbase[59], 10), "c0" "0102030405060708" "c0");
}

}  // namespace

int main() {
  hashesOfEveryPadding();
  checksumOfTheSpecification();
  busyWork();
  midstatesAreThoseOfTheHeaders();
  fullHeaderJobsStepByEight();
  versionsRollUnderTheMaskOnly();
  noWorkTwiceWhenExtranonce2ComesRound();
  extranonce2GoesWhereItBelongs();
  return checks.finish();
}
